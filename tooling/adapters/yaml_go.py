"""YAML in Go's dialect by PyYAML's fast C parser: what helm prints, and what other readers of YAML take alike.

Values files are read by `yaml_values`; what an unquoted scalar means to Helm says `tooling.core.scalars`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from tooling.core.scalars import Scalar, read_key, read_scalar

CORE = "tag:yaml.org,2002:"
"""What `!!` stands for in a tag."""

PLAIN = "!plain"
STRING = f"{CORE}str"
TYPES: Mapping[str, tuple[type, ...]] = {
    f"{CORE}int": (int,),
    f"{CORE}float": (int, float),
    f"{CORE}bool": (bool,),
    f"{CORE}null": (type(None),),
}
"""What a value is that is written with a tag of YAML's own."""


class Loader(yaml.CSafeLoader):
    """A C loader that leaves unquoted scalars unresolved, under the tag `!plain`."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> Any:  # noqa: D102 - PyYAML's hook
        if kind is yaml.ScalarNode:
            return PLAIN if implicit[0] else STRING
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


def _construct_plain(_loader: Loader, node: yaml.ScalarNode) -> Scalar:
    try:
        return read_scalar(node.value)
    except ValueError as error:
        raise ConstructorError(None, None, str(error), node.start_mark) from error


def _construct_mapping(loader: Loader, node: yaml.MappingNode) -> dict[str, Any]:
    return {_read_key(loader, key): loader.construct_object(value, deep=True) for key, value in node.value}


def _read_key(loader: Loader, node: yaml.Node) -> str:
    if not (isinstance(node, yaml.ScalarNode) and node.tag == PLAIN):
        return str(loader.construct_object(node, deep=True))
    try:
        return read_key(node.value)
    except ValueError as error:
        raise ConstructorError(None, None, str(error), node.start_mark) from error


Loader.add_constructor(PLAIN, _construct_plain)
Loader.add_constructor(f"{CORE}map", _construct_mapping)


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
