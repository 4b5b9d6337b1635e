"""What freezing, resting and restoring change in an autoscaler: from its JSON to a patch, no I/O.

What was there before is kept in an annotation of the object itself, field by field, so that whoever comes next can
give it back. A field that is no longer as it was left belongs to somebody else by now, and stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from tooling.adapters.kube_client import FIELD_MANAGER

Json = Mapping[str, Any]
Path = tuple[str, ...]

FROZEN = "genai-stack/frozen"
"""Annotation with the fields that are held: a JSON list of [path, value before, value held]; null: not there."""

_PAUSED = ("metadata", "annotations", "autoscaling.keda.sh/paused")
_HPA_BEHAVIOR = ("spec", "behavior")
_KEDA_BEHAVIOR = ("spec", "advanced", "horizontalPodAutoscalerConfig", "behavior")
_DOWN = ("scaleDown", "selectPolicy")
_UP = ("scaleUp", "selectPolicy")
_NEVER = "Disabled"


class State(StrEnum):
    """What an autoscaler is to do: as its manifest says, never go down, or leave the scale alone."""

    ON = "on"
    FROZEN = "frozen"
    RESTING = "resting"


def make_patch(scaler: Json, state: State) -> dict[str, Any] | None:
    """Return the merge patch that brings an autoscaler to a state, None where it is there already."""
    held = read_held(scaler)
    wanted = find_held_fields(scaler, state, held)
    changes: dict[Path, Any] = {}
    for path, (before, left) in held.items():
        if path not in wanted and _find(scaler, path) == left:
            changes.update(_give_back(scaler, path, before, wanted))
    kept: list[tuple[Path, Any, Any]] = []
    for path, value in wanted.items():
        live = _find(scaler, path)
        before, left = held.get(path, (live, None))
        kept.append((path, before if live == left else live, value))
        if live != value:
            changes[path] = value
    note = json.dumps(kept) if kept else None
    if note != _find(scaler, ("metadata", "annotations", FROZEN)):
        changes["metadata", "annotations", FROZEN] = note
    return _nest({**changes, ("metadata", "resourceVersion"): _version(scaler)}) if changes else None


def find_held_fields(scaler: Json, state: State, held: Mapping[Path, tuple[Any, Any]]) -> Mapping[Path, Any]:
    """Return the fields that hold an autoscaler in a state, with their values."""
    if state is State.ON:
        return {}
    if scaler.get("kind") != "ScaledObject":
        fields: dict[Path, Any] = {(*_HPA_BEHAVIOR, *_DOWN): _NEVER}
        rest = {(*_HPA_BEHAVIOR, *_UP): _NEVER, ("spec", "minReplicas"): 1}
        return fields if state is State.FROZEN else {**fields, **rest}
    if state is State.RESTING:
        return {_PAUSED: "true"}
    least = ("spec", "minReplicaCount")
    before = held[least][0] if least in held else _find(scaler, least)
    return {(*_KEDA_BEHAVIOR, *_DOWN): _NEVER, least: max(1, int(before or 0))}


def make_release(scaler: Json) -> dict[str, Any] | None:
    """Return the merge patch that takes our name off the fields we wrote, None where it is not there.

    An owner that stays would make a conflict of the next server-side apply (Helm 4) that sets them otherwise.
    """
    entries = scaler["metadata"].get("managedFields") or ()
    others = [entry for entry in entries if not _is_ours(entry)]
    if len(others) == len(entries):
        return None
    return {"metadata": {"resourceVersion": _version(scaler), "managedFields": others or [{}]}}


def _give_back(scaler: Json, path: Path, before: Any, wanted: Iterable[Path]) -> Mapping[Path, Any]:
    """Return what undoes one field, with the shells around it that nobody else needs."""
    if before is not None or path[0] != "spec":
        return {path: before}
    owners = [entry for entry in scaler["metadata"].get("managedFields") or () if not _is_ours(entry)]
    for length in range(2, len(path)):
        shell = path[:length]
        is_needed = any(other[:length] == shell for other in wanted)
        # The API server fills in the rest of a behavior that anybody begins: that is nobody's will.
        if owners and not is_needed and not any(_owns(entry, shell) for entry in owners):
            return {shell: None}
    return {path: None}


def _owns(entry: Json, path: Path) -> bool:
    node: Any = entry.get("fieldsV1") or {}
    for key in path:
        node = node.get(f"f:{key}")
        if node is None:
            return False
    return True


def _is_ours(entry: Json) -> bool:
    is_main = not entry.get("subresource")
    return is_main and entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Update"


def read_held(scaler: Json) -> Mapping[Path, tuple[Any, Any]]:
    """Return the fields that are held: value before, value left. A note that cannot be read holds nothing."""
    try:
        noted = json.loads(_find(scaler, ("metadata", "annotations", FROZEN)) or "[]")
        return {tuple(str(key) for key in path): (before, left) for path, before, left in noted}
    except (ValueError, TypeError):
        return {}


def _find(scaler: Json, path: Sequence[str]) -> Any:
    node: Any = scaler
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _version(scaler: Json) -> str:
    return str(scaler["metadata"].get("resourceVersion", ""))


def _nest(changes: Mapping[Path, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in changes.items():
        node = nested
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = value
    return nested
