"""docs/validate-rules.md names every rule between keys and no other, and each is among the wrong values."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read_page():
    text = (ROOT / "docs/validate-rules.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)


def read_words():
    """Every text of the rules' code that could be the id of one."""
    files = (ROOT / "tooling/core/rules").glob("*.py")
    return {
        word for file in files for word in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', file.read_text(encoding="utf-8"))
    }


def read_found():
    """Rules that the wrong values of tests/data break."""
    files = (ROOT / "tests/data/wrong-values").glob("*.txt")
    return {
        rule
        for file in files
        for rule in re.findall(r" \[([a-z-]+)\]$", file.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_rule_is_described_once_and_broken_by_a_case():
    page, found = read_page(), read_found()
    assert sorted(set(page)) == sorted(page)
    assert found & read_words() == set(page)
