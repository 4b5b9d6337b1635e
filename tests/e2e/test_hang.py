"""A server that answers HTTP but completes nothing any more: out of service, then restarted; load does neither."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Stack, wait_until
from tests.e2e.plain import run_helm
from tooling.local.binaries import build
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

NAMESPACE = "hang"
RESTART_AFTER = 35
"""Seconds without progress, for both servers; less than the load lasts, or it could mislead no probe."""

ASK = """
import json, sys, threading, time, urllib.request
def ask(model, tokens, seconds):
    body = {"model": model, "prompt": "Once upon a time", "max_tokens": tokens, "ignore_eos": True}
    request = urllib.request.Request("http://127.0.0.1:8080/v1/completions", json.dumps(body).encode())
    urllib.request.urlopen(request, timeout=seconds).read()
"""
UNTIL_HUNG = """
for sent in range(200):
    try:
        ask("smollm2", 1, 8)
    except TimeoutError:
        sys.exit("hung")
"""
LOAD = """
end, done = time.time() + 75, []
def work():
    while time.time() < end:
        ask("busy", 64, 600)
        done.append(1)
def count_waiting():
    metrics = urllib.request.urlopen("http://127.0.0.1:8080/metrics", timeout=60).read().decode()
    lines = [line for line in metrics.splitlines() if line.startswith("vllm:num_requests_waiting{")]
    return float(lines[0].split()[-1])
for _ in range(12):
    threading.Thread(target=work).start()
while not (waiting := count_waiting()) and time.time() < end:
    time.sleep(0.2)
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
print(json.dumps({"done": len(done), "waiting": waiting}))
"""


def read_values(images: Path) -> dict[str, Any]:
    """Two servers of one model, probed alike: one that hangs after thirty completions, and one that does not."""
    source = yaml.safe_load(images.read_text())["inference"]["models"]["smollm2"]["source"]
    server = {
        "threads": 1,
        "probes": {"restartAfterSeconds": RESTART_AFTER},
        "resources": {"requests": {"cpu": "100m", "memory": "400Mi"}, "limits": {"memory": "768Mi"}},
        "source": {"image": {"repository": "model-smollm2", **source["image"]}, "size": "256Mi"},
    }
    spoiled = {"extraArgs": ["--hang-after", "30"]}
    off = {component: {"enabled": False} for component in ("gateway", "vectordb", "evals", "route")}
    return {**off, "inference": {"models": {"smollm2": {**server, **spoiled}, "busy": server}}}


@pytest.fixture
def servers(stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    """Both servers, ready."""
    images = ClusterFolder.of(stack.cluster.name).images
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(read_values(images)))
    where = ["--namespace", NAMESPACE, "--kubeconfig", stack.cluster.kubeconfig]
    run_helm(
        "install", "hang", "charts/genai-stack", "-f", str(images), "-f", str(values), "--create-namespace", *where
    )
    try:
        for model in ("smollm2", "busy"):
            stack.kubectl("-n", NAMESPACE, "rollout", "status", f"deploy/hang-inference-{model}", "--timeout=180s")
        yield stack
    finally:
        run_helm("uninstall", "hang", *where)
        stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def read_pod(stack: Stack, model: str) -> dict[str, Any]:
    """The status of the only pod of a model."""
    found = stack.kubectl("-n", NAMESPACE, "get", "pods", "-l", f"genai-stack/model={model}", "-o", "json")
    items = json.loads(found)["items"]
    assert len(items) == 1
    status: dict[str, Any] = items[0]["status"]
    return status


def is_in_service(stack: Stack, model: str) -> bool:
    """Whether the Service of a model leads anywhere."""
    label = f"kubernetes.io/service-name=hang-inference-{model}"
    slices = json.loads(stack.kubectl("-n", NAMESPACE, "get", "endpointslices", "-l", label, "-o", "json"))[
        "items"
    ]
    return any(point["conditions"]["ready"] for each in slices for point in each["endpoints"] or ())


def restarts(stack: Stack, model: str) -> int:
    count: int = read_pod(stack, model)["containerStatuses"][0]["restartCount"]
    return count


def execute(stack: Stack, model: str, script: str) -> subprocess.Popen[str]:
    """Run Python in a server's container."""
    kubectl = [
        str(build(["kubectl"])["kubectl"]),
        "--kubeconfig",
        stack.cluster.kubeconfig,
        "--namespace",
        NAMESPACE,
    ]
    command = [*kubectl, "exec", f"deploy/hang-inference-{model}", "-c", "inference", "--", "python3", "-c"]
    return subprocess.Popen([*command, ASK + script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_hung_server_leaves_in_a_minute_and_is_restarted_while_a_busy_one_stays(servers: Stack) -> None:
    load = execute(servers, "busy", LOAD)
    since = read_pod(servers, "busy")["conditions"]
    said, _ = execute(servers, "smollm2", UNTIL_HUNG).communicate(timeout=300)
    assert "hung" in said, said
    # The last completion came before the one that was waited for in vain.
    hung = time.monotonic() - 8

    wait_until(lambda: not is_in_service(servers, "smollm2"), 60 - 8, "the hung server leaving its Service")
    left = time.monotonic() - hung
    wait_until(lambda: restarts(servers, "smollm2") == 1, 300, "the hung server being restarted")
    restarted = time.monotonic() - hung
    wait_until(lambda: is_in_service(servers, "smollm2"), 60, "the restarted server coming back")
    sys.stdout.write(f"hung server: out of service after {left:.0f} s, restarted after {restarted:.0f} s\n")

    told, _ = load.communicate(timeout=600)
    assert load.returncode == 0, told
    figures = json.loads(told.splitlines()[-1])
    assert figures["done"] > 12, figures
    assert figures["waiting"] > 0, figures
    assert restarts(servers, "busy") == 0
    assert read_pod(servers, "busy")["conditions"] == since, "load alone changed a condition of the busy server"
