"""A digest of how a rollout is driven, part by part, so that a change is noticed and can be named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_NOT_COUNTED = frozenset({"instance", "namespace", "contexts", "notifications", "load"})
"""Keys of `rollout` that say where and for whom, not how: these may change while a rollout runs."""

_LENGTH = 8


def digest_strategy(values: Mapping[str, Any]) -> str:
    """Return `analysis:1f3a09bc steps:77aa01de`: each part of the rollout section that drives, with its digest."""
    section = values.get("rollout") or {}
    return " ".join(f"{key}:{_digest(section[key])}" for key in sorted(section) if key not in _NOT_COUNTED)


def find_changed_parts(recorded: str, current: str) -> tuple[str, ...]:
    """Return the keys of `rollout` that differ between two digests, sorted; none where nothing was recorded."""
    if not recorded:
        return ()
    before, after = _read(recorded), _read(current)
    return tuple(key for key in sorted({**before, **after}) if before.get(key) != after.get(key))


def _digest(part: object) -> str:
    text = json.dumps(part, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _read(digest: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in digest.split())
