"""How large the Secret would be in which Helm keeps a release: what it would write, packed as it does."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from tooling.ports.helm import ReleaseSize

_GO = 1.0095
_PARTS = ("manifest", "hooks", "config")
_CHART = ("templates", "values", "schema", "files")
_NAMES = {
    "manifest": "the manifests",
    "hooks": "the hooks",
    "config": "the values",
    "templates": "the chart's templates",
    "values": "the chart's default values",
    "schema": "the chart's schema",
    "files": "the chart's other files",
}


def measure(printed: bytes) -> ReleaseSize:
    """Measure a release as `helm install --dry-run --output json` prints it. Raises ValueError for anything else.

    Held against Secrets that helm 3.22 and 4.3 wrote (tests/local/test_preflight.py): within 0.2 %.
    """
    release = json.loads(printed)
    if not isinstance(release, dict) or "chart" not in release:
        raise ValueError("it is no release")
    chart = release.get("chart")
    parts = {**_pick(release, _PARTS), **_pick(chart if isinstance(chart, dict) else {}, _CHART)}
    packed = {_NAMES[name]: _pack(json.dumps(part).encode()) for name, part in parts.items() if part}
    return ReleaseSize(_pack(printed), dict(sorted(packed.items(), key=lambda item: -item[1])))


def _pick(node: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: node.get(name) for name in names}


def _pack(text: bytes) -> int:
    """Count the characters in base64 of what gzip leaves; Go's packs a little worse than ours."""
    return round(-(-len(gzip.compress(text, 9, mtime=0)) // 3) * 4 * _GO)
