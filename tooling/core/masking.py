"""What nobody should read over a shoulder or in a CI log: the data of Secrets, and what is called like one."""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tooling.core.manifests import Manifest

if TYPE_CHECKING:  # findings are made with what is here, and values with findings
    from tooling.core.values import KeyPath

_SIGNS = ("password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey", "credential", "passphrase")
_PLAIN = (
    "secretname",
    "secretref",
    "secretkeyref",
    "existingsecret",
    "tokenizer",
    "maxtokens",
    "serviceaccounttoken",
)
"""Words that hold a sign and name no secret: references, counts, switches."""

_FREE_TEXT = frozenset({"extraEnv", "extraArgs"})
_PLACES = frozenset({"name", "key", "fieldPath", "resource", "containerName", "apiVersion", "divisor", "optional"})
"""Keys of an environment variable in values that say where its value is, not what it is."""

_USER_IN_URL = re.compile(r"://[^/@\s]+@")
_FLAG = re.compile(r"(--?[\w.-]+)=(.+)", re.DOTALL)
_LINE = re.compile(
    r"([ \t]*(?:#[# \t]*)?(?:-[ \t]+)*(?:export[ \t]+)?)[\"']?([\w.-]+)([\"']?[ \t]*[:=][ \t]*)(.*)", re.DOTALL
)
_ITEM = re.compile(r"[ \t]*(?:-[ \t]+)*")
_INLINE = re.compile(
    r"([{,][ \t]*[\"']?)([\w.-]{1,100})([\"']?[ \t]*:[ \t]*)"
    r"(\"(?:[^\"\\]|\\.)*\"|'[^']*'|\[[^\]]*\]?|[^\s,\]{}]+)"
)
_OPTION = re.compile(r"(?<![\w-])(--[\w.-]{1,100})(=|[ \t]+)(\"[^\"]*\"|'[^']*'|[^\s-]\S*)")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
HIDDEN = "<hidden>"
"""What stands where a secret was."""

_NOWHERE = sys.maxsize
"""A column that no line is right of."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that can be compared and is never shown; `size` is in bytes."""

    value: str = field(repr=False)
    size: int

    def __str__(self) -> str:
        return f"<hidden: {self.size} bytes>"


def sounds_secret(name: str) -> bool:
    """Whether a key, or a variable, is called like something that is not shown."""
    word = "".join(letter for letter in name.lower() if letter.isalnum())
    return any(sign in word for sign in _SIGNS) and not any(plain in word for plain in _PLAIN)


def is_secret(path: KeyPath) -> bool:
    """Whether a value at a path of the values may be a secret: by its key, or as free text of a container."""
    name = _find_name(path)
    return (not _FREE_TEXT.isdisjoint(path) and name not in _PLACES) or sounds_secret(name)


def may_be_secret(path: KeyPath) -> bool:
    """Whether a wrong value at a path may be one: now and then a secret itself stands where its name should."""
    return is_secret(path) or any("secret" in part.lower() for part in path if isinstance(part, str))


def _find_name(path: KeyPath) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def hide_user(text: str) -> str:
    """Take user and password out of the URLs in a text."""
    return _USER_IN_URL.sub("://***@", text)


def hide_secret(manifest: Manifest) -> Manifest:
    """Return a Secret with `<hidden: 24 bytes>` for each value of its data; other kinds as they are."""
    if manifest.get("kind") != "Secret":
        return manifest
    hidden: dict[str, Any] = dict(manifest)
    for key, is_encoded in (("data", True), ("stringData", False)):
        if isinstance(manifest.get(key), Mapping):
            hidden[key] = {name: hide(text, is_encoded=is_encoded) for name, text in manifest[key].items()}
    return hidden


def hide(value: object, *, is_encoded: bool = False) -> str:
    """Return how long a value is instead of the value; `is_encoded`: it is base64, and its content counts."""
    text = str(value).encode()
    if is_encoded:
        try:
            text = base64.b64decode(text, validate=True)
        except binascii.Error:
            return "<hidden: not base64>"
    return f"<hidden: {len(text)} bytes>"


def mask(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest in which every secret is a `Hidden`, so that it can still be compared.

    Hidden are the data of a Secret (`stringData` is laid into `data`, as the API does), text under a key that
    sounds like a secret, the values of such variables, arguments such as `--api-key=...`, and URLs with a user.
    """
    masked = {key: _mask(value, key) for key, value in manifest.items()}
    if manifest.get("kind") != "Secret":
        return masked
    data = dict(_read(manifest, "data")) | {
        key: base64.b64encode(str(text).encode()).decode() for key, text in _read(manifest, "stringData").items()
    }
    masked.pop("stringData", None)
    if data:
        masked["data"] = {key: _decode(str(value)) for key, value in data.items()}
    return masked


def mask_text(text: str) -> str:
    """Return text with `<hidden>` for what is set by a key that sounds like a secret, and no user in a URL.

    Covered are values of one and of several lines, in YAML, JSON and `NAME=value`; the `value` of a `name` that
    sounds like a secret; options of a command; and private keys. What takes several lines becomes one.
    """
    return hide_user("".join(_cover(_read_lines(_PRIVATE_KEY.sub(HIDDEN, text)))))


class _Line(NamedTuple):
    """A line of a text: `start` is all of it before the `value` that it sets, with its end as it is.

    `column` is that of its key or else of its first letter, `group` numbers the map that the key is in.
    """

    text: str
    start: str
    column: int
    key: str = ""
    value: str = ""
    end: str = ""
    group: int = 0
    is_pair: bool = False


def _read_lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    maps: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(keepends=True)):
        content = line.rstrip()
        end = line[len(content) :]
        found = _LINE.match(content)
        column = len(found[1]) if found else len(content) - len(content.lstrip()) if content else _NOWHERE
        is_item = found is not None and "-" in found[1]
        while maps and (maps[-1][0] > column or (is_item and maps[-1][0] == column)):
            maps.pop()
        if not found:
            lines.append(_Line(line, _match_item(content), column, end=end))
            continue
        if not maps or maps[-1][0] < column:
            maps.append((column, number))
        sign, value = found[3], found[4]
        is_pair = ":" in sign and (sign[0] in "\"'" or sign[-1] in " \t" or not value)
        lines.append(_Line(line, content[: found.start(4)], column, found[2], value, end, maps[-1][1], is_pair))
    return lines


def _match_item(text: str) -> str:
    found = _ITEM.match(text)
    return found[0] if found else ""


def _cover(lines: list[_Line]) -> Iterator[str]:
    secrets = {line.group for line in lines if line.key == "name" and sounds_secret(_unquote(line.value))}
    rest = below = _NOWHERE  # right of these columns a value goes on, and one may still begin
    blank: list[str] = []  # lines of which only the next one tells whether they are part of a value
    for line in lines:
        if rest < line.column:
            if line.column < _NOWHERE:
                blank.clear()
            else:
                blank.append(line.text)
            continue
        yield from blank
        blank.clear()
        rest = _NOWHERE
        is_below = below < line.column or (below == line.column and "-" in line.start and not line.key)
        if is_below and not line.is_pair:
            yield line.text if line.column == _NOWHERE else f"{_match_item(line.text)}{HIDDEN}{line.end}"
            continue
        below = _NOWHERE
        if sounds_secret(line.key) or (line.key == "value" and line.group in secrets):
            if line.value in {"", "{", "["}:
                below = line.column
                yield line.text
            else:
                rest = _NOWHERE if "#" in line.start else line.column
                yield f"{line.start}{HIDDEN}{line.end}"
        else:
            yield _cover_inline(line.text)
    yield from blank


def _cover_inline(line: str) -> str:
    """Cover secrets in the maps and the options of commands that are written within a line."""
    is_named = any(one[2] == "name" and sounds_secret(_unquote(one[4])) for one in _INLINE.finditer(line))

    def cover(match: re.Match[str]) -> str:
        is_hidden = sounds_secret(match[2]) or (is_named and match[2] == "value")
        return f"{match[1]}{match[2]}{match[3]}{HIDDEN}" if is_hidden else match[0]

    def cover_option(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}{HIDDEN}" if sounds_secret(match[1]) else match[0]

    return _OPTION.sub(cover_option, _INLINE.sub(cover, line))


def _unquote(text: str) -> str:
    return text.split(" #", maxsplit=1)[0].strip(" \t,\"'")


def _mask(node: Any, key: str) -> Any:
    if isinstance(node, Mapping):
        return {name: _mask(value, _name_of(node, name)) for name, value in node.items()}
    if isinstance(node, list):
        return list(_mask_items(node, key))
    if node is None or node == "":
        return node
    if sounds_secret(key):
        return _make_hidden(node)
    # what is secret in a text of several lines is covered where it is shown
    is_line = isinstance(node, str) and "\n" not in node
    return _make_hidden(node) if is_line and _USER_IN_URL.search(node) else node


def _mask_items(items: list[Any], key: str) -> Iterator[Any]:
    """Mask a list; what stands after a flag that sounds like a secret is its value."""
    is_flag = False
    for item in items:
        written = _FLAG.fullmatch(item) if isinstance(item, str) else None
        is_option = isinstance(item, str) and item.startswith("-")
        is_value = is_flag and not is_option and not isinstance(item, Mapping | list)
        is_hidden = is_value or (written is not None and sounds_secret(written[1]))
        yield _mask(item, "secret" if is_hidden else key)
        is_flag = is_option and not written and sounds_secret(item)


def _name_of(node: Mapping[str, Any], key: str) -> str:
    """Return what a value is called: that of `{name: HF_TOKEN, value: ...}` is HF_TOKEN."""
    name = node.get("name")
    return name if key == "value" and isinstance(name, str) else str(key)


def _make_hidden(value: object) -> Hidden:
    """Hide a text or a number, which differ even where they read the same."""
    text = str(value)
    return Hidden(text if isinstance(value, str) else f"{type(value).__name__} {text}", len(text.encode()))


def _decode(text: str) -> Hidden:
    """Hide what base64 says; what is none is hidden as it is."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return _make_hidden(text)
    return Hidden(content.hex(), len(content))


def _read(manifest: Manifest, key: str) -> Mapping[str, Any]:
    found = manifest.get(key)
    return found if isinstance(found, Mapping) else {}
