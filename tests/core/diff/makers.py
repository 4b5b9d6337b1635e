"""Manifests for tests of comparisons, as small as can be."""

from __future__ import annotations

from typing import Any


def make(kind: str, name: str = "x", api: str = "apps/v1", **fields: Any) -> dict[str, Any]:
    """An object; `labels` and `annotations` go into its metadata."""
    metadata = {"name": name} | {key: fields.pop(key) for key in ("labels", "annotations") if key in fields}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def make_workload(
    kind: str = "Deployment",
    name: str = "x",
    *,
    gpus: int = 0,
    labels: dict[str, str] | None = None,
    image: str = "a:1",
    pod: dict[str, Any] | None = None,
    container: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A workload with one container; its labels are those of its pods too."""
    limits = {"limits": {"nvidia.com/gpu": str(gpus)}} if gpus else {}
    template = {
        "metadata": {"labels": labels or {}},
        "spec": {
            "containers": [{"name": "main", "image": image, "resources": limits, **(container or {})}],
            **(pod or {}),
        },
    }
    return make(kind, name, labels=labels or {}, spec={**spec, "template": template})
