"""Which texts are secrets, by their own shape or by the name under which they stand.

Nothing here returns a secret: only what kind of one it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("a private key", ("PRIVATE KEY",), r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("an API key of OpenAI or Anthropic", ("sk-",), r"\bsk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,200}"),
    ("a Hugging Face token", ("hf_",), r"\bhf_[A-Za-z0-9]{30,50}\b"),
    ("a GitHub token", ("gh", "_pat_"), r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,100})"),
    ("a GitLab token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,60}"),
    ("a Slack token", ("xox",), r"\bxox[abprs]-[A-Za-z0-9-]{10,100}"),
    ("a Google API key", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}"),
    ("an NVIDIA API key", ("nvapi-",), r"\bnvapi-[A-Za-z0-9_-]{60,80}"),
    ("a signed token (JWT)", ("eyJ",), r"\beyJ(?:(?!-eyJ)[\w-]){10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}"),
    (
        "a password in a URL",
        ("://",),
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"$<{%]{1,64}:[^\s/@'\"$<{%]{3,128}@[\w.-]",
    ),
)
"""What it is, texts without one of which it is not looked for (which is faster), and its shape."""

_COMPILED = tuple((what, marks, re.compile(pattern)) for what, marks, pattern in _SHAPES)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = ("password", "passwd", "passphrase", "pwd", "requirepass")
_LONG, _MIXED = 16, 8
_TOKENS = frozenset({"token", "secret", "credential", "credentials", "apikey"})
_KEYS = frozenset({"api", "access", "private", "secret", "encryption", "signing", "master"})
_DIGESTS = frozenset({"checksum", "hash", "digest", "sha", "sha256", "md5", "public", "fingerprint"})
_REFERENCE = re.compile(
    r"[${<%*\s]|\(|^(?:/|\./|~|file:)|://|^(?:true|false|null|none|empty|redacted|x+)$", re.IGNORECASE
)
_HINT = re.compile(
    r"(?:pass(?:wo?r?d|phrase)|pwd|requirepass|token|secret|credentials?|key)[\"']?[ \t]{0,8}[:=]", re.I
)
_LINE = re.compile(
    r"[ \t]{0,64}[\"']?([A-Za-z][\w.-]{2,60})[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?([^\s\"',;#]{4,200})"
)


def find_secret_shape(text: str) -> str:
    """Say what secret a text holds by its shape; empty where it holds none."""
    return _match_shape(text)[1]


def find_named_secret(name: str, text: str) -> str:
    """Say what secret a text is by the name under which it stands; empty for what only refers to one."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or not _DIGESTS.isdisjoint(words) or len(text) < 4 or _REFERENCE.search(text):
        return ""
    if words[-1].endswith(_PASSWORDS):
        return "a password"
    is_key = words[-1] == "key" and words[-2:-1] and words[-2] in _KEYS
    return f"a {words[-1]}" if (words[-1] in _TOKENS or is_key) and _is_random(text) else ""


def find_secret_lines(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines of a file, counted from 1, that set a secret, each with what it is."""
    start, what = _match_shape(text)
    if what:
        yield text.count("\n", 0, start) + 1, what
    for number, line in enumerate(text.split("\n"), start=1):
        match = _LINE.match(line) if _HINT.search(line) else None
        found = find_named_secret(match[1], match[2]) if match is not None else ""
        if found:
            yield number, found


def _match_shape(text: str) -> tuple[int, str]:
    for what, marks, pattern in _COMPILED:
        match = pattern.search(text) if any(mark in text for mark in marks) else None
        if match is not None:
            return match.start(), what
    return 0, ""


def _is_random(text: str) -> bool:
    """Whether a text is a key rather than a name: names are words and numbers, and their parts hold only one."""
    parts = (part for part in re.split(r"[-_.]", text) if len(part) >= _MIXED)
    return len(text) >= _LONG and any(re.search(r"\d", part) and re.search(r"[A-Za-z]", part) for part in parts)
