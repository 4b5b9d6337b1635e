"""One installed stack on an embedded cluster of this session's own, released the way a user does it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import waiting
from tests.conftest import ClusterUnderTest
from tooling.local.binaries import build

CHECKOUT = Path(__file__).resolve().parents[2]
NAMESPACE = "genai"


@dataclass(frozen=True)
class Ended:
    """A finished command: its exit code, its JSON events, and all that it printed."""

    exit_code: int
    events: tuple[dict[str, Any], ...]
    text: str

    @property
    def result(self) -> dict[str, Any]:
        """The result document of a command on a rollout."""
        found = [event for event in self.events if event.get("event") == "result"]
        assert found, self.text
        return found[-1]


@dataclass(frozen=True)
class Stack:
    """The instance `genai` on the cluster under test."""

    cluster: ClusterUnderTest

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a `local release` of this checkout, with JSON events on standard output."""
        command = [*self._program, "local", "release", "--name", self.cluster.name, "--output", "json", *arguments]
        return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def release(self, *arguments: str) -> Ended:
        """Release and wait for the end."""
        return finish(self.start(*arguments))

    def run(self, command: str, *arguments: str) -> Ended:
        """Run another command on the instance."""
        return finish(self.begin(command, *arguments))

    def begin(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Begin another command on the instance."""
        options = [
            *("--env", "local", "--output", "json"),
            *("--set", f"rollout.contexts={{{self.cluster.context}}}"),
            *("--kubeconfig", self.cluster.kubeconfig),
        ]
        full = [*self._program, command, *options, *arguments]
        return subprocess.Popen(full, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def status(self) -> dict[str, Any]:
        """Return what `status` says."""
        return self.run("status").events[-1]

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl against the cluster and return its output."""
        kubectl = build(["kubectl"])["kubectl"]
        command = [str(kubectl), "--kubeconfig", self.cluster.kubeconfig, "-n", NAMESPACE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def chat(self, message: str = "What is 2+2?") -> tuple[dict[str, Any], str]:
        """Ask through the edge; return the answer and the slot that gave it."""
        body = json.dumps({"message": message, "max_tokens": 16}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.cluster.edge}/chat", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read()), answer.headers["x-genai-slot"]

    @property
    def _program(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "tooling.cli.main")


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command and read its events."""
    text, _ = process.communicate(timeout=600)
    events = tuple(json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return Ended(process.returncode, events, text)


def read_until(process: subprocess.Popen[str], word: str) -> None:
    """Read a command's output until a line has the word; fails when it ends before."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if word in line:
            return
    pytest.fail(f"{word!r} never came:\n{''.join(seen)}")


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Look every half second until the condition holds."""
    waiting.wait_until(condition, what, timeout=seconds, pause=0.5)


@pytest.fixture(scope="session")
def stack(test_cluster: ClusterUnderTest) -> Iterator[Stack]:
    """Install the stack once; each test leaves it serving."""
    stack = Stack(test_cluster)
    ended = stack.release()
    assert ended.exit_code == 0, ended.text
    yield stack
    ended = stack.run("uninstall", "--yes", "--delete-data")
    assert ended.exit_code == 0, ended.text
