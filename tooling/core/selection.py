"""Which of the rendered manifests are meant: by the template they came from, or by kind and name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from tooling.core.manifests import Manifest

_SUFFIXES = (".yaml", ".yml", ".tpl", ".txt")


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
    names = [*(name_object(manifest) for manifest, _ in known), *(source for _, source in known)]
    lowered = {name.lower(): name for name in names}
    missing = []
    for one in wanted:
        if any(is_selected(one, manifest, source) for manifest, source in known):
            continue
        ends = {path.rpartition("/")[2].lower(): path for path in lowered.values()}
        near = get_close_matches(one.lower(), [*lowered, *ends], 1, cutoff=0.5)
        missing.append((one, (lowered.get(near[0]) or ends[near[0]]) if near else ""))
    return tuple(missing)
