"""Every value that is described is used by a template, and every value that a template uses is described.

Free texts are followed into manifests by test_injection.py; here the rest is looked up by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.leaves import walk_places
from tests.charts.schemas import CHART, SUBCHARTS
from tests.charts.test_schema import read_schema

CHAIN = re.compile(r"(?:\.|\$|root)Values((?:\.[A-Za-z]\w*)+)|\$values((?:\.[A-Za-z]\w*)+)")
WHOLE = {
    *("extraEnv", "extraVolumes", "extraVolumeMounts", "tolerations", "resources", "serviceAccount", "behavior"),
    *("prompts", "imagePullSecrets", "flags", "limits", "limitRange"),
}
"""Kubernetes's or a program's own structures, handed on as they are."""

READ_BY_THE_CLI = (
    ("rollout",),
    ("lint",),
    ("vectordb", "collections"),
    ("inference", "models", "*", "embedding"),
)


def read_templates(chart: Path) -> str:
    """The text of a chart's own templates, comments left out."""
    folders = (chart / "templates", chart / "files")
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", "", text, flags=re.DOTALL)


def read_all() -> str:
    """All templates: the umbrella's and the library's may read a subchart's values too."""
    return "\n".join(read_templates(chart) for chart in (CHART, *sorted((CHART / "charts").iterdir())))


def walk_names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The last step of each place that templates have to name, and the place."""
    for place, _ in walk_places(read_schema()):
        is_for_the_cli = any(place[: len(start)] == start for start in READ_BY_THE_CLI)
        if is_for_the_cli or place[-1] == "global" or WHOLE & set(place):
            continue
        named = [step for step in place if step not in ("*", "[]")]
        yield named[-1], place


def test_every_value_that_is_described_is_used() -> None:
    text = read_all()
    used = set(re.findall(r"[.\"]([A-Za-z]\w*)", text))
    assert not sorted(".".join(place) for name, place in walk_names() if name not in used)


@pytest.mark.parametrize("name", ["", *SUBCHARTS])
def test_every_value_that_is_used_is_described(name: str) -> None:
    chart = CHART / "charts" / name if name else CHART
    schema = read_schema(name)
    unknown = set()
    for found in CHAIN.finditer(read_templates(chart)):
        node, steps = schema, (found[1] or found[2]).strip(".").split(".")
        for step in steps:
            if step == "global" or "properties" not in node:
                break  # a map by name, or what the umbrella describes
            if step not in node["properties"]:
                unknown.add(".".join(steps))
                break
            node = node["properties"][step]
    assert not unknown


def test_the_lookup_sees_what_it_is_for() -> None:
    assert [m[1] or m[2] for m in CHAIN.finditer("{{ .Values.a.b }} {{ $.root.Values.c }} {{ $values.d.e }}")] == [
        ".a.b",
        ".c",
        ".d.e",
    ]
    assert len(list(walk_names())) > 200
