"""What is told about a YAML document while it is read: findings with their place, bounded in number."""

from __future__ import annotations

from typing import Any

from tooling.adapters.yaml_go import CORE
from tooling.core.finding import Finding, Severity
from tooling.core.literals import Surprise
from tooling.core.values import KeyPath, format_path
from tooling.core.yaml_hints import advise_reader

MAX_FINDINGS = 100
"""Nobody reads more than this from one file."""

_KNOWN = frozenset(
    {"binary", "bool", "float", "int", "map", "merge", "null", "omap", "pairs", "seq", "set", "str", "timestamp"}
)
"""Tags that YAML knows. Any other word behind a `!` may be the beginning of a password without its quotes."""


class Refusal(Exception):  # noqa: N818 - it stays between the readers; a port's errors end in Error
    """The document cannot be read on: one sentence without a full stop, and the place (0 when unknown)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class Notes:
    """Collects findings (errors) and warnings of one file."""

    def __init__(self, name: str) -> None:
        self.findings: list[Finding] = []
        self.warnings: list[tuple[KeyPath, Finding]] = []
        self._name = name

    def complain(self, message: str, path: KeyPath, event: Any) -> None:
        """Note what makes the file unusable. Raises Refusal after so many that going on helps nobody."""
        line, column = place(event)
        where = format_path(path)
        self.findings.append(
            Finding(
                "values-file", Severity.ERROR, message, where, self._name, line, advise_reader(message), column
            )
        )
        if len(self.findings) >= MAX_FINDINGS:
            raise Refusal("it has too many findings to go on", line, column)

    def warn(self, surprise: Surprise, path: KeyPath, event: Any) -> None:
        """Note what Helm reads otherwise than it looks."""
        if len(self.warnings) < MAX_FINDINGS:
            line, column = place(event)
            rule, message, hint = surprise
            where = format_path(path)
            finding = Finding(rule, Severity.WARNING, message, where, self._name, line, hint, column)
            self.warnings.append((path, finding))


def place(event: Any) -> tuple[int, int]:
    """Return line and column of a parser's event, 1-based."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def show_tag(tag: str) -> str:
    """Name a tag that YAML knows; of another one say no more than that it is there."""
    name = tag.removeprefix(CORE)
    return f"the tag !!{name}" if tag.startswith(CORE) and name in _KNOWN else "the tag here"
