"""Custom kinds out of CustomResourceDefinitions, with their schemas as JSON Schema.

A definition's schema is read as the API server reads it: a field that it does not name is pruned, which does not
fit here; a null stands for an absent field. What it says in CEL (`x-kubernetes-validations`) is not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

TYPES = "https://kubernetes.io/api/_definitions.json"
"""Name of the document that holds the types of Kubernetes' own schemas, for `$ref`."""

_META: Schema = {"$ref": f"{TYPES}#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
_TEXT: Schema = {"type": "string"}
_NAMES = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_OPEN = "x-kubernetes-preserve-unknown-fields"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a custom kind. `schema` is None where the definition has none: anything fits.

    `deprecation` is the definition's own warning, empty for a version that is not deprecated.
    """

    api_version: str
    kind: str
    schema: Schema | None
    is_served: bool = True
    deprecation: str = ""


def read_definitions(manifest: Mapping[str, Any]) -> Iterator[Definition]:
    """Yield the versions of a CustomResourceDefinition, nothing for another kind or one without a name."""
    spec = manifest.get("spec")
    if manifest.get("kind") != "CustomResourceDefinition" or not isinstance(spec, Mapping):
        return
    names, group = _map(spec.get("names")), spec.get("group")
    kind = names.get("kind")
    if not isinstance(kind, str) or not isinstance(group, str):
        return
    shared = _map(spec.get("validation")).get("openAPIV3Schema")
    versions = spec.get("versions") or [{"name": spec.get("version"), "served": True}]
    for version in versions if isinstance(versions, list) else ():
        if not isinstance(version, Mapping) or not isinstance(version.get("name"), str):
            continue
        api_version = f"{group}/{version['name']}"
        schema = _map(version.get("schema")).get("openAPIV3Schema", shared)
        told = version.get("deprecationWarning") or f"{api_version} {kind} is deprecated by its definition"
        yield Definition(
            api_version,
            kind,
            translate_root(schema, is_open=bool(spec.get("preserveUnknownFields"))) if schema else None,
            is_served=version.get("served") is not False,
            deprecation=str(told) if version.get("deprecated") is True else "",
        )


def translate_root(schema: Any, *, is_open: bool = False) -> Schema:
    """Return the schema of a whole object: with apiVersion, kind and metadata, whether it names them or not."""
    translated = dict(_translate(schema))
    properties = {**translated.get("properties", {}), "apiVersion": _TEXT, "kind": _TEXT, "metadata": _META}
    more = {"additionalProperties": True} if is_open else {}
    return {**translated, "type": "object", "properties": properties, **more}


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KEPT: Mapping[str, Callable[[Any], bool]] = {
    "enum": lambda value: isinstance(value, list),
    "pattern": lambda value: isinstance(value, str),
    "required": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_size),
    **dict.fromkeys(("minProperties", "maxProperties"), _is_size),
}
"""Keywords that are taken over as they are, if they are what they have to be."""


def _translate(schema: Any) -> Schema:
    """Translate what has structure: a map is closed unless the definition says otherwise."""
    if not isinstance(schema, Mapping):
        return {}
    result = _translate_rules(schema)
    if schema.get("x-kubernetes-int-or-string") is True:
        loose = {key: value for key, value in result.items() if key not in {"anyOf", "oneOf", "allOf"}}
        return {**loose, "type": ["integer", "string"]}
    required = result.get("required", ())
    properties = {
        str(name): _translate_field(one, is_required=name in required)
        for name, one in _map(schema.get("properties")).items()
    }
    if schema.get("x-kubernetes-embedded-resource") is True:
        properties |= {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _META}
    if properties:
        result["properties"] = properties
    more = schema.get("additionalProperties")
    if schema.get(_OPEN) is True or more is True:
        result["additionalProperties"] = True
    elif isinstance(more, Mapping):
        result["additionalProperties"] = _translate_field(more)
    elif schema.get("type") == "object":
        result["additionalProperties"] = False
    if isinstance(schema.get("items"), Mapping):
        result["items"] = _translate(schema["items"])
    return result


def _translate_field(schema: Any, *, is_required: bool = False) -> Schema:
    """Translate the schema of a field, which may be null: the server takes it out, or puts the default in."""
    inner = _translate(schema)
    has_default = isinstance(schema, Mapping) and "default" in schema
    return inner if is_required and not has_default else _let_null(inner)


def _translate_rules(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Translate what says something of a value and nothing of its structure; that is all that branches may say."""
    result = {key: schema[key] for key, is_sound in _KEPT.items() if key in schema and is_sound(schema[key])}
    for limit, name in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(name) is True and limit in result:
            result[name] = result.pop(limit)
    if isinstance(schema.get("type"), str) and schema["type"] in _NAMES:
        result["type"] = schema["type"]
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(keyword)
        if isinstance(branches, Sequence) and not isinstance(branches, str) and branches:
            result[keyword] = [_translate_branch(one) for one in branches]
    if isinstance(schema.get("not"), Mapping):
        result["not"] = _translate_branch(schema["not"])
    return _let_null(result) if schema.get("nullable") is True else result


def _let_null(schema: Schema) -> dict[str, Any]:
    """Return a schema that null fits too."""
    result = dict(schema)
    if isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    elif "type" in result and "null" not in result["type"]:
        result["type"] = [*result["type"], "null"]
    if "enum" in result:
        result["enum"] = [*result["enum"], None]
    for keyword in ("anyOf", "oneOf"):
        if keyword in result:
            result[keyword] = [*result[keyword], {"type": "null"}]
    return result


def _translate_branch(schema: Any) -> Schema:
    if not isinstance(schema, Mapping):
        return {}
    result = _translate_rules(schema)
    properties = _map(schema.get("properties"))
    if properties:
        result["properties"] = {str(name): _translate_branch(one) for name, one in properties.items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), Mapping):
            result[keyword] = _translate_branch(schema[keyword])
    return result
