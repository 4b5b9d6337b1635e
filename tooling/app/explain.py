"""What a key is for, and where its value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tooling.app.values import LoadedValues
from tooling.core.flagged import hide_texts
from tooling.core.provenance import Statement, find_statements, hide_secrets
from tooling.core.schema.keys import Schema, find_key, find_known, read_path
from tooling.core.schema.nearest import ask_for, find_meant, index_keys
from tooling.core.schema.words import describe_limits, describe_types
from tooling.core.values import KeyPath, Layer, Origin, find_origin, format_path, pick, read_model, table
from tooling.errors import UsageError
from tooling.ports.schemas import Schemas


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of a key; values that may be secret are `<hidden>` in it.

    `default` is the chart's own, `value` what counts in the end; both None where nothing is set. `statements` are
    the layers that say something of it, the lowest first. `inherited` names the key whose value counts for a model
    that does not set its own.
    """

    key: str
    type: str
    limits: tuple[str, ...]
    description: str
    doc: str
    default: Any
    value: Any
    statements: tuple[Statement, ...]
    inherited: str = ""


def explain(schemas: Schemas, loaded: LoadedValues, text: str) -> Explanation:
    """Explain a key such as `gateway.replicas`, `rollout.steps[0].weight` or `inference.models.smollm2`.

    Raises UsageError for a key that the schema does not know, with the nearest one that it knows.
    """
    try:
        path = read_path(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a key: {error}.") from error
    schema = schemas.read()
    key = find_key(schema, path)
    if key is None:
        known = find_known(schema, path)
        raise UsageError(f"there is no key {format_path(path)}.", hint=_suggest(schema, path, len(known.path)))
    statements = find_statements((*loaded.layers, *_list_flags(loaded, path)), path)
    chart = [one for one in statements if one.layer in loaded.chart_layers]
    return Explanation(
        key=format_path(path),
        type=describe_types(key.node),
        limits=describe_limits(key.node),
        description=str(key.node.get("description") or ""),
        doc=schemas.find_doc(path),
        default=_hide(chart[-1], schema).value if chart and not chart[-1].takes_away else None,
        value=_hide_value(loaded, path, schema),
        statements=tuple(_hide(one, schema) for one in statements),
        inherited="" if statements else _find_inherited(loaded, path),
    )


def _suggest(schema: Schema, path: KeyPath, depth: int) -> str:
    around, word = path[:depth], path[depth]
    meant = find_meant(schema, index_keys(schema), around, word) if isinstance(word, str) else None
    return ask_for(schema, around, meant)


def _list_flags(loaded: LoadedValues, path: KeyPath) -> list[Layer]:
    """Return what each flag says of a key, of what is in it or of what it is in, as layers in their order."""
    flags: dict[str, list[KeyPath]] = {}
    for where, origin in loaded.origins.items():
        both = min(len(where), len(path))
        if origin.is_flag and where[:both] == path[:both]:
            flags.setdefault(origin.layer, []).append(where)
    return [Layer(name, _place(loaded, where)) for name, paths in flags.items() for where in paths]


def _place(loaded: LoadedValues, path: KeyPath) -> dict[str, Any]:
    """Return values that hold nothing but what is at a path."""
    value = pick(loaded.values, *path)
    for part in reversed(path[1:]):
        value = [*[None] * part, value] if isinstance(part, int) else {part: value}
    return {str(path[0]): value}


def _hide_value(loaded: LoadedValues, path: KeyPath, schema: Schema) -> Any:
    """Return what counts in the end, without secrets and without text that a flag has set."""

    def is_flagged(where: KeyPath) -> bool:
        origin = find_origin(loaded.origins, where)
        return origin is not None and origin.is_flag

    return hide_secrets(hide_texts(pick(loaded.effective, *path), path, schema, is_flagged), path)


def _hide(statement: Statement, schema: Schema) -> Statement:
    is_flag = Origin(statement.layer).is_flag
    value = hide_texts(statement.value, statement.path, schema, lambda _: is_flag)
    value = hide_secrets(value, statement.path)
    return Statement(
        statement.layer,
        statement.path,
        value,
        statement.line,
        statement.column,
        statement.wins,
        statement.takes_away,
    )


def _find_inherited(loaded: LoadedValues, path: KeyPath) -> str:
    """Name where a model takes from what it does not say itself: its profile, else the defaults of all models."""
    if path[:2] != ("inference", "models") or len(path) < 4:
        return ""
    inference = table(loaded.effective, "inference")
    name, rest = str(path[2]), path[3:]
    profile = read_model(inference, table(inference, "models", name)).get("profile")
    for source in (("inference", "profiles", str(profile)), ("inference", "modelDefaults")):
        if pick(loaded.effective, *source, *rest) is not None:
            return format_path((*source, *rest))
    return ""
