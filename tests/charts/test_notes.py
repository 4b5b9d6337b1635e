"""What `helm install` prints at its end names the next command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.charts.rendering import ALL, BASE, BLUE, Renderer, View, list_cases
from tests.charts.schemas import CHART

# `helm template` prints no notes, and `helm install` wants a cluster: a template that includes them shows them.
WRAPPER = 'apiVersion: v1\nkind: Notes\ntext: {{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}\n'


@pytest.fixture
def notes(renderer: Renderer, tmp_path: Path) -> Renderer:
    copy = tmp_path / "genai-stack"
    shutil.copytree(CHART, copy)
    (copy / "templates" / "notes.yaml").write_text(WRAPPER, encoding="utf-8")
    return Renderer(renderer.helm, tmp_path, copy)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (ALL, "kubectl port-forward --namespace genai-ns service/genai 8080:80"),
        (ALL, "asks for no API key"),
        (ALL, "--from=cronjob/genai-evals"),
        (BASE, "This is the base of the instance."),
        (BLUE, "x-genai-preview: blue"),
    ],
    ids=str,
)
def test_notes_say_what_to_do_next(notes: Renderer, view: View, expected: str) -> None:
    default = next(case for case in list_cases() if case.name == "ci/default")
    (text,) = (m["text"] for m in notes.render(default, view) if m["kind"] == "Notes")
    assert expected in text
    assert "<no value>" not in text
