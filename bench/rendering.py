"""Render the chart with the pinned helm, for benches: what is rendered, and how long that takes."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tooling.local.binaries import build

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "charts" / "genai-stack"
KUBERNETES = "1.35.0"


@cache
def find_helm() -> Path:
    """The pinned Helm 3, built when the cache lacks it."""
    return build(["helm"], print)["helm"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Manifests as text, and the seconds of wall time that helm took."""

    text: str
    seconds: float


def render(chart: Path, *files: Path, settings: tuple[str, ...] = ()) -> Rendered:
    """`helm template` of a chart with values files laid on each other and `key=JSON` settings."""
    command = [str(find_helm()), "template", "genai", str(chart), "--namespace", "genai"]
    command += ["--kube-version", KUBERNETES]
    command += [part for file in files for part in ("--values", str(file))]
    command += [part for setting in settings for part in ("--set-json", setting)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"helm template {chart.name} failed: {done.stderr}")
    return Rendered(done.stdout, seconds)
