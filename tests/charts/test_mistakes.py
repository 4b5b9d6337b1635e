"""Mistakes of all components are said at once, each with the YAML to write."""

from __future__ import annotations

import pytest

from tests.charts.rendering import BASE, BLUE, Renderer

WRONG = {
    "evals.suite": ('"nope"', 'evals.suite is "nope"'),
    "gateway.models": ('{"smollm2": {}, "q": {}}', "gateway.models.q leads to model q"),
    "gateway.terminationGracePeriodSeconds": ("30", "gateway.terminationGracePeriodSeconds is 30"),
    "inference.models.smollm2.profile": ('"a100"', 'inference.models.smollm2.profile is "a100"'),
    "route.gateway.create": ("true", "route.gateway.create makes a Gateway"),
    "vectordb.restore.from": ('"b1"', "vectordb.restore.from"),
}
"""By key: a wrong value as JSON, and how the message about it begins."""


def test_a_render_that_fails_names_every_mistake_and_what_to_write(renderer: Renderer) -> None:
    lines = renderer.refuse(*(f"{key}={value}" for key, (value, _) in WRONG.items())).splitlines()
    for _, begin in WRONG.values():
        (line,) = [line for line in lines if line.startswith(begin)]
        assert "Write " in line or "Set " in line, line


@pytest.mark.parametrize("view", [BASE, BLUE], ids=str)
def test_every_role_refuses_what_is_wrong_in_it(renderer: Renderer, view) -> None:
    key = "evals.suite" if view is BASE else "inference.models.smollm2.profile"
    value, begin = WRONG[key]
    assert begin in renderer.refuse(f"{key}={value}", view=view)
