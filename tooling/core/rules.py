"""Rules on values that a schema cannot say: they hold between keys. Each finding names the YAML to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.rules_edge import find_edge_findings
from tooling.core.rules_models import find_model_findings
from tooling.core.rules_quota import find_quota_findings
from tooling.core.strategy import Strategy, find_step_faults, parse_duration, read_strategy
from tooling.core.values import KeyPath, Layered, Origin, pick, place_finding, table

_DURATIONS: tuple[KeyPath, ...] = (
    ("rollout", "analysis", "maxHold"),
    ("rollout", "readyTimeout"),
    ("rollout", "scaleDownDelay"),
)
_OURS: tuple[KeyPath, ...] = (
    ("global", "role"),
    ("global", "slot"),
    ("global", "instance"),
    ("route", "weights"),
    ("route", "serving"),
)


def find_rule_findings(layered: Layered, *, chart_layers: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error.

    `chart_layers` names the layers that are the chart's own defaults, which nobody has to be warned of.
    """
    return (
        *_check_rollout(layered),
        *_check_models(layered),
        *find_model_findings(layered),
        *find_edge_findings(layered),
        *find_quota_findings(layered),
        *_check_ours(layered, chart_layers),
    )


def _check_rollout(layered: Layered) -> Iterator[Finding]:
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
    if durations:
        return
    try:
        strategy = read_strategy(layered.values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # the schema says what is wrong there
    if strategy.kind == "canary":
        steps: KeyPath = ("rollout", "steps")
        for fault in find_step_faults(strategy.steps):
            yield place_finding(layered.origins, steps, f"{fault}.", rule="rollout-steps")
        yield from _check_evidence(layered.origins, strategy)


def _check_durations(layered: Layered) -> Iterator[Finding]:
    steps = _list(layered.values, "rollout", "steps")
    indexes: list[KeyPath] = [("rollout", "steps", index) for index in range(len(steps))]
    paths = [*_DURATIONS, *((*at, "hold") for at in indexes), *((*at, "approval", "timeout") for at in indexes)]
    for path in paths:
        text = pick(layered.values, *path)
        if not isinstance(text, str):
            continue
        try:
            parse_duration(text)
        except ValueError as error:
            yield place_finding(layered.origins, path, f"{error}.", rule="duration")


def _check_evidence(origins: Mapping[KeyPath, Origin], strategy: Strategy) -> Iterator[Finding]:
    """Warn of a step that its own load can never decide: it would always end as inconclusive."""
    load, wanted = strategy.load, strategy.analysis.min_requests
    if not load.is_enabled:
        return
    for index, step in enumerate(strategy.steps):
        seconds = max(step.hold, strategy.analysis.max_hold)
        expected = load.rate * step.weight / 100 * seconds
        if not step.is_approval and expected < wanted:
            yield place_finding(
                origins,
                ("rollout", "steps", index),
                f"gets about {expected:.0f} requests of its own load in {seconds:g} s, fewer than the {wanted} of"
                " rollout.analysis.minRequests.",
                rule="rollout-evidence",
                severity=Severity.WARNING,
                hint="Raise rollout.load.rate, the weight or rollout.analysis.maxHold, or rely on live traffic.",
            )


def _check_models(layered: Layered) -> Iterator[Finding]:
    """Every model that the gateway offers has to be served by somebody."""
    values, origins = layered.values, layered.origins
    if not _is_enabled(values, "gateway"):
        return
    offered = table(values, "gateway", "models")
    served = table(values, "inference", "models") if _is_enabled(values, "inference") else {}
    reached = set()
    for name, route in offered.items():
        settings = route if isinstance(route, Mapping) else {}
        model = settings.get("model") or name
        reached.add(model)
        if not settings.get("url") and model not in served:
            yield place_finding(
                origins,
                ("gateway", "models", name),
                f"has no url, and inference.models has no model {model}.",
                rule="model-unserved",
                hint=f"Write gateway: {{models: {{{name}: {{url: ...}}}}}} or add it to inference.models.",
            )
    default = pick(values, "gateway", "defaultModel")
    if isinstance(default, str) and default and default not in offered:
        path: KeyPath = ("gateway", "defaultModel")
        hint = f"Known are: {', '.join(offered)}." if offered else ""
        message = f"names `{default}`, which gateway.models does not have."
        yield place_finding(origins, path, message, rule="model-default", hint=hint)
    for name in served:
        if name not in reached:
            yield place_finding(
                origins,
                ("inference", "models", name),
                "is served, but the gateway does not offer it.",
                rule="model-unreachable",
                severity=Severity.WARNING,
                hint=f"Write gateway: {{models: {{{name}: {{}}}}}}.",
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
        )


def _list(values: Any, *path: str) -> list[Any]:
    found = pick(values, *path)
    return found if isinstance(found, list) else []


def _is_enabled(values: Any, section: str) -> bool:
    return table(values, section).get("enabled", True) is True
