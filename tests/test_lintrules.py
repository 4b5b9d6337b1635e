"""The page of lint's rules is current."""

from __future__ import annotations

from tests.lintrules import PAGE, place_tables
from tooling.app.lint import list_rules


def test_the_tables_are_written_from_the_rules_that_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert place_tables(page) == page, "run: python -m tests.lintrules"


def test_every_rule_is_on_the_page_once() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [rule.id for rule in list_rules() if page.count(f"| `{rule.id}` |") != 1] == []
