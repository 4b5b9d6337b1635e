"""Random values read by us and by helm: `python -m bench.values_fuzz [--cases N] [--seed N] [--files DIR]`.

So many documents, a fifth as many settings (--set and its sisters), a fiftieth as many layers over charts with
subcharts; each is asked of helm 3 and of helm 4. A table, JSON in bench/results; exit code 1 says that something
differs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.rendering import ROOT
from tests.adapters.values_duel import Score, duel_documents, duel_files, duel_layers, duel_settings
from tooling.local.binaries import build, find_helm

RESULTS = ROOT / "bench" / "results" / "values_fuzz.json"
SHOWN = 5
FOUND = 1000


def _duel_settings(helm: str, folder: Path, seed: int, count: int, score: Score) -> None:
    duel_settings(helm, folder, seed, count, score, alone=count // 25)


DUELS: dict[str, tuple[Callable[[str, Path, int, int, Score], None], int, int]] = {
    "documents": (duel_documents, 1, 2500),
    "settings": (_duel_settings, 5, 1000),
    "layers": (duel_layers, 50, 200),
}
"""What is run, for every how many of the cases, and how many cases in one helm process at most."""


def _run(helm: str, cases: int, seed: int, files: list[Path]) -> Iterator[tuple[str, Score, float]]:
    """Run all duels with one helm: the name of each, what it counted, and seconds."""
    for name, (duel, divisor, batch) in DUELS.items():
        score, began = Score(), time.monotonic()
        count = max(cases // divisor, 1)
        for number, start in enumerate(range(0, count, batch)):
            with tempfile.TemporaryDirectory() as folder:
                duel(helm, Path(folder), seed * 1_000_000 + number, min(batch, count - start), score)
        yield name, score, round(time.monotonic() - began, 1)
    if files:
        score, began = Score(), time.monotonic()
        for start in range(0, len(files), FOUND):
            with tempfile.TemporaryDirectory() as folder:
                duel_files(helm, Path(folder), files[start : start + FOUND], score)
        yield "files", score, round(time.monotonic() - began, 1)


def main() -> int:
    """Run all duels and print what they counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=Path, help="read all YAML files below this folder too")
    arguments = parser.parse_args()
    found = sorted(arguments.files.rglob("*.y*ml")) if arguments.files else []
    rows = []
    is_alike = True
    for version, helm in (("helm 3", find_helm()), ("helm 4", build(["helm4"])["helm4"])):
        for name, score, seconds in _run(str(helm), arguments.cases, arguments.seed, found):
            rows.append({"helm": version, "what": name, **score.counts, "seconds": seconds})
            print(f"{version} {name:10} {dict(sorted(score.counts.items()))} {seconds} s", flush=True)
            print("".join(f"{difference}\n" for difference in score.differences[:SHOWN]), end="")
            is_alike &= not score.differences
    RESULTS.parent.mkdir(exist_ok=True)
    told = {"cases": arguments.cases, "seed": arguments.seed, "rows": rows}
    RESULTS.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0 if is_alike else 1


if __name__ == "__main__":
    raise SystemExit(main())
