"""The chart's values schema through jsonschema: draft-07, as Helm checks it, never anything from the network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from tooling.core.finding import Finding
from tooling.core.values import KeyPath, Layered, Origin, place_finding
from tooling.errors import StateError

RULE = "schema"
SHOWN_LIMIT = 40
LISTED_LIMIT = 12
_SECRET_SIGNS = ("password", "token", "secret", "apikey", "credential")
_WRONG_SHAPE = frozenset({"required", "additionalProperties", "type"})
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
}
_SIZES = {
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minProperties": "must have at least {} keys",
    "maxProperties": "must have at most {} keys",
}
_ARTICLES = {"object": "a map", "array": "a list", "integer": "a whole number", "null": "null"}


class JsonSchemas:
    """Implements `tooling.ports.schemas.Schemas` for one schema file, which is read at the first check."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._validator: Draft7Validator | None = None

    def check(self, layered: Layered) -> tuple[Finding, ...]:
        """Return all that does not fit, by file, line and path."""
        if self._validator is None:
            self._validator = _load(self._file)
        findings = [
            finding
            for error in self._validator.iter_errors(layered.values)
            for finding in _explain(error, layered.origins)
        ]
        return tuple(sorted(set(findings), key=lambda one: (one.file, one.line, one.path, one.message)))


def _load(file: Path) -> Draft7Validator:
    hint = "This is a defect of the chart, not of your values."
    try:
        schema = json.loads(file.read_bytes())
        Draft7Validator.check_schema(schema)
    except OSError as error:
        raise StateError(f"{file} cannot be read: {error.strerror}.", hint=hint) from error
    except (ValueError, SchemaError) as error:
        message = error.message if isinstance(error, SchemaError) else str(error)
        raise StateError(f"{file} is not a JSON schema: {message}.", hint=hint) from error
    foreign = next((ref for ref in _find_refs(schema) if not ref.startswith("#")), None)
    if foreign:
        raise StateError(f"{file} refers to {foreign}, which is outside of it.", hint=hint)
    return Draft7Validator(schema, registry=Registry())


def _find_refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _find_refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _find_refs(value)


def _explain(error: ValidationError, origins: Mapping[KeyPath, Origin]) -> Iterator[Finding]:
    """Make findings of one error; several branches become the one that was most likely meant."""
    where: KeyPath = tuple(error.absolute_path)
    if error.validator in {"anyOf", "oneOf"} and error.context:
        for inner in _find_meant_branch(error.context):
            yield from _explain(inner, origins)
        return
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        allowed = sorted(_schema(error).get("properties") or {})
        for key in _find_unknown(error):
            hint = _suggest(key, allowed)
            yield place_finding(origins, (*where, key), "is not a known key.", rule=RULE, hint=hint)
        return
    if "propertyNames" in error.absolute_schema_path and isinstance(error.instance, str):
        message = f"the name {_say(error, ())}"
        yield place_finding(origins, (*where, error.instance), message, rule=RULE, hint=_describe(error))
        return
    yield place_finding(origins, where, _say(error, where), rule=RULE, hint=_describe(error))


def _find_unknown(error: ValidationError) -> list[str]:
    """Return the keys that a closed map does not know."""
    known = set(_schema(error).get("properties") or {})
    patterns = _schema(error).get("patternProperties") or {}
    matcher = Draft7Validator({"patternProperties": dict.fromkeys(patterns, False)})
    unknown = [key for key in _value(error) if key not in known]
    return [key for key in unknown if not patterns or matcher.is_valid({key: None})]


def _find_meant_branch(errors: Sequence[ValidationError]) -> list[ValidationError]:
    """Return the errors of the branch whose shape fits best: least missing and unknown keys, then least errors."""
    branches: dict[Any, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.relative_schema_path[0], []).append(error)

    def rank(branch: list[ValidationError]) -> tuple[int, int]:
        misfits = [error for error in branch if error.validator in _WRONG_SHAPE and len(error.relative_path) <= 0]
        return len(misfits), len(branch)

    return min(branches.values(), key=rank)


def _say(error: ValidationError, where: KeyPath) -> str:
    """Say what is wrong in our words; the value is shown unless its key sounds like a secret."""
    kind, wanted, value = str(error.validator), _wanted(error), _value(error)
    got = "" if _is_secret(where) else f", not {_show(value)}"
    if kind == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(_ARTICLES.get(one, f'a {one}') for one in types)}{got}."
    if kind == "enum":
        return f"must be one of {', '.join(_show(one) for one in wanted)}{got}."
    if kind == "const":
        return f"must be {_show(wanted)}{got}."
    if kind == "pattern":
        return f"does not match {wanted}{got and got.replace(', not', ':')}."
    if kind == "required":
        missing = next((key for key in wanted if key not in value), "")
        return f"the key `{missing}` is missing."
    if kind in _LIMITS:
        return f"must be {_LIMITS[kind]} {wanted}{got}."
    if kind in _SIZES:
        return f"{_SIZES[kind].format(wanted)}."
    if kind == "uniqueItems":
        return "has the same item twice."
    return "does not fit the schema." if _is_secret(where) else f"does not fit: {error.message[:200]}."


def _describe(error: ValidationError) -> str:
    """Return what the schema says of the key, or the nearest allowed value."""
    if error.validator == "enum" and isinstance(error.instance, str):
        return _suggest(error.instance, [one for one in _wanted(error) if isinstance(one, str)], lists=False)
    return str(_schema(error).get("description") or "") if error.validator == "pattern" else ""


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _value(error: ValidationError) -> Any:
    return error.instance


def _wanted(error: ValidationError) -> Any:
    return error.validator_value


def _suggest(word: str, allowed: Sequence[str], *, lists: bool = True) -> str:
    near = get_close_matches(word, allowed, 1) or [one for one in allowed if one.lower() == word.lower()]
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known are: {', '.join(allowed)}." if lists and 0 < len(allowed) <= LISTED_LIMIT else ""


def _show(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_LIMIT else f"{text[:SHOWN_LIMIT]}..."


def _is_secret(where: KeyPath) -> bool:
    words = [part.lower().replace("-", "").replace("_", "") for part in where if isinstance(part, str)]
    is_free_text = "extraEnv" in where
    return is_free_text or (bool(words) and any(sign in words[-1] for sign in _SECRET_SIGNS))
