"""A rollout as plain data that any JSON or YAML writer takes, and back.

`apiVersion` guards the form: a newer one is refused untouched (design section 4, State).
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from tooling.core.rollout import Rollout
from tooling.errors import StateError

API_VERSION = "genai-stack/v1"

_FORMS: Mapping[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float), str: (str,)}


def to_record(rollout: Rollout) -> dict[str, Any]:
    """Return the rollout as nested dicts, lists and scalars."""
    return {"apiVersion": API_VERSION, "rollout": _encode(rollout)}


def from_record(record: Mapping[str, Any]) -> Rollout:
    """Read what `to_record` wrote. Raises StateError for another version or damaged state."""
    version = record.get("apiVersion")
    if version != API_VERSION:
        raise StateError(
            f"the recorded rollout has the version {version!r}; this genai-stack reads {API_VERSION!r}.",
            hint="Use the genai-stack that wrote it. Nothing was changed.",
        )
    try:
        rollout: Rollout = _decode(Rollout, record["rollout"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise StateError(
            f"the recorded rollout is damaged: {error}.",
            hint="Nothing was changed. Look at the ConfigMap <instance>-rollout.",
        ) from error
    return rollout


def _encode(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_encode(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return value


@cache
def _find_hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        inner = next(one for one in get_args(kind) if one is not type(None))
        return None if value is None else _decode(inner, value)
    if origin is tuple:
        return tuple(_decode(get_args(kind)[0], item) for item in value)
    if origin is not None:
        return {key: _decode(get_args(kind)[1], item) for key, item in value.items()}
    if is_dataclass(kind):
        hints = _find_hints(kind)  # type: ignore[arg-type]
        return kind(**{name: _decode(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
    if kind is float and value == "inf":
        return math.inf
    if not isinstance(value, _FORMS.get(kind, str)) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is not of the type {kind.__name__}")
    return kind(value)
