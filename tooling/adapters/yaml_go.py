"""YAML as Helm reads it: PyYAML's fast C parser with the scalar rules of Go's YAML library.

Helm reads YAML 1.1 in Go's dialect and hands it on as JSON. PyYAML differs: for Helm `y` is true, `0o10` is 8,
`1e3` is 1000, dates and `12:30` stay text, and whole numbers beyond 2^53 lose digits. What is validated has to be
what Helm sees.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

PLAIN = "!plain"
"""Tag of a scalar that was written without quotes and without a tag."""

STRING = "tag:yaml.org,2002:str"
_CORE = "tag:yaml.org,2002:"

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ][\d:.]+(?:Z|[-+]\d{2}:\d{2})?)?")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", re.ASCII)
_INTEGERS = (
    (re.compile(r"[-+]?0[bB][01]+"), 2),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?0[oO][0-7]+"), 8),
    (re.compile(r"[-+]?0[0-7]+"), 8),
    (re.compile(r"[-+]?(?:0|[1-9]\d*)", re.ASCII), 10),
)
_EXACT = 2**53
_WIDEST = 2**64

Scalar = bool | int | float | str | None


class Loader(yaml.CSafeLoader):
    """A C loader that leaves unquoted scalars unresolved, under the tag `!plain`."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> Any:  # noqa: D102 - PyYAML's hook
        if kind is yaml.ScalarNode:
            return PLAIN if implicit[0] else STRING
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


def _construct_plain(_loader: Loader, node: yaml.ScalarNode) -> Scalar:
    return read_scalar(node.value)


def _construct_mapping(loader: Loader, node: yaml.MappingNode) -> dict[str, Any]:
    return {
        format_key(loader.construct_object(key, deep=True)): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


Loader.add_constructor(PLAIN, _construct_plain)
Loader.add_constructor(f"{_CORE}map", _construct_mapping)


def load_all(text: bytes | str) -> list[Any]:
    """Return all documents of a stream that is trusted (what helm printed). Raises yaml.YAMLError."""
    return list(yaml.load_all(text, Loader=Loader))


class Dumper(yaml.CSafeDumper):
    """Writes block style without aliases; text that Go's reader would take for something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, D102 - PyYAML's hook
        return True


def _represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    if "\n" in text:
        return dumper.represent_scalar(STRING, text, style="|")
    try:
        is_text = read_scalar(text) == text
    except ValueError:
        is_text = False
    return dumper.represent_scalar(STRING, text, style=None if is_text else '"')


Dumper.add_representer(str, _represent_text)


def write_yaml(document: Any) -> str:
    """Write one document, keys in their order, so that `load_all` reads the same."""
    return yaml.dump(
        document, Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=100
    )


def read_scalar(text: str) -> Scalar:
    """Return what Helm makes of an unquoted scalar. Raises ValueError for one that JSON cannot hold."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _SPECIAL.fullmatch(text):
        raise ValueError(f"{text} is no number that Helm can hand on")
    if not re.match(r"[-+.\d]", text, re.ASCII) or _TIMESTAMP.fullmatch(text):
        return text
    return _read_number(text if text.startswith(".") else text.replace("_", ""), text)


def format_key(key: Scalar) -> str:
    """Write a map's key as Helm's JSON does: `y: 1` has the key "true"."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return f"{key:g}"
    return str(key)


def _read_number(plain: str, text: str) -> Scalar:
    for pattern, base in _INTEGERS:
        if pattern.fullmatch(plain):
            digits = re.sub(r"0[bBxXoO]", "", plain, count=1) if base != 10 else plain
            return _narrow(int(digits, base))
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        if math.isinf(number):
            return text
        return int(number) if number.is_integer() and abs(number) < _EXACT else number
    return text


def _narrow(number: int) -> int | float:
    """Helm keeps numbers as 64-bit floats: digits beyond 2^53 are lost, and beyond 2^64 so is the integer."""
    if abs(number) <= _EXACT:
        return number
    return int(float(number)) if abs(number) < _WIDEST else float(number)
