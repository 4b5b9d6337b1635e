"""What the supervisor has to do, as a file: written by `up`, read by the cluster's first process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tooling.local.addresses import Ports, Site
from tooling.local.components import Component
from tooling.local.settings import Network

if TYPE_CHECKING:
    from tooling.local.folders import ClusterFolder


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the cluster listens, its components, and the objects to apply (API path, file below `objects`).

    `node` is the name of the node with real pods; the simulated ones are `fake_nodes`.
    """

    node: str
    site: Site
    components: tuple[Component, ...]
    objects: tuple[tuple[str, str], ...]
    fake_nodes: tuple[str, ...] = ()


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
    place = data["site"]
    network = Network(place["network"]["number"]) if place["network"] else None
    site = Site(place["address"], Ports(**place["ports"]), network)
    return Plan(data["node"], site, components, objects, tuple(data["fake_nodes"]))
