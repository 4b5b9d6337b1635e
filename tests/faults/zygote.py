"""A process that has imported the command line and forks one child per command: importing takes most of a second.

Reads one JSON document per line on standard input ({"id", "arguments", "folder", "log", "environment"}) and writes
{"id", "pid"} when a command began and {"id", "exit"} when it ended and was reaped.
"""

from __future__ import annotations

import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from tooling.adapters.helm_process import die_with_parent

PACE = float(os.environ.get("FAULTS_PACE", "1"))
"""How much faster the clock of the commands runs than the machine's: holds pass sooner, all else is the same."""

LOCK = {"duration": 6.0, "renewal": 1.5, "trusted": 4.0}
"""Seconds of the lock, in the proportion of the product's: a takeover need not be waited for that long."""

_MODULES = (
    "tooling.cli.rollout",
    "tooling.cli.instance",
    "tooling.bootstrap",
    "tooling.app.context",
    "tooling.app.validate",
    "tooling.app.render",
    "tooling.adapters.clock_system",
    "tooling.adapters.cluster_kubernetes",
    "tooling.adapters.helm_command",
    "tooling.adapters.helm_pyhelm3",
    "tooling.adapters.lease_kubernetes",
    "tooling.adapters.load_http",
    "tooling.adapters.metrics_scrape",
    "tooling.adapters.route_gatewayapi",
    "tooling.adapters.store_configmap",
    "tooling.adapters.reporter_json",
    "tooling.adapters.documents_yaml",
    "tooling.adapters.schemas_jsonschema",
    "tooling.local.binaries",
)


def main() -> None:
    """Serve until standard input ends."""
    for name in _MODULES:
        importlib.import_module(name)
    _set_pace()
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    children: dict[int, int] = {}
    with selectors.DefaultSelector() as selector, open(0, "rb", buffering=0, closefd=False) as orders:
        selector.register(orders, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        _tell({"ready": os.getpid()})
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    _reap(children)
                    continue
                line = orders.readline()
                if not line:
                    return
                order = json.loads(line)
                pid = _start(order)
                children[pid] = order["id"]
                _tell({"id": order["id"], "pid": pid})


def _start(order: Mapping[str, Any]) -> int:
    arm = die_with_parent(os.getpid())
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if arm is not None:
            arm()
        code = _run(order)
    finally:
        os._exit(code)


def _run(order: Mapping[str, Any]) -> int:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in ((0, nothing), (1, log), (2, log)):
        os.dup2(descriptor, number)
    sys.argv = ["genai-stack", *order["arguments"]]
    command = importlib.import_module("tooling.cli.main")
    try:
        command.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _reap(children: dict[int, int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        _tell({"id": children.pop(pid), "exit": os.waitstatus_to_exitcode(status)})


def _tell(document: Mapping[str, Any]) -> None:
    os.write(1, json.dumps(document).encode() + b"\n")


def _set_pace() -> None:
    """Let the commands' clock run faster; the lock keeps the machine's time, with shorter spans."""
    from tooling.adapters import alarm_watch, clock_system, lease_kubernetes

    start = time.time()  # for all commands, so that they agree

    def now(_clock: object) -> float:
        return start + (time.time() - start) * PACE

    def sleep(_clock: object, seconds: float) -> None:
        time.sleep(seconds / PACE)

    wait = alarm_watch.WatchAlarm.wait

    def wait_less(alarm: alarm_watch.WatchAlarm, namespace: str, instance: str, seconds: float) -> None:
        wait(alarm, namespace, instance, seconds / PACE)

    alarm_watch.WatchAlarm.wait = wait_less  # type: ignore[method-assign, assignment]
    clock_system.SystemClock.now = now  # type: ignore[method-assign, assignment]
    clock_system.SystemClock.sleep = sleep  # type: ignore[method-assign, assignment]
    times = partial(lease_kubernetes.LeaseTimes, **LOCK)
    lease_kubernetes.LeaseTimes = times  # type: ignore[misc, assignment]


if __name__ == "__main__":
    main()
