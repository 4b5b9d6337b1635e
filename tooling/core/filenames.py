"""A file for each object of a render."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tooling.core.manifests import Manifest

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
LONGEST = 200


def name_files(folder: str, manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Return a path per manifest, in their order: `base/service-genai-vectordb.yaml`.

    Objects that would share a name (two namespaces, two API groups) are told apart by a number.
    """
    names: list[str] = []
    taken: set[str] = set()
    for manifest in manifests:
        kind, name = manifest.get("kind"), (manifest.get("metadata") or {}).get("name")
        plain = _UNSAFE.sub("-", f"{kind}-{name}".lower()).strip(".-")[:LONGEST]
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain}-{number}"
        taken.add(unique)
        names.append(f"{folder}/{unique}.yaml")
    return tuple(names)
