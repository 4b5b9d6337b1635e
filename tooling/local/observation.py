"""What can be seen of a cluster from the host: its record, what its supervisor wrote, and whether it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tooling.local import api, dns
from tooling.local.readiness import KUBERNETES_NAME
from tooling.local.settings import API_SERVICE, Record

if TYPE_CHECKING:
    from pathlib import Path

    from tooling.local.addresses import Site
    from tooling.local.folders import ClusterFolder


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component as its supervisor last saw it. `restarts` counts its unexpected ends."""

    name: str
    is_running: bool
    restarts: int
    last_exit: str


@dataclass(frozen=True, slots=True)
class SupervisorStatus:
    """What the supervisor last wrote; `phase` is empty when it wrote nothing yet. Times are seconds.

    `complaint` is what the API server last said against an object of ours.
    """

    phase: str = ""
    ready: Mapping[str, float] = field(default_factory=dict)
    components: tuple[ComponentStatus, ...] = ()
    complaint: str = ""


def read_record(folder: ClusterFolder) -> Record | None:
    """Return what was recorded of the cluster, or None when there is none or it is damaged."""
    try:
        return Record.from_json(folder.record.read_text())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(folder: ClusterFolder, record: Record) -> None:
    """Write the record, whole or not at all: others read it without a lock."""
    scratch = folder.record.with_suffix(".new")
    scratch.write_text(record.to_json())
    scratch.rename(folder.record)


def parse_status(data: Mapping[str, Any]) -> SupervisorStatus:
    """Return the supervisor's status from its JSON."""
    rows = tuple(
        ComponentStatus(
            row["component"], row["pid"] > 0 or row["probe"] == "exit", row["restarts"], row["last_exit"]
        )
        for row in data["components"]
    )
    return SupervisorStatus(data["phase"], data["ready"], rows, data["complaint"])


def read_status(folder: ClusterFolder) -> SupervisorStatus:
    """Return what the supervisor last wrote."""
    try:
        return parse_status(json.loads(folder.status.read_text()))
    except (OSError, ValueError, KeyError):
        return SupervisorStatus()


def is_api_answering(folder: ClusterFolder, site: Site) -> bool:
    """Return whether the API server answers the host that it is ready."""
    try:
        context = api.client_context(folder.certificates)
    except OSError:
        return False
    return api.fetch_status(f"{site.api}/readyz", context, timeout=2.0) == 200


def is_edge_answering(site: Site) -> bool | None:
    """Return whether the edge answers the host over HTTP, whatever it says; None when the cluster has none."""
    return api.fetch_status(f"{site.edge}/", timeout=2.0) is not None if site.network else None


def is_dns_answering(site: Site) -> bool | None:
    """Return whether the cluster's resolver knows the API server's Service; None when the cluster has none."""
    return API_SERVICE in dns.resolve(site.address, KUBERNETES_NAME) if site.network else None


def is_answering(folder: ClusterFolder, site: Site) -> bool:
    """Return whether all of API server, edge and names that the cluster has answer the host."""
    return (
        is_api_answering(folder, site)
        and is_edge_answering(site) is not False
        and is_dns_answering(site) is not False
    )


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log, [] when it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 8192))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []
