"""Who wrote a field of a live object, as far as the API server's managedFields tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.diff.fields import FieldPath, Item
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import child, rows

_OURS = frozenset({"helm", "genai-stack"})
_MACHINERY = ("kube-controller-manager", "kubelet", "kube-scheduler", "kwok", "keda", "vpa")


def name_writer(live: Manifest, path: FieldPath) -> str:
    """Say who wrote a field last: `kubectl-edit (Update, 2026-11-21T21:03:11Z)`; "" where nobody is told."""
    owners = [one for one in _list_managers(live) if _owns(child(one, "fieldsV1"), path)]
    # Helm still owns next to others what it had set: whoever else does has written over it.
    others = [one for one in owners if one.get("manager") not in _OURS]
    return _show(max(others or owners, key=_read_time, default=None))


def name_outsider(live: Manifest) -> str:
    """Say who wrote an object last besides helm, this CLI and Kubernetes' own controllers; "" for nobody."""
    outsiders = [
        one
        for one in _list_managers(live)
        if one.get("manager") not in _OURS and not str(one.get("manager")).startswith(_MACHINERY)
    ]
    return _show(max(outsiders, key=_read_time, default=None))


def name_other(live: Manifest, path: FieldPath, *, ours: frozenset[str] = _OURS) -> str:
    """Say who wrote a field last besides those that are `ours` and Kubernetes' own controllers; "" for nobody.

    A write through /scale counts. Whoever wrote before us lost the field, unless what we wrote was the same.
    """
    others = [
        one
        for one in rows(child(live, "metadata"), "managedFields")
        if one.get("subresource") in {None, "", "scale"}
        and one.get("manager") not in ours
        and not str(one.get("manager")).startswith(_MACHINERY)
        and _owns(child(one, "fieldsV1"), path)
    ]
    return _show(max(others, key=_read_time, default=None))


def _list_managers(live: Manifest) -> Iterator[Mapping[str, Any]]:
    """Yield who wrote the object itself, not its status or scale."""
    return (one for one in rows(child(live, "metadata"), "managedFields") if not one.get("subresource"))


def _owns(node: Mapping[str, Any], path: FieldPath) -> bool:
    """Whether a set of fields holds the path, or something whole around it, as a list without names is."""
    for part in path:
        following = _step(node, part)
        if following is None:
            return not node
        node = following
    return True


def _step(node: Mapping[str, Any], part: str | int | Item) -> Mapping[str, Any] | None:
    if isinstance(part, Item):
        for key, value in node.items():
            if key.startswith("k:") and str(json.loads(key[2:]).get(part.key)) == part.value:
                return child({"at": value}, "at")
        return None
    found = node.get(f"f:{part}")
    return found if isinstance(found, Mapping) else None


def _read_time(one: Mapping[str, Any]) -> str:
    return str(one.get("time") or "")


def _show(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return ""
    # the API server keeps no time of a write through /scale
    when = ", ".join(filter(None, (str(one.get("operation")), _read_time(one))))
    return f"{one.get('manager')} ({when})"
