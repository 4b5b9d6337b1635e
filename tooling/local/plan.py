"""What the supervisor has to do, as a file: written by `up`, read inside the namespaces."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tooling.local.components import Component
from tooling.local.settings import Network

if TYPE_CHECKING:
    from tooling.local.folders import ClusterFolder


@dataclass(frozen=True, slots=True)
class Plan:
    """The node's name and network, its components, and the objects to apply (API path, file below `objects`)."""

    node: str
    network: Network
    components: tuple[Component, ...]
    objects: tuple[tuple[str, str], ...]


def write_plan(folder: ClusterFolder, plan: Plan) -> None:
    """Write the plan of this cluster."""
    folder.plan.write_text(json.dumps(asdict(plan), indent=2))


def read_plan(folder: ClusterFolder) -> Plan:
    """Read the plan of this cluster."""
    data = json.loads(folder.plan.read_text())
    components = tuple(
        Component(
            name=each["name"],
            argv=tuple(each["argv"]),
            probe=each["probe"],
            after=tuple(each["after"]),
            environment=tuple((name, value) for name, value in each["environment"]),
        )
        for each in data["components"]
    )
    objects = tuple((path, file) for path, file in data["objects"])
    return Plan(data["node"], Network(data["network"]["number"]), components, objects)
