"""What nobody should read over a shoulder or in a CI log: the data of Secrets, and what is called like one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.core.manifests import Manifest
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
_LINE = re.compile(r"^(\s*(?:- )?[\"']?)([\w.-]+)([\"']?\s*[:=]\s*)(\S.*)$", re.MULTILINE)


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
    return is_secret(path) or "secret" in _find_name(path).lower()


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
    """Return text with `<hidden>` in lines that set a key which sounds like a secret, and no user in a URL."""

    def cover(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}{match[3]}<hidden>" if sounds_secret(match[2]) else match[0]

    return hide_user(_LINE.sub(cover, text))


def _mask(node: Any, key: str) -> Any:
    if isinstance(node, Mapping):
        return {name: _mask(value, _name_of(node, name)) for name, value in node.items()}
    if isinstance(node, list):
        return list(_mask_items(node))
    if not isinstance(node, str) or ("\n" in node and not sounds_secret(key)):
        return node  # what is secret in a text of several lines is covered where it is shown
    return _make_hidden(node) if node and (sounds_secret(key) or _USER_IN_URL.search(node)) else node


def _mask_items(items: list[Any]) -> Iterator[Any]:
    """Mask a list; a text after a flag that sounds like a secret is its value."""
    is_flag = False
    for item in items:
        written = _FLAG.fullmatch(item) if isinstance(item, str) else None
        is_value = is_flag and isinstance(item, str) and not item.startswith("-")
        if is_value or (written and sounds_secret(written[1])):
            yield _make_hidden(item)
        else:
            yield _mask(item, "")
        is_flag = isinstance(item, str) and item.startswith("-") and not written and sounds_secret(item)


def _name_of(node: Mapping[str, Any], key: str) -> str:
    """Return what a value is called: that of `{name: HF_TOKEN, value: ...}` is HF_TOKEN."""
    name = node.get("name")
    return name if key == "value" and isinstance(name, str) else str(key)


def _make_hidden(text: str) -> Hidden:
    return Hidden(text, len(text.encode()))


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
