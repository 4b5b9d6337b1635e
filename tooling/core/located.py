"""An object with the place that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tooling.core.manifests import Manifest
from tooling.core.values import KeyPath

SHOWN_LIMIT = 253
"""Characters that are shown of a kind or a name; Kubernetes allows no more."""


@dataclass(frozen=True, slots=True)
class Located:
    """A manifest and its file; `line` is where its document begins, 0 where lines would be those of another text.

    `text` is that document, in which the object lies at `prefix`; both are empty for what was rendered.
    """

    manifest: Manifest
    file: str = ""
    line: int = 0
    text: str = field(default="", repr=False)
    prefix: KeyPath = ()

    @property
    def name(self) -> str:
        """Kind and name as kubectl writes them, as far as they are there."""
        metadata = self.manifest.get("metadata")
        own = metadata if isinstance(metadata, Mapping) else {}
        name = own.get("name") or own.get("generateName") or "without-a-name"
        kind = self.manifest.get("kind") or "object"
        return f"{str(kind)[:SHOWN_LIMIT]}/{str(name)[:SHOWN_LIMIT]}"


def unpack(found: Located) -> Iterator[Located]:
    """Yield the objects of a List, or the object itself; an item without a kind has that of its list."""
    items = found.manifest.get("items")
    kind = str(found.manifest.get("kind") or "")
    if not kind.endswith("List") or not isinstance(items, list):
        yield found
        return
    typed: dict[str, Any] = {}
    if kind != "List":
        typed = {"apiVersion": found.manifest.get("apiVersion"), "kind": kind.removesuffix("List")}
    for index, item in enumerate(items):
        if isinstance(item, Mapping):
            manifest = item if item.get("kind") else {**typed, **item}
            yield from unpack(replace(found, manifest=manifest, prefix=(*found.prefix, "items", index)))
