"""Which texts are secrets, by their own shape or by the name under which they stand.

Nothing here returns a secret: only what kind of one it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("a private key", ("PRIVATE KEY",), r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
    # The same in base64, with nothing, RSA, EC or OPENSSH before the words.
    (
        "a private key",
        ("LS0tLS1CRUdJTi",),
        r"LS0tLS1CRUdJTi(?:BQUklWQVRFIEtFW|BSU0EgUFJJVkFURSBLRV|BFQyBQUklWQVRFIEtFW|BPUEVOU1NIIFBSSVZBVEUgS0VZ)",
    ),
    ("an AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("an API key of OpenAI or Anthropic", ("sk-",), r"\bsk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,200}"),
    ("a Hugging Face token", ("hf_",), r"\bhf_[A-Za-z0-9]{30,50}\b"),
    ("a GitHub token", ("gh", "_pat_"), r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,100})"),
    ("a GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,60}"),
    ("a Slack token", ("xox",), r"\bxox[abprs]-[A-Za-z0-9-]{10,100}"),
    ("a Google API key", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}"),
    ("an NVIDIA API key", ("nvapi-",), r"\bnvapi-[A-Za-z0-9_-]{60,80}"),
    ("a Stripe key", ("k_live_", "k_test_"), r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,200}"),
    ("an npm token", ("npm_", "_authToken"), r"\bnpm_[A-Za-z0-9]{36}\b|:_authToken=[^\s\"'${<%]{8}"),
    ("an Azure key", ("AccountKey=", "AccessKey="), r"\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{20}"),
    (
        "a password hash",
        ("$apr1$", "$2", "$5$", "$6$", "$argon2"),
        r"\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{8}|\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}"
        r"|\$[56]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}|\$argon2(?:id|i|d)\$v=\d",
    ),
    ("a signed token (JWT)", ("eyJ",), r"\beyJ(?:(?!-eyJ)[\w-]){10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}"),
    (
        "a password in a URL",
        ("://",),
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"$<{%]{0,64}:[^\s/@'\"$<{%]{3,128}@[\w.-]",
    ),
)
"""What it is, texts without one of which it is not looked for (which is faster), and its shape."""

_COMPILED = tuple((what, marks, re.compile(pattern)) for what, marks, pattern in _SHAPES)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = ("password", "passwd", "passphrase", "pwd", "requirepass", "masterauth")
_OWNERS = frozenset(
    {"admin", "app", "auth", "database", "db", "default", "ldap", "mail", "mongo", "mysql", "pg", "postgres"}
    | {"rabbitmq", "redis", "root", "smtp", "sql", "user"}
)
"""Words after which `pass` is a password, where alone it is also a step or a way through."""

_LONG, _MIXED, _DIGITS = 16, 8, 32
_TOKENS = frozenset({"token", "secret", "credential", "credentials", "apikey"})
_KEYS = frozenset({"api", "access", "private", "secret", "encryption", "signing", "master"})
_DIGESTS = frozenset({"checksum", "hash", "digest", "sha", "sha256", "md5", "public", "fingerprint"})
_REFERENCE = re.compile(
    r"[${<%*\s\[\\]|\(|^(?:/|\./|~|:|file:)|://|^(?:true|false|null|none|empty|redacted|x+|(?-i:Password))$"
    r"|^(?:string|required|optional|undefined)$"
    # Where it is kept, and how a program gets at it.
    r"|^(?:vault|env|ssm|awsssm|awssm|gcpsm|azkv|secretref|secretsmanager|op|sops|keyring|k8s):"
    r"|^(?:self|this|os|config|conf|cfg|settings|args|opts|options|env|process|secrets|params|request)\.[a-z_]",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"(?:pass(?:wo?r?d|phrase)?|pwd|requirepass|token|secret|credentials?|key(?:_base)?|auth)"
    r"[\\\"']{0,2}[ \t]{0,8}[:=]",
    re.I,
)
_LINE = re.compile(
    r"[ \t]{0,64}(?:-[ \t]{1,8}|export[ \t]{1,8})?[\"']?([A-Za-z_][\w.-]{2,60})[\"']?[ \t]{0,8}[:=][ \t]{0,8}"
    # A tag of YAML says that what follows it is to be fetched.
    r"(?!![\w:-]{0,60}[ \t])[\"']?([^\s\"',;#]{4,200})"
)
_QUOTED = re.compile(
    r"\\?[\"']([A-Za-z_][\w.-]{2,60})\\?[\"'][ \t]{0,8}:[ \t]{0,8}\\?[\"']([^\s\"'\\]{4,200})\\?[\"']"
)
_INNER = re.compile(
    r"([{,][ \t]{0,8}|[\s?&;\"'(])-{0,2}([A-Za-z_][\w.-]{2,60})(:[ \t]{1,8}|=)([\"']?)(?!![\w:-]{0,60}[ \t])"
    r"([^\s\"',;#&})]{4,200})"
)
"""What is set within a line: in a map of YAML or JSON, the query of a URL, a connection string, a flag."""

_SPOKEN = (
    (
        "requirepass",
        ("requirepass", "masterauth"),
        r"^[ \t]{0,64}(?:requirepass|masterauth)[ \t]{1,8}[\"']?([^\s\"']+)",
    ),
    ("password", ("login",), r"\blogin[ \t]{1,8}[^\s]{1,100}[ \t]{1,8}password[ \t]{1,8}(\S+)"),
    ("password", ("password '", "identified by"), r"(?:\bpassword|\bidentified[ \t]by)[ \t]{1,8}'([^'\s]+)'"),
    ("password", ("password>", "passwd>"), r"<(?:[\w.-]{0,60}[._-])?(?:password|passwd)>([^<\s]+)</"),
    (
        "bearer token",
        ("bearer",),
        r"(?:^|authorization[\"']?[ \t]{0,8}[:=]?)[ \t]{0,8}[\"']?bearer[ \t]{1,8}([\w.~+/-]+)",
    ),
    (
        "basic auth",
        ("basic",),
        r"(?:^|authorization[\"']?[ \t]{0,8}[:=]?)[ \t]{0,8}[\"']?basic[ \t]{1,8}([\w+/]+=*)",
    ),
)
"""The name that it stands for, texts without one of which it is not looked for, and how it is written."""

_SAID = tuple((name, marks, re.compile(pattern, re.IGNORECASE)) for name, marks, pattern in _SPOKEN)
_REMARKS = ("#", ";", "//", "--", "/*", "* ")
_LOGIN = re.compile(rb"[ -~]{1,100}:[ -~]{3,200}")
_PREFIXED = re.compile(r"sk-(?=[\w-]{0,40}\d)[\w-]{4}")
"""How the keys of models' APIs begin; below a name that says so they may be short, as people make them up."""


def find_secret_shape(text: str) -> str:
    """Say what secret a text holds by its shape; empty where it holds none."""
    return _match_shape(text)[1]


def find_named_secret(name: str, text: str) -> str:
    """Say what secret a text is by the name under which it stands; empty for what only refers to one."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or not _DIGESTS.isdisjoint(words) or len(text) < 4 or _REFERENCE.search(text):
        return ""
    if name.startswith(("self.", "this.")):  # of a program, which copies it from elsewhere
        return ""
    if words[-2:] == ["key", "base"]:
        words.pop()
    if words[-1].endswith(_PASSWORDS) or _is_pass(words, text):
        return "a password"
    if words[-1] == "auth" and _is_login(text):
        return "a user with a password"
    is_key = words[-1] == "key" and words[-2:-1] and words[-2] in _KEYS
    is_named = words[-1] in _TOKENS or is_key
    return f"a {words[-1]}" if is_named and (_is_random(text) or _PREFIXED.match(text)) else ""


def find_secret_lines(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines of a file, counted from 1, that set a secret, each with what it is."""
    start, what = _match_shape(text)
    if what:
        yield text.count("\n", 0, start) + 1, what
    lowered = text.lower()
    spoken = [(name, pattern) for name, marks, pattern in _SAID if any(mark in lowered for mark in marks)]
    for number, line in enumerate(text.split("\n"), start=1):
        settings = _list_settings(line) if _HINT.search(line) else iter(())
        said = ((name, one[1]) for name, pattern in spoken for one in pattern.finditer(line))
        found = next(filter(None, (find_named_secret(*one) for one in (*settings, *said))), "")
        if found:
            yield number, found


def _list_settings(line: str) -> Iterator[tuple[str, str]]:
    """Return what a line sets, by name; remarks are left out, as they are words to people."""
    first = _LINE.match(line)
    if first is not None:
        yield first[1], first[2]
    if line.lstrip().startswith(_REMARKS):
        return
    line = line.partition(" # ")[0]
    for match in _QUOTED.finditer(line):
        yield match[1], match[2]
    opened = line.find("{")
    for match in _INNER.finditer(line):
        before, name, sign, quote, value = match.groups()
        is_map = sign != "=" and before[0] in "{," and 0 <= opened <= match.start()
        # Without quotes, an argument in brackets is the name of something in a program.
        is_set = sign == "=" and (quote or before[0] not in "(,") and not re.fullmatch(r"[A-Z_]+", value)
        if (is_map or is_set) and value.lower() != name.lower():
            yield name, value


def _match_shape(text: str) -> tuple[int, str]:
    for what, marks, pattern in _COMPILED:
        match = pattern.search(text) if any(mark in text for mark in marks) else None
        if match is not None:
            return match.start(), what
    return 0, ""


def _is_pass(words: list[str], text: str) -> bool:
    """Whether `pass` means a password: by the word before it, or by a text that is no word."""
    if words[-1] != "pass":
        return False
    return not _OWNERS.isdisjoint(words[-2:-1]) or re.fullmatch(r"[A-Za-z_-]+|[\d.,]+", text) is None


def _is_login(text: str) -> bool:
    """Whether a text is a user and a password as HTTP and registries write them."""
    try:
        return _LOGIN.fullmatch(base64.b64decode(text, validate=True)) is not None
    except (binascii.Error, ValueError):  # not ASCII, or no base64
        return False


def _is_random(text: str) -> bool:
    """Whether a text is a key rather than a name: names are words and numbers, and their parts hold only one."""
    parts = (part for part in re.split(r"[-_.]", text) if len(part) >= _MIXED)
    if len(text) >= _DIGITS and text.isdigit():
        return True
    return len(text) >= _LONG and any(re.search(r"\d", part) and re.search(r"[A-Za-z]", part) for part in parts)
