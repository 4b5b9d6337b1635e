"""Time of the CLI's quick commands: `python -m bench.commands [ROUNDS]`, a table and JSON.

Each command is a fresh process, as people and CI run it; rounds alternate and medians are compared. Beside them
stand what they cannot beat: Python that does nothing, and `helm template` of the same values. Peak memory is that
of the process, without helm.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rendering import CHART, ROOT, find_helm

RESULTS = ROOT / "bench" / "results" / "commands.json"
CLI = Path(sys.executable).with_name("genai-stack")
PROD = ROOT / "values" / "prod.yaml"
LARGE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Wall time in seconds and peak resident memory in MiB of one process."""

    seconds: float
    mebibytes: float


@dataclass(frozen=True, slots=True)
class Limit:
    """What a command may take: `seconds`, beyond the median of another row where one is named."""

    seconds: float
    beyond: str = ""


LIMITS: Mapping[str, Limit] = {
    "genai-stack --help": Limit(0.150),
    "genai-stack validate, prod": Limit(0.300),
    "genai-stack render, prod": Limit(0.250, beyond="helm template, prod"),
}


def list_commands(large: Path) -> dict[str, list[str]]:
    """Return each row's command line."""
    cli = str(CLI)
    template = [str(find_helm()), "template", "genai", str(CHART), "--namespace", "genai", "--values", str(PROD)]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "helm template, prod": template,
        "genai-stack --help": [cli, "--help"],
        "genai-stack validate, prod": [cli, "validate", "--env", "prod"],
        "genai-stack render, prod": [cli, "render", "--env", "prod"],
        "genai-stack validate, 10 MB": [cli, "validate", "--env", "prod", "-f", str(large)],
    }


def write_large(file: Path) -> None:
    """Write values of just under 10 MB that fit the schema: labels of the gateway's pods."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("gateway:\n  podAnnotations:\n")
        number = 0
        while stream.tell() < LARGE_BYTES:
            stream.write(f"    example.com/note-{number}: {'text ' * 30}{number}\n")
            number += 1


def measure(command: list[str]) -> Sample:
    """Run one process to its end."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        began = time.perf_counter()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Sample(seconds, usage.ru_maxrss / 1024)


def main(arguments: list[str]) -> int:
    """Measure, then report."""
    rounds = int(arguments[0]) if arguments else 11
    with tempfile.TemporaryDirectory() as scratch:
        large = Path(scratch) / "large.yaml"
        write_large(large)
        commands = list_commands(large)
        samples: dict[str, list[Sample]] = {name: [] for name in commands}
        for count in range(rounds + 1):
            for name, command in commands.items():
                if count == 0 or "10 MB" not in name or count <= 3:
                    samples[name].append(measure(command))
    return report(samples)


def report(samples: Mapping[str, list[Sample]]) -> int:
    """Print and store medians (the first round warms caches) and peaks; exit code 1 above a limit."""
    medians = {name: statistics.median(one.seconds for one in rows[1:]) for name, rows in samples.items()}
    memory = {name: max(one.mebibytes for one in rows) for name, rows in samples.items()}
    is_within = True
    for name, median in medians.items():
        limit = LIMITS.get(name)
        allowed = limit.seconds + medians.get(limit.beyond, 0.0) if limit else None
        is_within = is_within and (allowed is None or median <= allowed)
        told = f"limit {allowed * 1000:.0f} ms" if allowed is not None else ""
        print(f"{name:30} {median * 1000:7.0f} ms {memory[name]:6.0f} MiB  {told}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    stored = {"medianSeconds": medians, "peakMebibytes": memory}
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
