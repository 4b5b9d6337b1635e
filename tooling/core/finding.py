"""One validation or lint result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tooling.core.shapes import MESSAGE_LIMIT, hide_shapes, shorten


class Severity(StrEnum):
    """How bad a finding is; only errors stop a release."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and what to do about it.

    `file`, `line` and `column` (1-based, 0 when unknown) point into the user's own file; `path` is the dotted
    values key, or the object and field of a manifest; `doc` says where the key is described:
    `docs/values.md:57`.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    file: str = ""
    line: int = 0
    hint: str = ""
    column: int = 0
    doc: str = ""

    def __post_init__(self) -> None:
        """Hide what looks like a secret, in whatever anybody has put into the texts, and cut what is too long."""
        for name in ("message", "path", "hint"):
            text = getattr(self, name)
            shown = hide_shapes(shorten(text, MESSAGE_LIMIT))
            if shown != text:
                object.__setattr__(self, name, shown)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        place = f"{place}: " if place else ""
        key = f"{self.path}: " if self.path else ""
        return f"{place}{self.severity}: {key}{self.told} [{self.rule}]"

    @property
    def told(self) -> str:
        """Message and hint as sentences in one line."""
        if not self.hint:
            return self.message
        stop = "" if self.message.endswith((".", "?", "!", ":")) else "."
        return f"{self.message}{stop} {self.hint}"
