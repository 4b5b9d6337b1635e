"""Rules on how an environment is released, and on keys that the CLI sets by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.durations import parse_duration
from tooling.core.entries import EntryKind
from tooling.core.finding import Finding, Severity
from tooling.core.ratio import find_least_weight, find_ratio_replicas, find_stable_needed
from tooling.core.rules.rollout_steps import find_step_findings, list_durations
from tooling.core.strategy import Strategy, read_strategy
from tooling.core.values import KeyPath, Layered, Origin, pick, place_finding

_DURATIONS: tuple[KeyPath, ...] = (
    ("rollout", "analysis", "maxHold"),
    ("rollout", "readyTimeout"),
    ("rollout", "drainTimeout"),
    ("rollout", "scaleDownDelay"),
)
_NEVER_ZERO: Mapping[str | int, tuple[str, str]] = {
    "timeout": (
        "is 0: the rollout would be aborted before anybody could approve.",
        "Write approval: {timeout: 2h}.",
    ),
    "readyTimeout": ("is 0: no slot gets ready in no time.", "Write rollout: {readyTimeout: 10m}."),
}
_OURS: tuple[KeyPath, ...] = (
    ("global", "role"),
    ("global", "slot"),
    ("global", "instance"),
    ("route", "weights"),
    ("route", "serving"),
)


def find_rollout_findings(layered: Layered, chart_layers: frozenset[str]) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error.

    `chart_layers` names the layers that are the chart's own defaults, which nobody has to be warned of.
    """
    return (*_check_rollout(layered, chart_layers), *_check_ours(layered, chart_layers))


def _check_rollout(layered: Layered, chart_layers: frozenset[str]) -> Iterator[Finding]:
    durations = tuple(_check_durations(layered))
    yield from durations
    if not _list(layered.values, "rollout", "contexts"):
        yield place_finding(
            layered.origins,
            ("rollout", "contexts"),
            "is empty, so this environment is released to whatever kube context is current.",
            rule="rollout-contexts",
            severity=Severity.WARNING,
            hint="Name the contexts it belongs to: rollout: {contexts: [my-cluster]}.",
        )
    yield from _check_route(layered, chart_layers)
    if durations:
        return
    try:
        strategy = read_strategy(layered.values)
        undecided = tuple(_check_evidence(layered.origins, strategy))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return  # the schema says what is wrong there
    yield from find_step_findings(layered, strategy, chart_layers)
    if strategy.kind == "canary":
        yield from undecided
        yield from _check_ratio(layered, strategy)


def _check_route(layered: Layered, chart_layers: frozenset[str]) -> Iterator[Finding]:
    """Weights are moved at the HTTPRoute: without one nothing can be released in steps."""
    own = [path for path, one in layered.origins.items() if path[0] == "rollout" and one.layer not in chart_layers]
    is_off = pick(layered.values, "route", "enabled") is False
    is_needed = pick(layered.values, "route", "kind") != "service"
    if not (is_off and is_needed and own and pick(layered.values, "rollout", "strategy") == "canary"):
        return
    origin = layered.origins.get(("route", "enabled"))
    is_said = origin is not None and origin.layer not in chart_layers
    has_ingress = pick(layered.values, "route", "ingress", "enabled") is True
    yield place_finding(
        layered.origins,
        ("route", "enabled") if is_said else own[0],
        ("is" if is_said else "route.enabled is")
        + " false, and strategy canary moves traffic by the weights of the HTTPRoute."
        + (" An Ingress leads to the slot that serves and splits nothing." if has_ingress else ""),
        rule="rollout-route",
        severity=Severity.WARNING,
        hint="Write route: {enabled: true}; a plain helm install can do without.",
    )


def _check_durations(layered: Layered) -> Iterator[Finding]:
    for path in (*_DURATIONS, *list_durations(layered)):
        text = pick(layered.values, *path)
        if not isinstance(text, str):
            continue
        try:
            parse_duration(text)
        except ValueError as error:
            yield place_finding(layered.origins, path, f"{error}.", rule="duration")
            continue
        if path[-1] in _NEVER_ZERO and parse_duration(text) == 0:
            message, hint = _NEVER_ZERO[path[-1]]
            yield place_finding(layered.origins, path, message, rule="duration", hint=hint)


def _check_evidence(origins: Mapping[KeyPath, Origin], strategy: Strategy) -> Iterator[Finding]:
    """Warn of a step that its own load can never decide: it would always end as inconclusive."""
    load, wanted = strategy.load, strategy.analysis.min_requests
    if not load.is_enabled:
        return
    for index, step in enumerate(strategy.steps):
        seconds = max(step.seconds, strategy.analysis.max_hold)
        expected = load.rate * step.weight / 100 * seconds
        if step.kind is EntryKind.WEIGHT and step.seconds and expected < wanted:
            yield place_finding(
                origins,
                ("rollout", "steps", index),
                f"gets about {expected:.0f} requests of its own load in {seconds:g} s, fewer than the {wanted} of"
                " rollout.analysis.minRequests.",
                rule="rollout-evidence",
                severity=Severity.WARNING,
                hint="Raise rollout.load.rate, the weight or rollout.analysis.maxHold, or rely on live traffic.",
            )


def _check_ratio(layered: Layered, strategy: Strategy) -> Iterator[Finding]:
    """Without a controller weights are made of gateway pods: one pod alone may be more than a step allows."""
    pods = strategy.declared.get("gateway", 0)
    if not strategy.splits_by_pods or not pods:
        return
    # an autoscaler may have more pods by then: the plan counts those that are ready
    is_scaled = pick(layered.values, "gateway", "autoscaling", "enabled") is True
    for index, step in enumerate(strategy.steps):
        weight = step.weight
        if step.kind is not EntryKind.WEIGHT or not 0 < weight < 100 or find_ratio_replicas(pods, weight):
            continue
        least, needed = find_least_weight(pods), find_stable_needed(weight)
        yield place_finding(
            layered.origins,
            ("rollout", "steps", index, "weight"),
            f"is {weight}, and route.kind service makes weights of gateway pods: one of the candidate's"
            f" beside {pods} of stable's gets {100 / (pods + 1):.3g} %.",
            rule="rollout-ratio",
            severity=Severity.WARNING if is_scaled else Severity.ERROR,
            hint=f"Write a weight of {least} or more, or gateway: {{replicas: {needed}}}.",
        )


def _check_ours(layered: Layered, chart_layers: frozenset[str]) -> Iterator[Finding]:
    for path in _OURS:
        origin = layered.origins.get(path)
        if origin is None or origin.layer in chart_layers or not pick(layered.values, *path):
            continue
        yield place_finding(
            layered.origins,
            path,
            "is set by the CLI for each role, so what is written here counts only for a plain helm install.",
            rule="set-by-cli",
            severity=Severity.WARNING,
            hint="Take it out, or leave it for an installation without the CLI.",
        )


def _list(values: Any, *path: str) -> list[Any]:
    found = pick(values, *path)
    return found if isinstance(found, list) else []
