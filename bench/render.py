"""Time to render the umbrella against its subcharts alone: `python -m bench.render [ROUNDS]`, a table and JSON.

A subchart alone is a chart of its own here: its folder, and the library chart that it shares with the others in
its `charts/`. It gets the values of prod that are its own. Rounds alternate, and medians are compared: the
umbrella is to take at most 1.5 times the sum.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from bench.rendering import CHART, ROOT, render

RESULTS = ROOT / "bench" / "results" / "render.json"
SUBCHARTS = ("gateway", "inference", "vectordb", "evals")
LIMIT = 1.5


def layer(under: Any, over: Any) -> Any:
    """Values laid on values as Helm does it."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: layer(under.get(key), value) for key, value in over.items()}}


def take_out(folder: Path, name: str, values: dict[str, Any]) -> tuple[Path, Path]:
    """A subchart as a chart of its own, and a file with the values that it gets within the umbrella."""
    target = folder / name
    shutil.copytree(CHART / "charts" / name, target)
    shutil.copytree(CHART / "charts" / "common", target / "charts" / "common")
    schema = json.loads((target / "values.schema.json").read_text(encoding="utf-8"))
    schema["properties"]["common"] = {"type": "object"}  # Helm gives every chart that has a dependency such a key
    (target / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    file = folder / f"{name}.yaml"
    own = {key: value for key, value in values.get(name, {}).items() if key != "enabled"}
    file.write_text(yaml.safe_dump({**own, "global": values["global"]}), encoding="utf-8")
    return target, file


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, by chart."""
    prod = ROOT / "values" / "prod.yaml"
    umbrella = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    values = layer(umbrella, yaml.safe_load(prod.read_text(encoding="utf-8")))
    seconds: dict[str, list[float]] = {name: [] for name in ("umbrella", *SUBCHARTS)}
    with tempfile.TemporaryDirectory() as scratch:
        alone = {name: take_out(Path(scratch), name, values) for name in SUBCHARTS}
        for _ in range(rounds + 1):
            seconds["umbrella"].append(render(CHART, prod).seconds)
            for name, (chart, file) in alone.items():
                seconds[name].append(render(chart, file).seconds)
    return {name: rounds_[1:] for name, rounds_ in seconds.items()}


def main(arguments: list[str]) -> int:
    """Measure, print, store; exit code 1 above the limit."""
    seconds = measure(int(arguments[0]) if arguments else 15)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    total = sum(medians[name] for name in SUBCHARTS)
    ratio = medians["umbrella"] / total
    for name, median in medians.items():
        print(f"{name:10} {median * 1000:7.0f} ms  (least {min(seconds[name]) * 1000:.0f})")
    print(f"{'sum alone':10} {total * 1000:7.0f} ms")
    print(f"umbrella / sum = {ratio:.2f}, at most {LIMIT}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    stored = {"medianSeconds": medians, "ratio": ratio, "limit": LIMIT, "rounds": len(seconds["umbrella"])}
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
