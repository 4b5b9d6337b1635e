"""Figures of rollouts on the embedded cluster: `python -m bench.rollout [--aborts N]`, a table and JSON.

Needs root on Linux. One stack is installed, released, taken back and rolled back for real, under traffic:

- from a verdict to the last request that starts at the candidate: canaries at 50 % that are aborted, while a
  prober asks through the edge about a hundred times a second; limits are for the 95th percentile;
- `rollback` onto a slot that stands by (rollout.capacity.standby: 1): wall time of the whole command, from the
  start of its process, until the route gives everything to that slot;
- what a canary's step costs beyond its hold: recorded times of all steps of a weight, less the hold;
- memory, CPU and requests to the API server while a canary holds, helm children included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.rendering import ROOT
from bench.rollout_rig import Stack, count_requests, probing, read_cpu, sampled, standing

RESULTS = ROOT / "bench" / "results" / "rollout.json"
WEIGHTS = (10, 20, 30, 40, 50)
HOLD = 6.0
ROLLBACKS = 6
HELD = 120.0

LIMITS: Mapping[str, tuple[float, str]] = {
    "verdict to last request at the candidate, p95": (0.5, "s"),
    "rollback on a kept slot to 100 %, median": (2.0, "s"),
    "overhead per step beyond its hold, worst": (3.0, "s"),
    "memory of the driver, peak": (150.0, "MiB"),
    "CPU while holding, of one core": (5.0, "%"),
    "API requests while holding": (60.0, "per minute"),
}

BASE: Mapping[str, Any] = {
    "capacity": {"standby": 1},
    "scaleDownDelay": "0s",
    "drainTimeout": "5s",
    "analysis": {"minRequests": 3, "maxLatencyFactor": 20, "maxErrorIncrease": 50, "maxHold": "10m"},
    "readyTimeout": "2m",
}
STEPS = {**BASE, "steps": [{"weight": weight, "hold": f"{HOLD:g}s"} for weight in WEIGHTS]}
LONG = {**BASE, "steps": [{"weight": 50, "hold": "20m"}]}


def measure_steps(stack: Stack) -> list[float]:
    """Release a second version in five steps and return what each but the first cost beyond its hold (seconds).

    The first one waits for pods to start, which no driver can shorten.
    """
    stack.run("release", STEPS, "--yes", "--set-string", "gateway.podLabels.bench=steps")
    costs, began = [], 0.0
    for trace in stack.record().trail:
        if trace.step.startswith("scale candidate"):
            began = trace.started_at
        if trace.step.startswith("analysis"):
            costs.append(trace.ended_at - began - HOLD)
    return costs[1:]


def measure_rollbacks(stack: Stack) -> tuple[list[float], list[float]]:
    """Go back and forth, and return seconds until the route is at 100 %, and until the command ends."""
    samples = []
    for _ in range(ROLLBACKS):
        began = time.monotonic()
        samples.append(stack.time_switch(stack.start("rollback", BASE, "--yes"), began))
    return [switched for switched, _ in samples], [ended for _, ended in samples]


def measure_holding(stack: Stack) -> dict[str, float]:
    """Hold a canary at 50 % for two minutes, then abort it; return memory, CPU and requests."""
    process = start_canary(stack)
    with sampled(process.pid) as sampler:
        stack.await_step(process, "analysis")
        time.sleep(5)  # what the step's beginning costs is no holding
        cpu, requests, began = read_cpu(process.pid), count_requests(stack.scratch), time.monotonic()
        time.sleep(HELD)
        seconds = time.monotonic() - began
        used = read_cpu(process.pid) - cpu
        asked = count_requests(stack.scratch) - requests
    abort(stack, process)
    return {
        "driver": sampler.driver,
        "helm": sampler.helm,
        "cpu": 100 * used / seconds,
        "requests": 60 * asked / seconds,
    }


def measure_aborts(stack: Stack, count: int) -> list[float]:
    """Abort canaries at 50 %, and return seconds from each verdict to the last request at the candidate."""
    samples = []
    for number in range(count):
        process = start_canary(stack)
        stack.await_step(process, "analysis")
        with probing(stack.edge) as prober:
            time.sleep(1.0)
            abort(stack, process)
        rollout = stack.record()
        late = max(0.0, prober.find_last(rollout.candidate) - rollout.verdict_at)
        samples.append(late)
        told = f", {len(prober.failures)} failed: {prober.failures[0]}" if prober.failures else ""
        print(f"abort {number + 1}: {late:.3f} s, {len(prober.started)} requests{told}", flush=True)
    return samples


def start_canary(stack: Stack) -> subprocess.Popen[str]:
    """Begin a canary that holds at 50 % until it is aborted."""
    return stack.start("release", LONG, "--yes", "--again", "--set-string", "gateway.podLabels.bench=canary")


def abort(stack: Stack, process: subprocess.Popen[str]) -> None:
    """Abort from another process, and wait for the driver to end."""
    stack.run("abort", LONG, "--reason", "bench")
    text, _ = process.communicate(timeout=120)
    if process.returncode != 3:
        raise SystemExit(f"the canary ended with {process.returncode}:\n{text}")


def find_p95(samples: Sequence[float]) -> float:
    """Return the 95th percentile: the sample that at most one in twenty exceeds."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def report(figures: Mapping[str, float], samples: Mapping[str, Any]) -> int:
    """Print and store limits beside what was measured; exit code 1 above a limit."""
    rows = []
    for name, value in figures.items():
        limit, unit = LIMITS.get(name, (0.0, ""))
        is_within = not limit or value <= limit
        rows.append({"figure": name, "measured": round(value, 3), "limit": limit, "unit": unit, "ok": is_within})
        told = f"limit {limit:g} {unit}{'' if is_within else '  EXCEEDED'}" if limit else ""
        print(f"{name:48} {value:8.2f}  {told}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"rows": rows, "samples": samples}, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row["ok"] for row in rows) else 1


def main() -> int:
    """Measure everything on one stack, then report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aborts", type=int, default=20, help="canaries to abort")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, standing(Path(scratch)) as stack:
        steps = measure_steps(stack)
        print(f"steps: {steps}", flush=True)
        switched, ended = measure_rollbacks(stack)
        print(f"rollbacks: {switched}, whole commands: {ended}", flush=True)
        holding = measure_holding(stack)
        print(f"holding: {holding}", flush=True)
        aborts = measure_aborts(stack, options.aborts)
    figures = {
        "verdict to last request at the candidate, p95": find_p95(aborts),
        "rollback on a kept slot to 100 %, median": statistics.median(switched),
        "rollback on a kept slot to 100 %, worst": max(switched),
        "rollback on a kept slot, whole command, median": statistics.median(ended),
        "overhead per step beyond its hold, worst": max(steps),
        "memory of the driver, peak": holding["driver"],
        "memory of a helm child, peak": holding["helm"],
        "CPU while holding, of one core": holding["cpu"],
        "API requests while holding": holding["requests"],
    }
    return report(figures, {"aborts": aborts, "rollbacks": switched, "steps": steps})


if __name__ == "__main__":
    sys.exit(main())
