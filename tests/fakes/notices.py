"""Notices in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from tooling.core.notice import Notice


@dataclass(slots=True)
class FakeNotices:
    """`missed` is what the receivers say at the end."""

    told: list[Notice] = field(default_factory=list)
    missed: tuple[str, ...] = ()
    closed: int = 0

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)

    def close(self, seconds: float = 3.0) -> tuple[str, ...]:
        self.closed += 1
        missed, self.missed = self.missed, ()
        return missed

    @property
    def kinds(self) -> list[str]:
        """What was told, in order, a word each."""
        return [notice.kind.value for notice in self.told]
