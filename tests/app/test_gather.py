"""Rendered manifests are read as kubectl reads files: what helm passes over is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tooling.adapters.helm_stream import read_stream
from tooling.adapters.manifests_yaml import YamlManifests
from tooling.app.gather import gather_rendered
from tooling.app.project import Project
from tooling.app.values import LoadedValues
from tooling.ports.helm import Rendered
from tooling.ports.manifests import Reading

SOURCE = "# Source: genai-stack/templates/a.yaml\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n"
LABELS = "  labels:\n    app: a\n    app: b\n"


class Helm:
    """Prints the same for every role."""

    def __init__(self, printed: str) -> None:
        self.rendered = read_stream(printed.encode())

    def template(self, *_asked: Any) -> tuple[Rendered, ...]:
        return self.rendered


def gather(printed: str) -> Reading:
    helm: Any = Helm(printed)
    loaded = LoadedValues("prod", {}, {}, {})
    return gather_rendered(
        helm, YamlManifests(), Project(Path("/project")), loaded, [("all", "")], kube_version="1.37"
    )


def test_a_label_that_a_template_writes_twice_is_an_error_in_its_file() -> None:
    reading = gather(f"---\n{SOURCE}{SERVICE}---\n{SOURCE}{SERVICE}{LABELS}")
    (finding,) = reading.findings
    assert (finding.rule, finding.file, finding.line) == (
        "manifest-unreadable",
        "charts/genai-stack/templates/a.yaml",
        0,
    )
    assert "has the key `app` twice in one map." in finding.message
    assert finding.hint == "It is line 8 of what the template renders."
    assert len(reading.objects) == 2, "the policies look at it as helm reads it"


@pytest.mark.parametrize(
    ("printed", "count"),
    [
        (f"---\n{SOURCE}{SERVICE}", 1),
        (f"---\n{SOURCE}{SERVICE}---\n{SOURCE}{SERVICE}", 2),
        (f"---\n{SOURCE}{SERVICE}--- # more\n{SERVICE}", 2),
        (f"---\n{SOURCE}kind: List\nitems: [{{kind: Pod}}, {{kind: Service}}]\n", 2),
    ],
)
def test_objects_have_their_template_and_no_line(printed: str, count: int) -> None:
    reading = gather(printed)
    assert reading.findings == ()
    assert [(one.file, one.line, one.text) for one in reading.objects] == [
        ("charts/genai-stack/templates/a.yaml", 0, "")
    ] * count
