"""Registries: which images are there to be pulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ImageReview:
    """Images that their registry says it has not, and why others could not be looked for, by reference."""

    missing: tuple[str, ...] = ()
    unchecked: Mapping[str, str] = field(default_factory=dict)


class Images(Protocol):
    """Never raises: a registry that cannot be asked from here may be reached by the nodes."""

    def review(self, references: Iterable[str]) -> ImageReview:
        """Look for images, within seconds for all of them together."""
        ...


class Unchecked:
    """Implements the port where nobody is to be asked: nothing is missing."""

    def review(self, references: Iterable[str]) -> ImageReview:  # noqa: ARG002
        """Find nothing wrong."""
        return ImageReview()
