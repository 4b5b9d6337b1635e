"""Memory and time of `validate` on values files of 10 MB: `python -m bench.values_large`; JSON in bench/results.

Each file is a shape that has hurt readers of YAML: many keys, one long text, deep brackets, aliases of aliases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.rendering import ROOT

RESULTS = ROOT / "bench" / "results" / "values_large.json"
SIZE = 10 * 1024 * 1024 - 100
SHAPES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "{}\n",
    "one long text": lambda: "extra: |\n" + "  a line of a dashboard\n" * 430_000,
    "90,000 keys": lambda: "".join(f"key{number}: {number} # {'c' * 90}\n" for number in range(90_000)),
    "600,000 keys": lambda: "".join(f"key{number}: {number}\n" for number in range(600_000)),
    "a flat list": lambda: f"a: [{'1,' * 5_000_000}1]\n",
    "brackets": lambda: "a: " + "[" * 10_000_000,
    "dashes": lambda: "- " * 5_000_000,
    "one long word": lambda: f"a: {'1' * 10_000_000}\n",
    "quoted": lambda: 'a: "' + "\\u00e9" * 1_700_000 + '"\n',
    "aliases": lambda: (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 10}]\n" for n in range(1, 50_000))
    ),
    "merges": lambda: "a: &a {x: 1}\n" + "".join(f"k{number}: {{<<: *a}}\n" for number in range(500_000)),
    "the same key": lambda: "a: 1\n" * 2_000_000,
    "yes": lambda: "".join(f"key{number}: yes\n" for number in range(90_000)),
    "documents": lambda: "---\n" * 2_500_000,
}


def measure(file: Path) -> dict[str, object]:
    """Run `validate` once in a process of its own."""
    command = [sys.executable, "-m", "tooling.cli.main", "validate", "--env", "prod", "-f", str(file)]
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = process.stdout.read().decode().splitlines() if process.stdout else []
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "exit": process.returncode,
        "seconds": round(time.monotonic() - began, 2),
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "MB": round(usage.ru_maxrss / 1024),
        "says": lines[0].replace(str(file), file.name)[:90] if lines else "",
    }


def main() -> int:
    """Measure every shape and print the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, make in SHAPES.items():
            file = Path(folder) / "large.yaml"
            file.write_text(make()[:SIZE], encoding="utf-8")
            row = {"shape": name, "bytes": file.stat().st_size, **measure(file)}
            rows.append(row)
            print(
                f"{name:14} {row['MB']:>5} MB {row['cpu']:>6} s CPU  exit {row['exit']}  {row['says']}", flush=True
            )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
