"""The first process of a cluster: makes its namespaces its own, starts the components, keeps them alive.

Run as `python -m tooling.local.supervisor FOLDER FD` by `startup.start`. Events go to FD as JSON lines until the
cluster is ready; then FD is closed and the supervisor lives on its own. When it ends, the kernel ends all others.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tooling.local import isolation, processes
from tooling.local.addresses import LOOPBACK
from tooling.local.api import Api, client_context
from tooling.local.folders import ClusterFolder
from tooling.local.plan import Plan, read_plan
from tooling.local.readiness import Checks
from tooling.local.recycling import recycle

if TYPE_CHECKING:
    from tooling.local.components import Component

START_TICK_SECONDS = 0.02
IDLE_TICK_SECONDS = 5.0
START_FAILURES_ALLOWED = 4
LONGEST_PAUSE_SECONDS = 30.0
LOG_LIMIT_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Running:
    """A component and its process. Times are seconds since the supervisor began."""

    component: Component
    pid: int = 0
    started: float = 0.0
    ready_after: float | None = None
    failures: int = 0
    restarts: int = 0
    start_not_before: float = 0.0
    last_exit: str = ""


@dataclass(slots=True)
class Supervisor:
    """Starts what can start, reaps what ended, starts again what has to live; one step at a time, one thread."""

    folder: ClusterFolder
    plan: Plan
    events: int
    began: float = field(default_factory=time.monotonic)
    running: dict[str, Running] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    phase: str = "starting"
    complaint: str = ""
    is_changed: bool = True

    def __post_init__(self) -> None:
        self.running = {component.name: Running(component) for component in self.plan.components}

    @property
    def now(self) -> float:
        """Seconds since the supervisor began."""
        return time.monotonic() - self.began

    def tell(self, event: str, **facts: Any) -> bool:
        """Send one event to `up`; return whether it was still there. Later on its end is no reason to stop."""
        try:
            os.write(self.events, (json.dumps({"event": event, **facts}) + "\n").encode())
        except OSError:
            return False
        return True

    def is_ready(self, name: str) -> bool:
        """Return whether the component or milestone `name` has been reached."""
        return name in self.ready

    def mark_ready(self, name: str) -> None:
        """Record that `name` is ready, and tell."""
        self.ready[name] = round(self.now, 2)
        self.is_changed = True
        self.tell("ready", name=name, seconds=self.ready[name])

    def start_possible(self) -> None:
        """Start every component that is not running, is not done, and whose predecessors are ready."""
        for each in self.running.values():
            is_done = each.component.probe == "exit" and self.is_ready(each.component.name)
            if each.pid or is_done or self.now < each.start_not_before:
                continue
            if all(self.is_ready(name) for name in each.component.after):
                each.pid, each.started = self._spawn(each.component), self.now
                self.is_changed = True

    def _spawn(self, component: Component) -> int:
        environment = isolation.clean_environment(self.folder) | dict(component.environment)
        return processes.spawn(component.argv, environment, self.folder.logs / f"{component.name}.log")

    def reap(self) -> None:
        """Collect every process that ended, our own and orphans that fell to us."""
        by_pid = {each.pid: each for each in self.running.values() if each.pid}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                self._note_end(by_pid[pid], os.waitstatus_to_exitcode(status))

    def _note_end(self, each: Running, code: int) -> None:
        each.pid = 0
        self.is_changed = True
        if each.component.probe == "exit" and code == 0:
            self.mark_ready(each.component.name)
            return
        each.last_exit = f"signal {-code}" if code < 0 else f"exit code {code}"
        # A component that lived for a minute begins again without the pauses of an earlier trouble.
        each.failures = 1 if self.now - each.started > 60 else each.failures + 1
        each.restarts += 1
        each.start_not_before = self.now + min(0.25 * 2**each.failures, LONGEST_PAUSE_SECONDS)
        lived = self.now - each.started
        print(f"{each.component.name} ended with {each.last_exit} after {lived:.1f} s", flush=True)  # noqa: T201
        if self.phase == "starting" and each.failures > START_FAILURES_ALLOWED:
            raise RuntimeError(f"{each.component.name} keeps ending with {each.last_exit}")

    def write_status(self) -> None:
        """Write what is known now, whole or not at all."""
        rows = [_row(each) for each in self.running.values()]
        text = json.dumps(
            {"phase": self.phase, "ready": self.ready, "components": rows, "complaint": self.complaint}
        )
        scratch = self.folder.status.with_suffix(".new")
        scratch.write_text(text)
        scratch.rename(self.folder.status)
        self.is_changed = False

    def shorten_logs(self) -> None:
        """Empty a log that has grown beyond the limit: a cluster may run for weeks."""
        for path in self.folder.logs.glob("*.log"):
            if path.stat().st_size > LOG_LIMIT_BYTES:
                os.truncate(path, 0)

    def recycle_volumes(self) -> None:
        """Offer released volumes again; what fails, for example while the API server starts, is left for later."""
        api = Api(LOOPBACK, self.plan.site.ports.api, client_context(self.folder.certificates))
        try:
            for name in recycle(api, self.folder.volumes):
                print(f"emptied the released volume {name}", flush=True)  # noqa: T201
        except OSError as error:
            print(f"a released volume could not be emptied: {error}", flush=True)  # noqa: T201
        finally:
            api.close()

    def start(self, checks: Checks) -> None:
        """Run until everything is ready; raises when that cannot happen."""
        while True:
            self.reap()
            self.start_possible()
            for name in checks.look(self.running_names(), self.ready):
                self.mark_ready(name)
            if self.is_changed or self.complaint != checks.complaint:
                self.complaint = checks.complaint
                self.write_status()
            if all(self.is_ready(name) for name in (*self.running, *checks.milestones)):
                return
            signal.sigtimedwait({signal.SIGCHLD}, START_TICK_SECONDS)

    def running_names(self) -> list[str]:
        """Return the names of the components that have a process now."""
        return [name for name, each in self.running.items() if each.pid]

    def keep(self) -> None:
        """Keep the components alive for ever."""
        while True:
            signal.sigtimedwait({signal.SIGCHLD}, IDLE_TICK_SECONDS)
            self.reap()
            self.start_possible()
            self.shorten_logs()
            self.recycle_volumes()
            if self.is_changed:
                self.write_status()


def _row(each: Running) -> dict[str, Any]:
    component = each.component
    return {
        "component": component.name,
        "probe": component.probe,
        "pid": each.pid,
        "restarts": each.restarts,
        "last_exit": each.last_exit,
    }


def main(arguments: list[str]) -> int:
    """Start the cluster in the folder and with the event descriptor that `arguments` name."""
    root = Path(arguments[0])
    folder = ClusterFolder(root.name, root)
    plan = read_plan(folder)
    events = int(arguments[1])
    os.set_inheritable(events, False)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    supervisor = Supervisor(folder, plan, events)
    try:
        if not supervisor.tell("born"):
            return 1
        if plan.site.network:
            isolation.isolate_files(folder, plan.node)
            isolation.wait_for_interface(10)
            isolation.isolate_network(plan.site.network)
        supervisor.start(Checks(folder, plan))
    except Exception as error:
        detail = getattr(error, "stderr", "") or ""
        supervisor.tell("failed", message=f"{error} {detail}".strip())
        raise
    supervisor.phase = "ready"
    supervisor.write_status()
    supervisor.tell("up", seconds=round(supervisor.now, 2))
    os.close(events)
    supervisor.keep()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
