"""One validation or lint result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; only errors stop a release."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and what to do about it.

    `file` and `line` (1-based, 0 when unknown) point into the user's own file; `path` is the dotted values key.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    file: str = ""
    line: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        key = f"{self.path}: " if self.path else ""
        return f"{place}{self.severity}: {key}{self.message} {self.hint}".rstrip() + f" [{self.rule}]"
