"""From files on disk to a ready cluster: the first process, its network, and what it tells until it is ready."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tooling.local import links, processes
from tooling.local.errors import StartError
from tooling.local.folders import CHECKOUT
from tooling.local.isolation import INTERFACE, clean_environment
from tooling.local.observation import is_answering, last_lines, read_status, write_record
from tooling.local.readiness import milestones

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tooling.local.folders import ClusterFolder
    from tooling.local.plan import Plan
    from tooling.local.progress import Progress
    from tooling.local.settings import Record

START_SECONDS: Final = 120.0
END_SECONDS: Final = 10.0
NAMESPACES: Final = ("--net", "--pid", "--mount", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")


def _spawn(folder: ClusterFolder, events: int, *, has_namespaces: bool) -> subprocess.Popen[bytes]:
    """Start the supervisor: in a session of its own, with no descriptor of ours but `events`."""
    supervisor = [sys.executable, "-m", "tooling.local.supervisor", str(folder.root), str(events)]
    command = ["unshare", *NAMESPACES, "--", *supervisor] if has_namespaces else supervisor
    with (folder.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd="/",
            env=clean_environment(folder) | _python_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(events,),
            start_new_session=True,
        )


def _python_environment() -> dict[str, str]:
    """Return what the supervisor needs to find the same packages as we did; its children get none of it."""
    home = {"HOME": os.environ["HOME"]} if "HOME" in os.environ else {}
    return home | {"PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"}


def _read_events(descriptor: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yield each event; ends when the writer is gone; raises TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            data = os.read(descriptor, 65536)
            if not data:
                return
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                yield json.loads(line)


def start(folder: ClusterFolder, record: Record, plan: Plan, progress: Progress) -> None:
    """Start the cluster and return when it is ready, proven from the host; raises StartError when it is not."""
    reading, writing = os.pipe()
    try:
        process = _spawn(folder, writing, has_namespaces=plan.site.network is not None)
    finally:
        os.close(writing)
    try:
        _follow(folder, record, plan, process, reading=reading, progress=progress)
        _prove_from_host(folder, plan)
    except BaseException:
        _end(folder, process)
        raise
    finally:
        os.close(reading)
    # The anchor lives on by itself: Popen must not warn that nobody waited for it.
    process.returncode = 0


def _prove_from_host(folder: ClusterFolder, plan: Plan) -> None:
    if not is_answering(folder, plan.site):
        place = "198.18.0.0/15" if plan.site.network else "its own loopback"
        raise StartError(
            f"the cluster {folder.name} is ready, but the host cannot reach it at {plan.site.address}.",
            hint=f"A firewall on this host may drop {place}: allow it, then run `cluster up` again.",
        )


def _end(folder: ClusterFolder, process: subprocess.Popen[bytes]) -> None:
    """End a cluster that is not recorded yet, or not ready; nothing of it runs when this returns."""
    end_all(folder, _own_namespace(process.pid), [process.pid])
    process.kill()
    process.wait()


def end_all(folder: ClusterFolder, namespace: str, anchors: Sequence[int] = ()) -> list[int]:
    """End every process of a cluster, its first ones before the others; return those that do not end."""

    def find() -> list[int]:
        return [*anchors, *processes.members(namespace), *processes.marked(folder.root)]

    return processes.wait_for_end(find, END_SECONDS)


def _follow(
    folder: ClusterFolder,
    record: Record,
    plan: Plan,
    process: subprocess.Popen[bytes],
    *,
    reading: int,
    progress: Progress,
) -> None:
    _remember(folder, record, process.pid)
    waiting = dict.fromkeys([*(each.name for each in plan.components), *milestones(plan)])
    try:
        for event in _read_events(reading, START_SECONDS):
            match event["event"]:
                case "born":
                    # Only now do the namespaces exist for sure.
                    _remember(folder, record, process.pid)
                    if plan.site.network:
                        links.connect(plan.site.network, process.pid, INTERFACE)
                case "ready":
                    waiting.pop(event["name"], None)
                    progress(f"{event['name']} ready ({event['seconds']:.1f} s)")
                case "failed":
                    raise _explain(folder, plan, event["message"], waiting)
                case "up":
                    return
    except TimeoutError:
        message = f"after {START_SECONDS:.0f} s these are not ready: {', '.join(waiting)}"
        raise _explain(folder, plan, message, waiting) from None
    raise _explain(folder, plan, "the supervisor ended", waiting)


def _remember(folder: ClusterFolder, record: Record, anchor: int) -> None:
    known = replace(
        record,
        anchor=anchor,
        anchor_start=processes.start_time(anchor) or 0,
        pid_namespace=_own_namespace(anchor),
    )
    write_record(folder, known)


def _own_namespace(anchor: int) -> str:
    """Return the process namespace that `anchor` made for its children; empty while it is still our own."""
    made = processes.namespace_of(anchor, "pid_for_children")
    return made if made != processes.namespace_of(os.getpid(), "pid") else ""


def find_culprits(plan: Plan, waiting: Collection[str]) -> list[str]:
    """Return the components that are not ready although all they wait for is."""
    return [
        each.name
        for each in plan.components
        if each.name in waiting and not any(name in waiting for name in each.after)
    ]


def _explain(folder: ClusterFolder, plan: Plan, message: str, waiting: Collection[str]) -> StartError:
    culprits = find_culprits(plan, waiting)
    parts = [f"the cluster {folder.name} did not start: {message}."]
    complaint = read_status(folder).complaint
    if complaint:
        parts.append(f"  the API server refused an object: {complaint}")
    for name in [*([each for each in culprits if each in message] or culprits)[:2], "supervisor"]:
        lines = last_lines(folder.logs / f"{name}.log", 4)
        if lines:
            parts.append(f"  last lines of {name}:\n    " + "\n    ".join(lines))
    return StartError("\n".join(parts) + "\n", hint=f"All logs are in {folder.logs}.")
