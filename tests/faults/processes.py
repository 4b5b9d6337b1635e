"""Commands of the CLI as children of a zygote: started, watched, killed, waited for."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import tooling
from tests.waiting import wait_until

CHECKOUT = Path(tooling.__file__).resolve().parents[1]


@dataclass(slots=True)
class Command:
    """One run of the CLI."""

    id: int
    log: Path
    pid: int = 0
    exit_code: int | None = None
    began: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    arguments_seen: set[str] = field(default_factory=set)
    """Command lines of its children, as anybody on the machine can read them."""

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; the exit code (negative: a signal), None when it still runs."""
        return self.exit_code if self.ended.wait(seconds) else None

    def kill(self) -> None:
        """Kill it as `kill -9` does and wait until it and its helm are gone."""
        self.began.wait()
        children = list_children(self.pid)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        if not self.ended.wait(20):
            raise TimeoutError(f"command {self.id} does not die")
        wait_until(lambda: not any(map(is_alive, children)), "helm dies with its parent", timeout=20, pause=0.002)

    def stop(self) -> None:
        """Let it stand still, as a machine that hangs does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    def sample(self) -> None:
        """Note the command lines of its children."""
        if self.began.wait(5):
            for child in (self.pid, *list_children(self.pid)):
                with suppress(OSError):
                    line = Path(f"/proc/{child}/cmdline").read_bytes()
                    self.arguments_seen.add(line.replace(b"\0", b" ").decode(errors="replace"))

    def read_output(self) -> str:
        """Return all that it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Zygote:
    """Starts commands. One per thread of trials, made before any thread of its process."""

    def __init__(self, *, pace: float, environment: Mapping[str, str]) -> None:
        self._numbers = itertools.count(1)
        self._commands: dict[int, Command] = {}
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path.cwd(),
            env={**os.environ, "FAULTS_PACE": str(pace)},
        )
        self._ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True, name="zygote").start()

    def start(self, arguments: Sequence[str], folder: Path, log: Path) -> Command:
        """Begin a command in a folder; what it prints goes to `log`."""
        if not self._ready.wait(60):
            raise TimeoutError("the zygote did not start")
        command = Command(next(self._numbers), log)
        self._commands[command.id] = command
        order = {
            "id": command.id,
            "arguments": list(arguments),
            "folder": str(folder),
            "log": str(log),
            "environment": self._environment,
        }
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        command.began.wait(20)
        return command

    def close(self) -> None:
        """End it and whatever still runs under it."""
        for command in self._commands.values():
            if command.pid and not command.ended.is_set():
                command.go_on()
                command.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self._ready.set()
                continue
            command = self._commands[told["id"]]
            if "pid" in told:
                command.pid = told["pid"]
                command.began.set()
            else:
                command.exit_code = told["exit"]
                command.ended.set()


def list_children(pid: int) -> tuple[int, ...]:
    """Return the children of a process."""
    return tuple(child for child, parent in _list_parents() if parent == pid)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    return _read_state(pid) not in {"", "Z", "X"}


def _list_parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _read_stat(int(folder.name))
            if len(fields) > 1:
                yield int(folder.name), int(fields[1])


def _read_state(pid: int) -> str:
    fields = _read_stat(pid)
    return fields[0] if fields else ""


def _read_stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold anything."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return []
