"""Findings of several parts on the same values: each thing once."""

from tooling.core.finding import Finding, Severity
from tooling.core.schema.overlap import join

CHART = frozenset({"chart.yaml"})


def finding(path, rule="schema", severity=Severity.ERROR, **other):
    return Finding(rule, severity, "is wrong.", path, **{"file": "mine.yaml", **other})


def paths(*found):
    return [(one.rule, one.path) for one in found]


def test_errors_come_first_then_file_and_place():
    warning = finding("a", "literal-name", Severity.WARNING, line=1)
    later, first = finding("b", line=9), finding("c", line=2, column=5)
    other = finding("d", "other", file="a.yaml", line=99)
    found = join([later, first], [other], [warning], CHART)
    assert paths(*found) == [("other", "d"), ("schema", "c"), ("schema", "b"), ("literal-name", "a")]


def test_a_rule_that_repeats_or_follows_is_left_out():
    shape = [finding("rollout.steps[0].hold"), finding("route.enabled")]
    rules = [
        finding("rollout.steps", "repeats"),
        finding("rollout.steps[0].hold.x", "repeats"),
        finding("rollout.stepsize", "new"),
        finding("route.hostnames", "unused"),
        finding("gateway.models", "unused"),
        finding("inference.models.a", "follows", file="chart.yaml"),
    ]
    found = {(one.rule, one.path) for one in join(shape, rules, [], CHART) if one.rule != "schema"}
    assert found == {("new", "rollout.stepsize"), ("unused", "gateway.models")}


def test_deep_findings_leave_rules_on_the_chart_alone():
    rule = finding("inference.models.a", "new", file="chart.yaml")
    assert rule in join([finding("gateway.models.a.url")], [rule], [], CHART)


def test_a_literal_explains_the_schemas_finding_on_the_same_key():
    literal = Finding("literal-name", Severity.WARNING, "`1.10` is read as the number 1.1.", "tag", "mine.yaml")
    shape = finding("tag", hint="Write it in quotes: without that it is read as a number.")
    (found,) = join([shape], [], [literal], CHART)
    assert found.hint == "`1.10` is read as the number 1.1: write it in quotes."
    other = finding("tag", hint="Something else.")
    assert join([other], [], [literal], CHART) == (other, literal)
    key = Finding(
        "literal-key", Severity.WARNING, "the key `on` is read as 'true'.", "route.true", hint='Write "on".'
    )
    (found,) = join([finding("route.true", hint="Known are: a, b.")], [], [key], CHART)
    assert found.hint == "Because the key `on` is read as 'true'. Write \"on\"."
    assert join([], [], [literal], CHART) == (literal,)
