"""Rules on models: what hardware they name, how long they drain, and what scales them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.rules.scaler import find_scaler_findings
from tooling.core.rules.workloads import leads_to, read_timeout
from tooling.core.values import KeyPath, Layered, pick, place_finding, read_model, table

_PRE_STOP = 5
"""Seconds that a pod waits before it stops to accept connections; they count against its grace period."""


def find_model_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    inference = table(layered.values, "inference")
    if inference.get("enabled") is False:
        return ()
    found: list[Finding] = []
    for name, model in table(inference, "models").items():
        if isinstance(model, Mapping):
            settings = read_model(inference, model)
            path: KeyPath = ("inference", "models", name)
            found += _check_profile(layered, path, settings, table(inference, "profiles"))
            found += _check_grace(layered, path, settings)
            found += find_scaler_findings(
                layered,
                (*path, "autoscaling"),
                table(settings, "autoscaling"),
                rule="model-scaler",
                yaml="autoscaling: %s",
                metric="{queueDepth: 5}",
                replicas=settings.get("replicas"),
            )
            found += _check_answers(layered, path, settings)
            found += _check_adapters(layered, path, settings)
    return tuple(found)


def _check_profile(
    layered: Layered, path: KeyPath, settings: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[Finding]:
    profile = settings.get("profile")
    if isinstance(profile, str) and profile and known.get(profile) is None:
        names = sorted(name for name, value in known.items() if value is not None)
        yield place_finding(
            layered.origins,
            (*path, "profile"),
            f"is `{profile}`, which inference.profiles does not have.",
            rule="model-profile",
            hint=f"Known are: {', '.join(names)}." if names else "Add it to inference.profiles.",
        )


def _check_grace(layered: Layered, path: KeyPath, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """The gateway has to outlive the answers that it waits for."""
    gateway = table(layered.values, "gateway")
    own, its = settings.get("terminationGracePeriodSeconds"), gateway.get("terminationGracePeriodSeconds")
    if gateway.get("enabled") is not False and isinstance(own, int) and isinstance(its, int) and own > its:
        yield place_finding(
            layered.origins,
            (*path, "terminationGracePeriodSeconds"),
            f"is {own} s, and the gateway ends after {its} s: answers that still come would be lost.",
            rule="model-drain",
            hint=f"Write gateway: {{terminationGracePeriodSeconds: {own}}}.",
        )


def _check_answers(layered: Layered, path: KeyPath, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A server that ends has to outlive the answers that a gateway waits for."""
    gateway, grace = table(layered.values, "gateway"), settings.get("terminationGracePeriodSeconds")
    if gateway.get("enabled") is False or not isinstance(grace, int):
        return
    for name, route in table(gateway, "models").items():
        timeout = read_timeout(route)
        if leads_to(name, route) == path[-1] and timeout is not None and timeout + _PRE_STOP > grace:
            wanted = f"{{terminationGracePeriodSeconds: {ceil(timeout) + 3 * _PRE_STOP}}}"
            yield place_finding(
                layered.origins,
                ("gateway", "models", name, "timeoutSeconds"),
                f"lets an answer take {timeout:g} s, and a pod of model {path[-1]} that ends has {grace} s:"
                " longer answers are cut.",
                rule="model-drain",
                severity=Severity.WARNING,
                hint=f"Write inference: {{models: {{{path[-1]}: {wanted}}}}}, and no less at the gateway.",
            )


def _check_adapters(layered: Layered, path: KeyPath, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """An adapter answers under a name of its own, which callers reach through a route only."""
    gateway, model = table(layered.values, "gateway"), path[-1]
    if gateway.get("enabled") is False:
        return
    asked = {
        str(pick(route, "servedName") or name)
        for name, route in table(gateway, "models").items()
        if leads_to(name, route) == model
    }
    for adapter, source in table(settings, "lora").items():
        if source is not None and adapter not in asked:
            yield place_finding(
                layered.origins,
                (*path, "lora", adapter),
                "is served, but the gateway does not offer it.",
                rule="model-unreachable",
                severity=Severity.WARNING,
                hint=f"Write gateway: {{models: {{{adapter}: {{model: {model}, servedName: {adapter}}}}}}}.",
            )
