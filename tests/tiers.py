"""Run every test tier that this machine can run, and name what is left out and why (design section 8)."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass

COVERAGE = ("--cov=tooling/core", "--cov-branch", "--cov-report=term:skip-covered")
FAST = ("tests", "-m", "not local and not e2e", "-n", "auto", *COVERAGE)
LOCAL = ("tests", "-m", "local", "-n", "2")
E2E = ("tests", "-m", "e2e", "-n", "0", "--durations=15")


CHART_TOOLS = ("helm", "helm4", "promtool", "kube-score")
"""What the chart tests run besides Python."""


@dataclass(frozen=True)
class Tier:
    """A pytest run, and why this machine cannot do it (empty: it can)."""

    name: str
    arguments: tuple[str, ...]
    obstacle: str = ""


def find_obstacle(*, needs_root: bool) -> str:
    """Say why no embedded cluster can run here; empty when it can. Simulated ones need no root."""
    if platform.system() != "Linux":
        return "needs Linux"
    if needs_root and os.geteuid() != 0:
        return "needs root"
    return ""


def plan_tiers() -> tuple[Tier, ...]:
    """Return the tiers in the order in which they run: fast ones first."""
    return (
        Tier("core, app, adapters, cli, charts, images", FAST),
        Tier("local: embedded clusters", LOCAL, find_obstacle(needs_root=False)),
        Tier("e2e: real pods, real model, real traffic", E2E, find_obstacle(needs_root=True)),
    )


def prepare_tools() -> int:
    """Build what the chart tests run, showing progress; later runs find it in the cache.

    Returns the exit code of the build.
    """
    command = [sys.executable, "-m", "tooling.cli.main", "cluster", "build-tools", *CHART_TOOLS]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def run(tier: Tier) -> int:
    """Run one tier and return pytest's exit code."""
    print(f"==> {tier.name}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *tier.arguments], check=False).returncode


def main(arguments: list[str]) -> int:
    """Run all tiers, or only the named tests, and return the exit code."""
    if arguments != ["tests"]:
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode
    started = time.monotonic()
    worst = prepare_tools()
    if worst:
        return worst
    for tier in plan_tiers():
        if not tier.obstacle:
            code = run(tier)
            worst = worst or code
        elif os.environ.get("CI") == "true":
            print(f"==> {tier.name}: cannot run here ({tier.obstacle}); with CI=true that is a failure")
            worst = worst or 1
        else:
            print(f"==> left out: {tier.name} ({tier.obstacle})")
    print(f"==> tests took {time.monotonic() - started:.0f} s")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
