"""Answers of both slots to the same prompts, asked of each slot's own gateway past the route."""

from __future__ import annotations

from typing import Protocol

from tooling.core.quality import QualityRun
from tooling.core.suite import Suite


class Quality(Protocol):
    """No answer is not a wrong answer: a prompt that a slot did not answer is told as such."""

    def run(self, namespace: str, instance: str, slots: tuple[str, str], suite: Suite, key: str) -> QualityRun:
        """Return how far the run of that key is; the first call starts it, and it goes on in the background.

        `slots` are stable and candidate. A run that nobody asks after for a minute rests until the next call; one
        whose process died begins anew. Never raises for a silent slot.
        """
        ...
