"""Entries of a strategy: each fault is told at its own line, with what to write."""

import pytest

from tooling.core.rules import find_rule_findings
from tooling.core.values import Layered, Origin


def suite(count):
    return {"prompts": [{"id": f"p{number}", "prompt": "2+2?", "expect": "4"} for number in range(count)]}


SUITE = suite(60)


def find(rollout, *, suites=None, own=(), chart=()):
    values = {"rollout": {"contexts": ["prod"], **rollout}, "evals": {"suites": suites or {"golden": SUITE}}}
    values |= {"gateway": {"models": {"m": {"url": "http://m"}}, "defaultModel": "m"}, "route": {"enabled": True}}
    origins = {path: Origin("mine.yaml", 3) for path in own} | {path: Origin("chart.yaml", 1) for path in chart}
    found = find_rule_findings(Layered(values, origins), chart_layers=frozenset({"chart.yaml"}))
    return [f"{one.severity} {one.path}: {one.message}" for one in found if one.rule.startswith("rollout-")]


def canary(*steps):
    return {"strategy": "canary", "steps": list(steps)}


def blue_green(preview=(), after=()):
    return {"strategy": "blueGreen", "blueGreen": {"preview": list(preview), "after": list(after)}}


RISES = "weights must rise from step to step."
FIRST = "comes before the first weight: until then the candidate gets nothing that could be judged."
NONE = "has no weight: a canary needs at least one, such as {weight: 10, hold: 10m}."
SILVER = "cannot be judged: there is no suite evals.suites.silver; there are: golden."


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        (canary({"weight": 5}, {"weight": 50}), []),
        (canary({"weight": 5}, {"hold": "1m"}, {"analysis": {}}, {"approval": {}}, {"weight": 50}), []),
        (canary({"test": {}}, {"weight": 5}), []),
        (canary({"weight": 50}, {"weight": 10}), [f"error rollout.steps[1].weight: is 10, after 50: {RISES}"]),
        (canary({"weight": 9}, {"weight": 9}), [f"error rollout.steps[1].weight: is 9, after 9: {RISES}"]),
        (
            canary({"weight": 50}, {"weight": 10}, {"weight": 20}),
            [
                f"error rollout.steps[1].weight: is 10, after 50: {RISES}",
                f"error rollout.steps[2].weight: is 20, after 50: {RISES}",
            ],
        ),
        (
            canary({"weight": 50}, {"weight": 100}),
            [
                "error rollout.steps[1].weight: leaves stable nothing to be compared with: promotion does that by "
                "itself."
            ],
        ),
        (canary({"analysis": {}}, {"weight": 10}), [f"error rollout.steps[0].analysis: {FIRST}"]),
        (canary({"approval": {}}), [f"error rollout.steps: {NONE}"]),
        (canary(), [f"error rollout.steps: {NONE}"]),
        ({**canary({"weight": 5}, {"quality": {}}), "quality": {"suite": "golden"}}, []),
        (canary({"weight": 5}, {"quality": {"suite": "golden"}}), []),
        (
            canary({"weight": 5}, {"quality": {"suite": "silver"}}),
            [f"error rollout.steps[1].quality: {SILVER}"],
        ),
        ({"strategy": "other", "steps": []}, []),
        (blue_green(), []),
        (blue_green([{"test": {}}, {"quality": {"suite": "golden"}}], [{"analysis": {"hold": "1m"}}]), []),
        (
            blue_green([{"quality": {"suite": "silver"}}], [{"quality": {"suite": "silver"}}]),
            [
                f"error rollout.blueGreen.preview[0].quality: {SILVER}",
                f"error rollout.blueGreen.after[0].quality: {SILVER}",
            ],
        ),
    ],
)
def test_entries(rollout, expected):
    assert find(rollout) == expected


@pytest.mark.parametrize(
    ("count", "gate", "expected"),
    [
        (60, {}, []),
        (
            60,
            {"minPrompts": 61},
            ["error rollout.steps[1].quality: needs 61 answered prompts and golden has 60: "],
        ),
        (51, {}, ["error rollout.steps[1].quality: needs 52 answered prompts and golden has 51: "]),
        (
            20,
            {"minPrompts": 20},
            ["warning rollout.steps[1].quality: golden has 20 prompts: a candidate that answers as stable "],
        ),
        (20, {"minPrompts": 20, "maxDrop": 0.2}, []),
        (20, {"minPrompts": 20, "maxDrop": 0}, []),
    ],
)
def test_suites_that_are_too_small(count, gate, expected):
    found = find(canary({"weight": 5}, {"quality": {"suite": "golden", **gate}}), suites={"golden": suite(count)})
    assert len(found) == len(expected)
    assert all(one.startswith(told) for one, told in zip(found, expected, strict=True))


def test_a_suite_of_another_shape_is_for_the_schema():
    assert (
        find(canary({"weight": 5}, {"quality": {"suite": "golden"}}), suites={"golden": {"prompts": [{}]}}) == []
    )


def test_settings_of_the_other_strategy():
    both = {**canary({"weight": 5}), "blueGreen": {"after": [{"hold": "1m"}]}}
    where = ("rollout", "blueGreen")
    assert find(both, own=[where]) == [
        "warning rollout.blueGreen: is read by strategy blueGreen alone, and rollout.strategy is canary."
    ]
    assert find(both, chart=[where]) == find(both) == []
    other = {**both, "strategy": "blueGreen"}
    assert find(other, own=[("rollout", "steps")], chart=[where]) == [
        "warning rollout.steps: is read by strategy canary alone, and rollout.strategy is blueGreen."
    ]


@pytest.mark.parametrize(
    ("rollout", "path"),
    [
        (canary({"weight": 5}, {"hold": "soon"}), "rollout.steps[1].hold"),
        (canary({"weight": 5}, {"analysis": {"hold": "soon"}}), "rollout.steps[1].analysis.hold"),
        (blue_green([{"approval": {"timeout": "0s"}}]), "rollout.blueGreen.preview[0].approval.timeout"),
        (blue_green(after=[{"hold": "1 m"}]), "rollout.blueGreen.after[0].hold"),
    ],
)
def test_durations_in_every_list(rollout, path):
    values = {"rollout": {"contexts": ["prod"], **rollout}, "gateway": {"models": {"m": {"url": "http://m"}}}}
    found = [one for one in find_rule_findings(Layered(values)) if one.rule == "duration"]
    assert [one.path for one in found] == [path]
