"""A release that somebody else's helm is at work on: who, how old, and the exact command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.app.story import Story, stand
from tooling.core.observation import ReleaseState
from tooling.errors import HeldError


def leave(story: Story, status: str, *, age: float | None = None, by: str = "", said: str = "") -> None:
    """Have the next revision of blue pending, begun `age` seconds ago."""
    world = story.world
    past = world.helm.revisions["genai-blue"]
    past.append(replace(past[-1], number=past[-1].number + 1, status=status, description=said))
    describe = world.helm._describe

    def date(release: str, one: Any) -> ReleaseState:
        state = describe(release, one)
        return state if age is None else replace(state, updated_at=world.clock.now() - age)

    world.helm._describe = date  # type: ignore[method-assign]
    if by:
        secret = f"Secret/sh.helm.release.v1.genai-blue.v{past[-1].number}"
        world.cluster.objects[secret] = {"metadata": {"managedFields": [{"manager": "x"}, {"manager": by}]}}


@pytest.mark.parametrize(
    ("status", "facts", "told", "command"),
    [
        ("pending-upgrade", {}, "(pending-upgrade, revision 2)", "helm rollback genai-blue 1 -n genai"),
        (
            "pending-upgrade",
            {"age": 720.0, "by": "helm", "said": "Preparing upgrade"},
            "(pending-upgrade, revision 2, begun 12 min ago by helm, saying 'Preparing upgrade')",
            "helm rollback genai-blue 1 -n genai",
        ),
        (
            "pending-rollback",
            {"age": 3.4, "by": "terraform"},
            "(pending-rollback, revision 2, begun 3 s ago by terraform)",
            "helm rollback genai-blue 1 -n genai",
        ),
        (
            "uninstalling",
            {"age": 9000.0},
            "(uninstalling, revision 2, begun 2 h ago)",
            "helm uninstall genai-blue -n genai",
        ),
        (
            "pending-install",
            {"by": "helm", "age": 1e6},
            "(pending-install, revision 2, begun 12 d ago by helm)",
            "helm uninstall genai-blue -n genai",
        ),
        (
            "pending-upgrade",
            {"by": "helm"},
            "(pending-upgrade, revision 2, written by helm)",
            "helm rollback genai-blue 1 -n genai",
        ),
        ("pending-upgrade", {"age": -5.0}, "begun 0 s ago", "helm rollback genai-blue 1 -n genai"),
    ],
)
def test_who_since_when_and_what_to_do(status: str, facts: dict[str, Any], told: str, command: str) -> None:
    story = stand()
    leave(story, status, **facts)
    with pytest.raises(HeldError) as refused:
        story.release(2)
    assert "helm is at work on genai-blue for somebody else" in refused.value.message
    assert told in refused.value.message
    assert f"if that process is dead: {command}. Nothing was touched." in refused.value.hint
    assert story.world.writes == []


def test_a_release_that_was_never_deployed_is_uninstalled() -> None:
    story = stand()
    past = story.world.helm.revisions["genai-blue"]
    past[-1] = replace(past[-1], status="failed")
    leave(story, "pending-upgrade")
    with pytest.raises(HeldError) as refused:
        story.release(2)
    assert "helm uninstall genai-blue -n genai" in refused.value.hint
