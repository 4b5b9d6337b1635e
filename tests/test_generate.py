"""Generated docs are current."""

from __future__ import annotations

from tests.generate import PAGE, place_phases


def test_the_state_diagram_is_drawn_from_the_table_that_runs() -> None:
    page = PAGE.read_text()
    assert place_phases(page) == page, "run: make generate"
