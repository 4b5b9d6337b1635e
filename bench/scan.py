"""Scan the rendered chart for known mistakes: `python -m bench.scan [NAME ...]`, a table, JSON in bench/results.

A NAME is a case such as `prod` or `prod@gke` (an environment on a profile); without one it is prod alone and on
every profile. Exit code 1 says that there is a finding without a written exception. kube-score is built from its
pinned module; kube-linter and checkov are used when they are on PATH.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.exceptions import EXCEPTIONS
from bench.rendering import CHART, KUBERNETES, ROOT, render
from tooling.local.binaries import build

RESULTS = ROOT / "bench" / "results" / "scan.json"
KUBE_SCORE_GRADES = {1: "CRITICAL", 5: "WARNING"}


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a scanner on one object, named `kind/name`."""

    scanner: str
    severity: str
    check: str
    name: str
    text: str

    @property
    def reason(self) -> str:
        """Why it is not followed; empty when it counts."""
        return next((e.reason for e in EXCEPTIONS if e.covers(self.scanner, self.check, self.name)), "")


def run_kube_score(program: str, file: Path) -> Iterator[Found]:
    """What kube-score calls CRITICAL or WARNING."""
    minor = KUBERNETES.rsplit(".", 1)[0]
    for scored in read_json(program, "score", "--kubernetes-version", f"v{minor}", "-o", "json", str(file)) or []:
        name = f"{scored['type_meta']['kind']}/{scored['object_meta']['name']}"
        for check in scored["checks"] or []:
            severity = KUBE_SCORE_GRADES.get(check["grade"], "")
            if severity and not check["skipped"]:
                texts = [f"{one.get('path') or ''} {one['summary']}".strip() for one in check["comments"] or []]
                yield Found("kube-score", severity, check["check"]["id"], name, "; ".join(texts))


def run_kube_linter(program: str, file: Path) -> Iterator[Found]:
    """Everything that kube-linter's default checks say."""
    for report in (read_json(program, "lint", "--format", "json", str(file)) or {}).get("Reports") or []:
        about = report["Object"]["K8sObject"]
        name = f"{about['GroupVersionKind']['Kind']}/{about['Name']}"
        yield Found("kube-linter", "ERROR", report["Check"], name, report["Diagnostic"]["Message"])


def run_checkov(program: str, file: Path) -> Iterator[Found]:
    """Every failed check of checkov's Kubernetes rules."""
    answer = read_json(program, "--framework", "kubernetes", "--compact", "--quiet", "-o", "json", "-f", str(file))
    reports = answer if isinstance(answer, list) else [answer or {}]
    for report in reports:
        for check in (report.get("results") or {}).get("failed_checks", ()):
            kind, _, name = check["resource"].split(".", 2)
            yield Found("checkov", "FAILED", check["check_id"], f"{kind}/{name}", check["check_name"])


SCANNERS: dict[str, Callable[[str, Path], Iterator[Found]]] = {
    "kube-score": run_kube_score,
    "kube-linter": run_kube_linter,
    "checkov": run_checkov,
}


def read_json(*command: str) -> Any:
    """Run a scanner and read what it prints; its exit code only repeats that there are findings."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"{command[0]} printed no JSON: {done.stderr or done.stdout}") from None


def find_programs() -> dict[str, str]:
    """Where each scanner is; those that are not on this machine are left out."""
    there = {name: shutil.which(name) for name in ("kube-linter", "checkov")}
    return {"kube-score": str(build(["kube-score"], print)["kube-score"])} | {n: p for n, p in there.items() if p}


def list_cases(names: list[str]) -> dict[str, tuple[Path, ...]]:
    """Values files by the name of the case."""
    profiles = sorted(path.stem for path in (ROOT / "values" / "profiles").glob("*.yaml"))
    cases = {}
    for name in names or ["prod", *(f"prod@{profile}" for profile in profiles)]:
        environment, _, profile = name.partition("@")
        files = [ROOT / "values" / "profiles" / f"{profile}.yaml"] if profile else []
        cases[name] = (*files, ROOT / "values" / f"{environment}.yaml")
    return cases


def scan(name: str, files: tuple[Path, ...], programs: dict[str, str]) -> dict[str, Any]:
    """All findings on one case, and what was looked at."""
    text = render(CHART, *files).text
    kinds = Counter(document["kind"] for document in yaml.safe_load_all(text) if document)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "manifests.yaml"
        file.write_text(text, encoding="utf-8")
        found = [one for scanner, program in programs.items() for one in SCANNERS[scanner](program, file)]
    return {"case": name, "objects": sum(kinds.values()), "found": found}


def print_table(reports: list[dict[str, Any]], programs: dict[str, str]) -> None:
    """One line per case, then every finding that counts, then the exceptions in use."""
    columns = ("kube-score CRITICAL", "kube-score WARNING", "kube-linter ERROR", "checkov FAILED")
    width = max(len(report["case"]) for report in reports)
    print(f"{'case':{width}}  objects  " + "  ".join(columns) + "  excepted")
    for report in reports:
        counts = Counter(f"{one.scanner} {one.severity}" for one in report["found"] if not one.reason)
        cells = [str(counts[c]) if c.split()[0] in programs else "not run" for c in columns]
        row = "  ".join(f"{cell:>{len(column)}}" for cell, column in zip(cells, columns, strict=True))
        excepted = sum(bool(one.reason) for one in report["found"])
        print(f"{report['case']:{width}}  {report['objects']:>7}  {row}  {excepted:>8}")
    counted = sorted({(o.scanner, o.check, o.name, o.text) for r in reports for o in r["found"] if not o.reason})
    for scanner, check, name, text in counted:
        print(f"{scanner} {check} {name}: {text}")
    for check, reason in sorted({(o.check, o.reason) for r in reports for o in r["found"] if o.reason}):
        print(f"excepted {check}: {reason}")


def main(names: list[str]) -> int:
    """Scan, print, store."""
    programs = find_programs()
    reports = [scan(name, files, programs) for name, files in list_cases(names).items()]
    print_table(reports, programs)
    found = [one for report in reports for one in report["found"]]
    unused = [
        e
        for e in EXCEPTIONS
        if e.scanner in programs and not any(e.covers(o.scanner, o.check, o.name) for o in found)
    ]
    for exception in unused:
        print(f"the exception for {exception.check} on {exception.objects} fits nothing any more: take it out")
    rows = [{**report, "found": [to_row(one) for one in report["found"]]} for report in reports]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(
        json.dumps({"scanners": sorted(programs), "cases": rows}, indent=1) + "\n", encoding="utf-8"
    )
    return 1 if unused or any(not one.reason for one in found) else 0


def to_row(found: Found) -> dict[str, str]:
    """A finding as it is stored."""
    return {**asdict(found), "reason": found.reason}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
