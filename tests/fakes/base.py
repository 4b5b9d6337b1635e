"""Base in memory: its workloads, backup Jobs, and what failed versions left."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.manifests import render_role
from tooling.core.diff.objects import ObjectName, find_name
from tooling.core.leftovers import Leftover
from tooling.core.manifests import Manifest
from tooling.core.observation import JobState, Workload
from tooling.errors import ClusterError, ConflictError

if TYPE_CHECKING:
    from tests.fakes.world import World


@dataclass(slots=True)
class FakeJob:
    """A Job that was started; when (epoch seconds), and out of which CronJob."""

    cronjob: str
    at: float


class FakeBase:
    """The part of the cluster that is base. `base_ready_after` and `job_takes` are seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.objects: dict[str, Manifest | None] = {}
        self.cronjobs: set[str] = set()
        self.jobs: dict[str, FakeJob] = {}
        self.job_takes = 5.0
        self.job_problem = ""
        self.base_ready_after = 3.0
        self.base_problem = ""
        self._base_since = float("-inf")
        self._base_revision = 0

    def read_base_workloads(self, namespace: str, instance: str) -> tuple[Workload, ...]:
        self._world.calls.look("cluster.read_base_workloads")
        revisions = self._world.helm.revisions.get(instance)
        if not revisions:
            return ()
        now = self._world.clock.now()
        if self._base_revision not in {0, revisions[-1].number}:
            self._base_since = now  # as if its pods began to restart only when somebody looked
        self._base_revision = revisions[-1].number
        is_ready = not self.base_problem and now >= self._base_since + self.base_ready_after
        name = f"{instance}-vectordb"
        waiting = "" if is_ready else "ContainersNotReady"
        key = f"StatefulSet/{name}"
        return (Workload(key, name, 1, int(is_ready), is_ready, self.base_problem, waiting),)

    def start_job_from(self, namespace: str, cronjob: str, name: str) -> None:
        with self._world.calls.effect("cluster.start_job_from", f"{cronjob} {name}"):
            if cronjob not in self.cronjobs:
                raise ClusterError(f'cronjobs.batch "{cronjob}" not found', status=404)
            self.jobs.setdefault(name, FakeJob(cronjob, self._world.clock.now()))

    def read_job(self, namespace: str, name: str) -> JobState | None:
        self._world.calls.look("cluster.read_job")
        job = self.jobs.get(name)
        if job is None:
            return None
        is_done = self._world.clock.now() >= job.at + self.job_takes
        return JobState(name, is_done, self.job_problem if is_done else "")

    def find_live(self, name: ObjectName) -> Manifest | None:
        """Return an object: what a test has put into `objects` (None: gone), else what was applied last."""
        if str(name) in self.objects:
            return self.objects[str(name)]
        applied: list[Manifest] = list(self._world.route.manifests) if self._world.route.state else []
        for release, past in self._world.helm.revisions.items():
            applied += render_role(release, past[-1].values) if past[-1].status == "deployed" else ()
        return next((one for one in applied if str(find_name(one, self._world.namespace)) == str(name)), None)

    def remove_leftover(self, leftover: Leftover) -> None:
        with self._world.calls.effect("cluster.remove_leftover", leftover.what):
            name, live = str(leftover.name), self.find_live(leftover.name)
            if live is None:
                return
            if not leftover.operations:
                self.objects[name] = None
                return
            changed = copy.deepcopy(dict(live))
            for operation in leftover.operations:
                _patch(changed, operation, name)
            self.objects[name] = changed


def _patch(node: Any, operation: Any, name: str) -> None:
    """Carry out `test` and `remove` of a JSON patch."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    for part in parts[:-1]:
        node = node[int(part)] if isinstance(node, list) else node[part]
    last: Any = int(parts[-1]) if isinstance(node, list) else parts[-1]
    if operation["op"] == "remove":
        del node[last]
    elif node[last] != operation["value"]:
        raise ConflictError(f"{name} changed since it was looked at.")
