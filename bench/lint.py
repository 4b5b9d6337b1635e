"""Time of `lint` beside helm and kubeconform: `python -m bench.lint [ROUNDS]`, a table and JSON.

First prod as people and CI run it, each a fresh process: `genai-stack lint` on three Kubernetes versions, against
`helm template` of the same parts and kubeconform on what they made, once per version, with the same schemas. Then
5,000 objects (prod over and over, each copy in a namespace of its own) in one process: schemas and policies, with
and without reading the file, compiling counted; kubeconform has one worker there too. Rounds alternate, medians
are compared.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.commands import CLI
from bench.kubeschemas import write_schemas
from bench.rendering import CHART, ROOT, find_helm
from tooling.adapters.manifests_yaml import YamlManifests
from tooling.adapters.schemas_kubernetes import KubernetesApis
from tooling.adapters.yaml_go import write_yaml
from tooling.app.lint import LintSettings, choose_versions, lint
from tooling.local.binaries import build
from tooling.ports.manifests import Reading

RESULTS = ROOT / "bench" / "results" / "lint.json"
PROD = ROOT / "values" / "prod.yaml"
OBJECTS = 5000
FACTOR, EXTRA = 2.0, 0.300
"""Lint of prod may take this many times helm and kubeconform, and so many seconds on top."""

PER_SECOND = 1500
PARTS = {"genai": "base", "genai-blue": "slot", "genai-route": "route"}


def run(*command: str, expected: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """Seconds and output of one process."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in expected:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr or done.stdout}")
    return seconds, done.stdout


def render_parts(version: str) -> tuple[float, str]:
    """Seconds of `helm template` for all parts that lint renders, and what they are."""
    total, texts = 0.0, []
    for release, role in PARTS.items():
        world: dict[str, Any] = {"instance": "genai", "role": role, "slot": "blue" if role == "slot" else ""}
        settings = {f"global.{key}": value for key, value in world.items()}
        if role == "route":
            settings |= {"route.weights.blue": 100, "route.weights.green": 0, "route.serving": "blue"}
        flags = [part for key, value in settings.items() for part in ("--set-json", f"{key}={json.dumps(value)}")]
        seconds, text = run(
            *(str(find_helm()), "template", release, str(CHART), "--namespace", "genai", "--values", str(PROD)),
            *("--kube-version", version, *flags),
        )
        total += seconds
        texts.append(text)
    return total, "\n".join(texts)


def conform(file: Path, location: str, versions: tuple[str, ...], *options: str) -> float:
    """Seconds of kubeconform on a file, one process per version."""
    program = str(build(["kubeconform"], print)["kubeconform"])
    options = ("-strict", "-ignore-missing-schemas", "-schema-location", location, *options)
    return sum(run(program, *options, "-kubernetes-version", f"{one}.0", str(file))[0] for one in versions)


def multiply(text: str) -> str:
    """Objects over and over until there are enough, each time in another namespace."""
    once = [document for document in yaml.safe_load_all(text) if document]
    many = []
    for number in range(OBJECTS):
        found = once[number % len(once)]
        metadata = {**found["metadata"], "namespace": f"copy-{number // len(once)}"}
        many.append(f"---\n{write_yaml({**found, 'metadata': metadata})}")
    return "".join(many)


def lint_many(file: Path, versions: tuple[str, ...]) -> tuple[float, float]:
    """Seconds to read a file, and to lint what is in it."""
    began = time.perf_counter()
    reading = YamlManifests().read(str(file))
    was_read = time.perf_counter()
    lint(KubernetesApis(), YamlManifests(), reading, Reading(()), LintSettings(versions))
    return was_read - began, time.perf_counter() - was_read


def measure(rounds: int) -> dict[str, float]:
    """Median seconds by row."""
    versions = choose_versions(KubernetesApis(), ())
    with tempfile.TemporaryDirectory() as scratch:
        prod, many = Path(scratch) / "prod.yaml", Path(scratch) / "many.yaml"
        text = render_parts(versions[0])[1]
        prod.write_text(text, encoding="utf-8")
        many.write_text(multiply(text), encoding="utf-8")
        kinds = frozenset((one["apiVersion"], one["kind"]) for one in yaml.safe_load_all(text) if one)
        location = write_schemas(Path(scratch) / "schemas", versions, kinds)
        rows: dict[str, Callable[[], float | tuple[float, float]]] = {
            "helm template, parts of prod": lambda: render_parts(versions[0])[0],
            "kubeconform, parts of prod": lambda: conform(prod, location, versions),
            "genai-stack lint, prod": lambda: run(str(CLI), "lint", "--env", "prod")[0],
            "kubeconform, 5,000 objects": lambda: conform(many, location, versions, "-n", "1"),
            "lint, 5,000 objects": lambda: lint_many(many, versions),
        }
        samples: dict[str, list[float | tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(rounds + 1):
            for name, row in rows.items():
                samples[name].append(row())
    pairs: Any = samples.pop("lint, 5,000 objects")[1:]
    medians = {name: statistics.median(each[1:]) for name, each in samples.items()}  # type: ignore[type-var]
    medians["reading 5,000 objects"] = statistics.median(pair[0] for pair in pairs)
    medians["lint of 5,000 objects"] = statistics.median(pair[1] for pair in pairs)
    return medians  # type: ignore[return-value]


def main(arguments: list[str]) -> int:
    """Measure, print, store; exit code 1 beyond a limit."""
    medians = measure(int(arguments[0]) if arguments else 7)
    for name, median in medians.items():
        print(f"{name:30} {median * 1000:7.0f} ms")
    allowed = FACTOR * (medians["helm template, parts of prod"] + medians["kubeconform, parts of prod"]) + EXTRA
    alone = OBJECTS / medians["lint of 5,000 objects"]
    with_reading = OBJECTS / (medians["reading 5,000 objects"] + medians["lint of 5,000 objects"])
    print(
        f"lint of prod may take {allowed * 1000:.0f} ms: {FACTOR:g} x helm and kubeconform + {EXTRA * 1000:.0f} ms"
    )
    print(f"objects a second, three versions: {alone:.0f}, with reading {with_reading:.0f}; limit {PER_SECOND}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    stored = {
        "medianSeconds": medians,
        "allowedSeconds": allowed,
        "objectsPerSecond": {"lint": alone, "reading and lint": with_reading},
    }
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return 0 if medians["genai-stack lint, prod"] <= allowed and alone >= PER_SECOND else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
