"""Registries that answer the same, whatever they are asked."""

from __future__ import annotations

from collections.abc import Iterable

from tooling.ports.images import ImageReview


class FakeImages:
    """`missing` and `unchecked` may be changed by a test; `asked` are the references of the last look."""

    def __init__(self, missing: tuple[str, ...] = (), unchecked: dict[str, str] | None = None) -> None:
        self.missing = missing
        self.unchecked = unchecked or {}
        self.asked: tuple[str, ...] = ()

    def review(self, references: Iterable[str]) -> ImageReview:
        self.asked = tuple(references)
        return ImageReview(self.missing, self.unchecked)
