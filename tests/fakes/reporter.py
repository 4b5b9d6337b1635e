"""A reporter that remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class FakeReporter:
    """`answer` is what a person types when asked; None: there is nobody to ask."""

    answer: str | None = None
    said: list[str] = field(default_factory=list)
    facts: list[Mapping[str, object]] = field(default_factory=list)
    progressed: list[str] = field(default_factory=list)
    tables: list[tuple[str, tuple[Mapping[str, Any], ...]]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def say(self, text: str, **facts: object) -> None:
        self.said.append(text)
        self.facts.append(facts)

    def progress(self, text: str) -> None:
        self.progressed.append(text)

    def table(self, title: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        self.tables.append((title, rows))

    def close(self) -> None:
        pass

    def confirm(self, question: str, answer: str) -> bool | None:
        self.questions.append(question)
        return None if self.answer is None else self.answer == answer

    @property
    def text(self) -> str:
        """Everything that was said, a line each."""
        return "\n".join(self.said)
