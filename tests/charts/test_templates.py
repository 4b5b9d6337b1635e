"""House rules of the chart: small files, one define each, named after its file."""

from __future__ import annotations

import re
from pathlib import Path

from tests.charts.schemas import CHART

DEFINE = re.compile(r'\{\{-? define "([^"]+)" -?\}\}(.*?)\{\{-? end -?\}\}\s*\Z', re.DOTALL)
INCLUDE = re.compile(r'include "(genai\.[A-Za-z.]+)"')


def list_templates() -> list[Path]:
    return sorted(file for file in CHART.rglob("templates/**/*") if file.is_file())


def name_of(file: Path) -> str:
    """The template name that a file's path stands for."""
    folder = next(parent for parent in file.parents if parent.name == "templates")
    return ".".join(("genai", *file.relative_to(folder).with_suffix("").parts)).replace("._", ".")


def test_templates_are_short() -> None:
    for file in list_templates():
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 120, file


def test_one_define_a_file_named_after_the_file_and_shown_in_use() -> None:
    for file in list_templates():
        text = file.read_text(encoding="utf-8")
        if file.suffix != ".tpl":
            assert "define " not in text, file
            continue
        assert text.count("define ") == 1, file
        found = DEFINE.search(text)
        assert found, file
        assert found[1] == name_of(file), file
        assert len(found[2].splitlines()) <= 40, file
        assert f'include "{found[1]}"' in text.split("*/")[0], f"{file}: the comment shows no use"


def test_every_define_is_included_and_every_include_defined() -> None:
    defined = {name_of(file) for file in list_templates() if file.suffix == ".tpl"}
    bodies = [
        re.sub(r"\{\{/\*.*?\*/\}\}", "", f.read_text(encoding="utf-8"), flags=re.DOTALL) for f in list_templates()
    ]
    assert {name for body in bodies for name in INCLUDE.findall(body)} == defined


def test_values_files_are_short_and_commented() -> None:
    for file in CHART.rglob("values.yaml"):
        lines = file.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 400, file
        assert lines[0].startswith("# "), file
