"""The same values give the same text: no randomness, no time, no look at a cluster."""

from __future__ import annotations

import pytest

from tests.charts.rendering import ALL, ROUTE, Case, Renderer, View
from tests.charts.schemas import CHART

FORBIDDEN = ("lookup ", "randAlpha", "randNumeric", "genCA", "genSelfSigned", "uuidv4", "now ", "htpasswd", "tpl ")


@pytest.mark.parametrize("view", [ALL, ROUTE], ids=str)
def test_two_renders_are_equal(renderer: Renderer, few: Case, view: View) -> None:
    assert renderer.template(few, view) == renderer.template(few, view, fresh=True)


def test_templates_call_nothing_that_varies() -> None:
    for file in sorted(CHART.rglob("templates/**/*")):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            found = [
                word for word in FORBIDDEN if f"{{{{ {word}" in text or f"({word}" in text or f"- {word}" in text
            ]
            assert not found, file
