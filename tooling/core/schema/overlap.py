"""All findings on values together: each thing once, said by the part that says it best."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tooling.core.finding import Finding, Severity

UNUSED = "unused"
KEY_LITERAL = "literal-key"
_SIGNS = re.compile(r"[.\[]")
_QUOTES = "Write it in quotes"


def join(
    shape: Iterable[Finding], rules: Iterable[Finding], literals: Iterable[Finding], chart_layers: frozenset[str]
) -> tuple[Finding, ...]:
    """Join what schema, rules and loader have found, errors first, then by file and place.

    A rule that repeats what the schema found is left out, and so is one that follows from it; a literal that is
    read otherwise than meant explains the schema's finding on the same key instead of standing beside it.
    """
    found = tuple(shape)
    places = _Places(found, chart_layers)
    read = {one.path: one for one in literals}
    shown, explained = _explain(found, read)
    kept = [one for path, one in read.items() if path not in explained]
    news = [one for one in rules if not places.has_cause_of(one)]
    return tuple(sorted((*shown, *kept, *news), key=_order))


class _Places:
    """Where the schema has found something, ready to be asked about many rules."""

    def __init__(self, shape: tuple[Finding, ...], chart_layers: frozenset[str]) -> None:
        self.paths = frozenset(one.path for one in shape)
        self._around = frozenset(prefix for path in self.paths for prefix in _list_prefixes(path))
        self._sections = frozenset(_find_section(path) for path in self.paths)
        self._is_section_broken = any(path.count(".") <= 1 for path in self.paths)
        self._chart_layers = chart_layers

    def has_cause_of(self, rule: Finding) -> bool:
        """Whether a rule only repeats what is shown already, or finds something that a broken part left alone."""
        if rule.path in self._around or not self.paths.isdisjoint(_list_prefixes(rule.path)):
            return True
        if rule.rule == UNUSED and _find_section(rule.path) in self._sections:
            return True
        return rule.file in self._chart_layers and self._is_section_broken


def _explain(
    shape: tuple[Finding, ...], literals: Mapping[str, Finding]
) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """Say with a finding how its literal is read, where that is why; with the paths of these."""
    shown, explained = [], []
    for one in shape:
        literal = literals.get(one.path)
        if literal and one.hint.startswith(_QUOTES):
            shown.append(replace(one, hint=f"{literal.message.rstrip('.')}: write it in quotes."))
            explained.append(one.path)
        elif literal and literal.rule == KEY_LITERAL:
            shown.append(replace(one, hint=f"Because {literal.message} {literal.hint}"))
            explained.append(one.path)
        else:
            shown.append(one)
    return tuple(shown), frozenset(explained)


def _list_prefixes(path: str) -> list[str]:
    """Return a path and all maps and lists around it."""
    return [path[: sign.start()] for sign in _SIGNS.finditer(path)] + [path]


def _find_section(path: str) -> str:
    return path.partition(".")[0]


def _order(finding: Finding) -> tuple[bool, str, int, int]:
    return finding.severity is not Severity.ERROR, finding.file, finding.line, finding.column
