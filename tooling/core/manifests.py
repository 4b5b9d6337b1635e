"""What rendered manifests hold. Pure walks over plain data, in the shapes of the Kubernetes API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Manifest = Mapping[str, Any]

_CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class ImageUse:
    """An image reference as the cluster would pull it, and the objects (`Kind name`) that name it, sorted."""

    reference: str
    users: tuple[str, ...]


def find_images(manifests: tuple[Manifest, ...]) -> tuple[ImageUse, ...]:
    """Return each image of every container, init container and image volume once, sorted by reference."""
    users: dict[str, set[str]] = {}
    for manifest in manifests:
        owner = f"{manifest.get('kind')} {(manifest.get('metadata') or {}).get('name')}"
        for reference in _find_references(manifest):
            users.setdefault(reference, set()).add(owner)
    return tuple(ImageUse(reference, tuple(sorted(users[reference]))) for reference in sorted(users))


def _find_references(node: object) -> Iterator[str]:
    """Walk the whole object: pod templates lie at different depths, and other charts' kinds nest them anew."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in _CONTAINER_LISTS and isinstance(value, list):
                yield from (str(one["image"]) for one in value if isinstance(one, Mapping) and one.get("image"))
            if key == "volumes" and isinstance(value, list):
                volumes = (one.get("image") for one in value if isinstance(one, Mapping))
                yield from (str(one["reference"]) for one in volumes if isinstance(one, Mapping))
            yield from _find_references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _find_references(value)
