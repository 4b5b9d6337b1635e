"""An instance without any edge: its Service switches from slot to slot, and nobody in the cluster notices."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.blue_green import BLUE_GREEN, write_values
from tests.e2e.conftest import Stack
from tooling.local.binaries import build

pytestmark = pytest.mark.e2e

NAME = "unrouted"
ASK = """
import collections, json, sys, threading, urllib.request
over, seen, failed = threading.Event(), collections.Counter(), []
def ask():
    body = json.dumps({"message": "Say hello.", "max_tokens": 2}).encode()
    headers = {"content-type": "application/json"}
    while not over.wait(0.2):
        try:
            request = urllib.request.Request("http://unrouted.unrouted/chat", body, headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                seen[answer.headers["x-genai-slot"]] += 1
        except Exception as error:
            failed.append(repr(error))
threads = [threading.Thread(target=ask) for _ in range(2)]
for thread in threads: thread.start()
print("asking", flush=True)
sys.stdin.read()
over.set()
for thread in threads: thread.join()
print(json.dumps({"seen": seen, "failed": failed}))
"""


@contextmanager
def asking_inside(stack: Stack) -> Iterator[dict[str, Any]]:
    """Ask the Service from a pod of another namespace; the dict has what came of it when the block has ended."""
    serving = stack.status()["serving"]
    command = [
        str(build(["kubectl"])["kubectl"]),
        "--kubeconfig",
        stack.cluster.kubeconfig,
        "--namespace",
        "genai",
    ]
    command += ["exec", "-i", f"deploy/genai-{serving}-gateway", "--", "python3", "-c", ASK]
    told: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "asking"
        yield told
        text, _ = process.communicate(timeout=120)
        told.update(json.loads(text.splitlines()[-1]))


@pytest.fixture
def values(stack: Stack, tmp_path: Path) -> Iterator[str]:
    """Values of an instance of its own, which is removed afterwards."""
    rollout = {
        **BLUE_GREEN,
        "blueGreen": {"preview": [{"test": {}}], "after": [{"hold": "3s"}]},
        "instance": NAME,
        "namespace": NAME,
        "load": {"enabled": False},
    }
    off = {"enabled": False}
    policies = {"policies": off}
    path = write_values(
        tmp_path / "unrouted.yaml", rollout, route={"kind": "service"}, vectordb=off, evals=off, network=policies
    )
    try:
        yield path
    finally:
        stack.run("uninstall", "--yes", "--delete-data", "-f", path)
        stack.kubectl("delete", "namespace", NAME, "--wait=false", "--ignore-not-found")


def test_a_service_goes_there_and_back_without_a_failed_request(stack: Stack, values: str) -> None:
    installed = stack.run("release", "--yes", "-f", values)
    assert installed.exit_code == 0, installed.text
    with asking_inside(stack) as told:
        ended = stack.run("release", "--yes", "--again", "-f", values)
        assert ended.exit_code == 0, ended.text
        rolled = stack.run("rollback", "--yes", "-f", values)
        assert rolled.exit_code == 0, rolled.text
    assert told["failed"] == []
    assert set(told["seen"]) == {"blue", "green"}
    assert stack.kubectl("get", "httproutes", "--namespace", NAME, "-o", "name") == ""
