"""Rollouts that are told again and again, each time with another fault, and how they end without any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.app.story import QUICK, Story, stand, stand_twice
from tooling.core.rollout import Phase
from tooling.errors import GenaiError


def begin() -> Story:
    return Story(rate=100.0, **QUICK)


def stand_quickly() -> Story:
    return stand(rate=100.0, **QUICK)


def stand_badly() -> Story:
    """Return a story whose next candidate fails every second request."""
    story = stand_quickly()
    story.world.behave("green", error_share=0.5)
    return story


def stand_again_badly() -> Story:
    """Return a story whose next candidate takes the slot of a verified version and is bad."""
    story = stand_twice(rate=100.0, **QUICK)
    story.world.behave("blue", error_share=0.5)
    return story


def begin_badly() -> Story:
    story = begin()
    story.world.behave("blue", is_never_ready=True)
    return story


def stand_long() -> Story:
    return stand_twice(rate=100.0, **QUICK)


@dataclass(frozen=True)
class Tale:
    """A beginning, a command, the version that it is about, and how it ends when nobody dies."""

    make: Callable[[], Story]
    command: Callable[[Story], object]
    version: int
    phase: Phase


TALES = {
    "install": Tale(begin, lambda story: story.release(1), 1, Phase.SUCCEEDED),
    "bad install": Tale(begin_badly, lambda story: story.release(1), 1, Phase.ABORTED),
    "canary": Tale(stand_quickly, lambda story: story.release(2), 2, Phase.SUCCEEDED),
    "bad canary": Tale(stand_badly, lambda story: story.release(2), 2, Phase.ABORTED),
    "bad canary over a verified version": Tale(
        stand_again_badly, lambda story: story.release(3), 3, Phase.ABORTED
    ),
    "rollback": Tale(stand_long, lambda story: story.rollback(), 1, Phase.ROLLED_BACK),
}
TALE = pytest.mark.parametrize("tale", TALES.values(), ids=TALES)


def tell(tale: Tale) -> Mapping[str, Any]:
    """Return the end of a tale in which nobody dies."""
    story = tale.make()
    tale.command(story)
    assert story.phase is tale.phase
    return story.end_state()


def note(wrong: dict[str, Any], death: str, check: Callable[[], dict[str, Any]]) -> None:
    """Keep what was wrong after one death, so that a test shows all of them at once."""
    try:
        difference = check()
    except GenaiError as error:
        difference = {"raised": repr(error)}
    if difference:
        wrong[death] = difference
