"""Which of the rendered manifests are meant: by the template they came from, or by kind and name."""

from __future__ import annotations

from collections.abc import Iterable

from tooling.core.manifests import Manifest
from tooling.core.schema.nearest import find_nearest

_SUFFIXES = (".yaml", ".yml", ".tpl", ".txt")
_LOOSE = 0.5
"""Likeness (0 to 1) from which a name is meant: it is long, and often only its end is written."""


def name_object(manifest: Manifest) -> str:
    """Name an object as kubectl does: `Deployment/genai-gateway`."""
    return f"{manifest.get('kind')}/{(manifest.get('metadata') or {}).get('name')}"


def is_selected(wanted: str, manifest: Manifest, source: str) -> bool:
    """Whether `wanted` is the object (`deployment/genai-gateway`), or the end of its template's path."""
    if wanted.endswith(_SUFFIXES):
        return f"/{source}".endswith(f"/{wanted.removeprefix('./')}")
    return wanted.lower() == name_object(manifest).lower()


def find_unknown(wanted: Iterable[str], rendered: Iterable[tuple[Manifest, str]]) -> tuple[tuple[str, str], ...]:
    """Return each of `wanted` that selects nothing, with the nearest that would select something ("": none is)."""
    known = tuple(rendered)
    objects = [name_object(manifest) for manifest, _ in known]
    sources = [source for _, source in known]
    kinds = tuple(f"{name.partition('/')[0]}/".lower() for name in objects)
    missing = []
    for one in wanted:
        if any(is_selected(one, manifest, source) for manifest, source in known):
            continue
        names = [*objects, *sources]
        if one.endswith(_SUFFIXES):
            names = sources
        elif one.lower().startswith(kinds):
            names = objects
        ends = {path.rpartition("/")[2]: path for path in names}
        near = find_nearest(one, [*names, *ends], _LOOSE)
        missing.append((one, ends.get(near, near)))
    return tuple(missing)
