"""Charts that print the values they see, to hold our reading of values against the real helm's.

One helm process answers many questions: documents are files of the chart that a template reads.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READ = """{{ range $path, $text := .Files.Glob "cases/*" }}
# case {{ toJson (fromYaml (toString $text)) }}
{{- end }}
"""
SHOW = "# case {{ toJson .Values }}\n"


@dataclass(frozen=True, slots=True)
class Refused:
    """What one side does not take, and why."""

    reason: str


def write_chart(folder: Path, values: str = "", *, template: str = SHOW, name: str = "echo") -> Path:
    """Write a chart with one template."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
    (folder / "values.yaml").write_text(values)
    (folder / "templates" / "echo.yaml").write_text(template)
    return folder


def ask(helm: str, chart: Path, *arguments: str) -> list[Any] | Refused:
    """Return what a chart's templates printed, one JSON value a line, or helm's last line of complaint."""
    command = [helm, "template", "x", str(chart), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Refused(done.stderr.strip().splitlines()[-1])
    lines = [line.removeprefix("# case ") for line in done.stdout.splitlines() if line.startswith("# case ")]
    return [json.loads(line) for line in lines]


def read_documents(helm: str, folder: Path, documents: Sequence[str]) -> list[Any]:
    """Return what helm makes of each document, in one process: its values, or Refused."""
    chart = write_chart(folder, template=READ)
    (chart / "cases").mkdir()
    for number, text in enumerate(documents):
        (chart / "cases" / f"{number:06}").write_bytes(text.encode())
    answers = ask(helm, chart)
    assert not isinstance(answers, Refused), answers.reason
    return [_to_refusal(answer) for answer in answers]


def _to_refusal(answer: Mapping[str, Any]) -> Any:
    reason = answer.get("Error")
    is_refused = isinstance(reason, str) and reason.startswith("error ")
    return Refused(str(reason)) if is_refused else answer


def is_same(ours: Any, helms: Any) -> bool:
    """Whether two values are alike; numbers are when they are one 64-bit float."""
    if isinstance(ours, Mapping) and isinstance(helms, Mapping):
        return ours.keys() == helms.keys() and all(is_same(ours[key], helms[key]) for key in ours)
    if isinstance(ours, list) and isinstance(helms, list):
        return len(ours) == len(helms) and all(map(is_same, ours, helms))
    if isinstance(ours, bool) or isinstance(helms, bool):
        return ours is helms
    if isinstance(ours, int | float) and isinstance(helms, int | float):
        return float(ours) == float(helms)
    return bool(ours == helms)
