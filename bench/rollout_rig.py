"""What `bench.rollout` measures with: a stack of its own, a prober at the edge, a sampler of processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from bench.rendering import ROOT
from tooling.adapters.kube_client import connect
from tooling.adapters.route_gatewayapi import GatewayApiRoute
from tooling.adapters.store_configmap import ConfigMapStore
from tooling.core.rollout import Rollout
from tooling.local import containers
from tooling.local.binaries import build
from tooling.local.folders import ClusterFolder

INSTANCE = "genai"
CLI = (sys.executable, "-m", "tooling.cli.main")
TICKS = os.sysconf("SC_CLK_TCK")
DEADLINE = 240.0
_ANSWERED = re.compile(r'^I.*"Response" verb="', re.MULTILINE)


@dataclass(frozen=True)
class Stack:
    """The instance on an embedded cluster; `kubeconfig` leads through the proxy that counts requests."""

    name: str
    edge: str
    direct: str
    kubeconfig: Path
    scratch: Path

    def start(self, command: str, rollout: Mapping[str, Any], *arguments: str) -> subprocess.Popen[str]:
        """Begin a command with settings of the rollout over those of the environment."""
        settings = {**rollout, "contexts": ["proxied"], "load": {"url": self.edge, "rate": 10, "maxTokens": 1}}
        values = self.scratch / "values.yaml"
        values.write_text(yaml.safe_dump({"rollout": settings}))
        files = ("-f", str(ClusterFolder.of(self.name).images), "-f", str(values))
        where = ("--env", "local", "--kubeconfig", str(self.kubeconfig), "--output", "json")
        full = [*CLI, command, *where, *files, *arguments]
        return subprocess.Popen(full, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, command: str, rollout: Mapping[str, Any], *arguments: str) -> dict[str, Any]:
        """Run a command to its end and return its result; ends the bench when it did not do what it should."""
        process = self.start(command, rollout, *arguments)
        text, _ = process.communicate(timeout=DEADLINE)
        results = [line for line in text.splitlines() if '"event": "result"' in line]
        if process.returncode or not results:
            raise SystemExit(f"{command} ended with {process.returncode}:\n{text}")
        result: dict[str, Any] = json.loads(results[-1])
        return result

    def record(self) -> Rollout:
        """Return the recorded rollout."""
        stored = ConfigMapStore(connect(self.direct)).load(INSTANCE, INSTANCE)
        if stored is None:
            raise SystemExit("nothing is recorded")
        return stored.rollout

    def await_step(self, process: subprocess.Popen[str], text: str) -> None:
        """Wait until the recorded rollout works on the step that `text` begins."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and process.poll() is None:
            if str(self.record().step).startswith(text) and not self.record().phase.is_terminal:
                return
            time.sleep(0.2)
        process.kill()
        raise SystemExit(f"{text!r} was not reached:\n{process.communicate()[0]}")

    def time_switch(self, process: subprocess.Popen[str], began: float) -> tuple[float, float]:
        """Return seconds from `began` (monotonic) until another slot has all traffic, and until the end."""
        route = GatewayApiRoute(connect(self.direct))
        before = route.read(INSTANCE, INSTANCE)
        switched = 0.0
        while process.poll() is None:
            now = route.read(INSTANCE, INSTANCE)
            if not switched and now and before and now.gives({now.serving: 100}) and now.serving != before.serving:
                switched = time.monotonic() - began
            time.sleep(0.01)
        if process.returncode or not switched:
            raise SystemExit(f"the rollback ended with {process.returncode}:\n{process.communicate()[0]}")
        return switched, time.monotonic() - began


@contextmanager
def standing(scratch: Path) -> Iterator[Stack]:
    """Install version 1 on a cluster of its own, and leave nothing behind."""
    name = f"bench-{os.getpid()}"
    try:
        command = [*CLI, "local", "release", "--name", name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        cluster = containers.up(name)
        with counted(str(cluster.kubeconfig), scratch) as kubeconfig:
            yield Stack(name, cluster.edge, str(cluster.kubeconfig), kubeconfig, scratch)
    finally:
        containers.down(name)


@contextmanager
def counted(kubeconfig: str, scratch: Path) -> Iterator[Path]:
    """Put a proxy before the API server that writes down every request, and return the kubeconfig of it."""
    kubectl = str(build(["kubectl"])["kubectl"])
    log = scratch / "requests.log"
    command = [kubectl, "--kubeconfig", kubeconfig, "proxy", "--port=0", "-v=6"]
    pipe = subprocess.PIPE
    with log.open("w") as stream, subprocess.Popen(command, stdout=pipe, stderr=stream, text=True) as proxy:
        try:
            address = (proxy.stdout.readline() if proxy.stdout else "").rpartition(" ")[2].strip()
            cluster = {"name": "proxied", "cluster": {"server": f"http://{address}"}}
            context = {"name": "proxied", "context": {"cluster": "proxied", "user": "nobody"}}
            content = {"clusters": [cluster], "contexts": [context], "users": [{"name": "nobody", "user": {}}]}
            path = scratch / "kubeconfig"
            path.write_text(yaml.safe_dump({**content, "current-context": "proxied", "kind": "Config"}))
            yield path
        finally:
            proxy.terminate()


def count_requests(scratch: Path) -> int:
    """Return how many requests the API server answered so far, helm's included; a watch counts once."""
    return len(_ANSWERED.findall((scratch / "requests.log").read_text()))


@dataclass
class Prober:
    """Asks the gateways for their models through the edge, all the time, and notes which slot answered."""

    url: str
    started: list[tuple[float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Send one request after the other until it is over."""
        edge = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        while not self.is_over.wait(0.02):
            began = time.time()
            try:
                edge.request("GET", "/v1/models")
                answer = edge.getresponse()
                answer.read()
                self.started.append((began, answer.headers["x-genai-slot"]))
            except (OSError, HTTPException) as error:
                self.failures.append(str(error))
                edge.close()

    def find_last(self, slot: str) -> float:
        """Return when the last request began that the slot answered (epoch seconds)."""
        return max((began for began, name in self.started if name == slot), default=0.0)


@contextmanager
def probing(url: str, senders: int = 4) -> Iterator[Prober]:
    """Probe the edge until the block ends."""
    prober = Prober(url)
    threads = [threading.Thread(target=prober.work) for _ in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield prober
    finally:
        prober.is_over.set()
        for thread in threads:
            thread.join()


@dataclass
class Sampler:
    """Peaks of resident memory (MiB) of a command and of the helm children that it starts."""

    process: int
    driver: float = 0.0
    helm: float = 0.0
    is_over: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        """Look every 20 ms: a helm lives for 50 ms and more."""
        while not self.is_over.wait(0.02):
            self.driver = max(self.driver, read_memory(self.process))
            for path in Path(f"/proc/{self.process}/task").glob("*/children"):
                try:
                    children = path.read_text().split()
                except OSError:
                    continue
                for child in children:
                    self.helm = max(self.helm, read_memory(int(child)))


@contextmanager
def sampled(process: int) -> Iterator[Sampler]:
    """Sample a process until the block ends."""
    sampler = Sampler(process)
    thread = threading.Thread(target=sampler.work)
    thread.start()
    try:
        yield sampler
    finally:
        sampler.is_over.set()
        thread.join()


def read_memory(process: int) -> float:
    """Return the most memory (MiB) that a process has had; 0 for one that is gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def read_cpu(process: int) -> float:
    """Return the CPU seconds of a process and of its children that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(number) for number in fields[11:15]) / TICKS
