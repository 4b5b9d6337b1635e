"""What is released in a trial: a small stack, in a project folder of its own with values for each version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INSTANCE = "genai"
CONTEXT = "genai-faults"
SECRET = "planted-8f3a61c2d94b"
"""Stands in the kubeconfig as a token, in a Secret of the namespace, and in the values as what only Helm keeps."""

STABLE, TARGET, NEXT = "v1", "v2", "v3"
PACE = 4.0

CANARY: Mapping[str, Any] = {"strategy": "canary", "steps": [{"weight": 50, "hold": "4s"}]}
BLUE_GREEN: Mapping[str, Any] = {
    "strategy": "blueGreen",
    "blueGreen": {"preview": [{"hold": "1s"}], "after": [{"analysis": {"hold": "4s"}}]},
}


def make_values(version: str, rollout: Mapping[str, Any] = CANARY) -> Mapping[str, Any]:
    """Return the values of a version: one gateway, one small model, no vector database, no evals."""
    model = {"replicas": 1, "source": {"image": {"repository": "model-tiny"}, "size": "16Mi"}}
    return {
        "global": {"image": {"registry": "localhost/genai-stack", "tag": version}},
        "gateway": {"replicas": 2, "models": {"tiny": {}, "smollm2": None}},
        "inference": {"models": {"tiny": model, "smollm2": None}},
        "vectordb": {"enabled": False},
        "evals": {"enabled": False},
        "network": {"policies": {"enabled": False}},
        "route": {"enabled": True},
        "rollout": {
            "instance": INSTANCE,
            "contexts": [CONTEXT],
            "analysis": {"minRequests": 8, "maxHold": "40s"},
            "readyTimeout": "240s",
            "scaleDownDelay": "2s",
            "load": {"prompts": [SECRET]},
            "checkImages": False,
            **rollout,
        },
    }


@dataclass(frozen=True, slots=True)
class Project:
    """A folder in which the CLI finds the chart of a checkout, and values of its own."""

    root: Path

    @classmethod
    def make(cls, root: Path, checkout: Path) -> Project:
        """Fill a folder."""
        (root / "values").mkdir(parents=True)
        for name in ("charts", "docs"):
            (root / name).symlink_to(checkout / name)
        return cls(root)

    def write_values(self, name: str, values: Mapping[str, Any]) -> str:
        """Write the values of an environment and return its name; JSON is YAML."""
        (self.root / "values" / f"{name}.yaml").write_text(json.dumps(values), encoding="utf-8")
        return name

    def write_kubeconfig(self, name: str, server: str, namespace: str) -> Path:
        """Write a kubeconfig that leads to a door of the proxy."""
        path = self.root / f"{name}.kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": {"server": server}}],
            "users": [{"name": CONTEXT, "user": {"token": SECRET}}],
            "contexts": [
                {"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}}
            ],
            "current-context": CONTEXT,
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        path.chmod(0o600)
        return path
