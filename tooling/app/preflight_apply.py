"""What the API server, its quotas and Helm's own limits say to every manifest, before anything is kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from tooling.app.apply import values_for
from tooling.app.context import Ports, Target
from tooling.core.budgets import find_deadlocks
from tooling.core.immutable import describe_refusal, needs_live, suggest_remedy
from tooling.core.rollout import Rollout
from tooling.core.trial import count_new, find_full_quotas, forgive_order
from tooling.errors import ClusterError, PreflightError
from tooling.ports.helm import Manifest, ReleaseSize

LARGEST_RELEASE = 1024 * 1024
"""Bytes that the API server takes in one Secret."""

SURELY_SMALL = 256 * 1024
"""Characters of values and manifests that fit beside the chart, even if they could not be packed at all."""

Fault = tuple[str, str]
"""What is wrong, and what to do about it."""

_OWN_OBJECTS = Counter({("", "secrets"): 2, ("", "configmaps"): 2})
"""What a rollout makes besides: Helm's Secrets for base and slot, the record of the rollout and its history."""


def check_trial(ports: Ports, target: Target, manifests: tuple[Manifest, ...], rollout: Rollout) -> None:
    """Refuse what could not be applied, not be kept, or never be drained: all of it in one message."""
    faults = [
        *_find_refused(ports, target, manifests),
        *_find_budgets(ports, target, manifests, rollout),
        *_find_large(ports, target, manifests, rollout),
    ]
    if faults:
        problems = "; ".join(dict.fromkeys(problem for problem, _ in faults))
        remedies = " ".join(dict.fromkeys(remedy for _, remedy in faults))
        raise PreflightError(f"{problems}.", hint=f"{remedies} Nothing was touched.")


def _find_refused(ports: Ports, target: Target, manifests: tuple[Manifest, ...]) -> Iterator[Fault]:
    namespace = target.namespace
    if not ports.cluster.has_namespace(namespace):
        ports.reporter.say(
            f"warning: namespace {namespace} does not exist yet: what its quotas and admission say to these "
            "manifests is not known before."
        )
        return
    trials = forgive_order(ports.cluster.try_apply(manifests, namespace), manifests)
    unsure = [trial.name for trial in trials if needs_live(trial)]
    live = {one.name: one.manifest for one in ports.cluster.read_objects(unsure)} if unsure else {}
    for trial, manifest in zip(trials, manifests, strict=True):
        if trial.problem:
            yield describe_refusal(trial, manifest, live.get(trial.name)), suggest_remedy(trial)
        elif trial.unchecked:
            ports.reporter.say(f"warning: {trial.name} was not tried: {trial.unchecked}")
    quotas = _list(ports, "v1", "resourcequotas", namespace)
    for full in find_full_quotas(quotas, _OWN_OBJECTS + count_new(trials)):
        yield full, "Raise that quota, or remove objects that nobody needs."


def _find_budgets(
    ports: Ports, target: Target, manifests: tuple[Manifest, ...], rollout: Rollout
) -> Iterator[Fault]:
    namespace = target.namespace
    budgets = _list(ports, "policy/v1", "poddisruptionbudgets", namespace)
    for deadlock in find_deadlocks(manifests, budgets, rollout.snapshot.required, namespace=namespace):
        yield deadlock.rstrip("."), "Until then nobody can drain the nodes of these pods."


def _find_large(
    ports: Ports, target: Target, manifests: tuple[Manifest, ...], rollout: Rollout
) -> Iterator[Fault]:
    if len(json.dumps([manifests, target.values], default=str)) < SURELY_SMALL:
        return  # asking helm takes longer than all other questions together
    parts = [(target.instance, values_for(target, "base"))]
    if rollout.candidate:
        slot = rollout.candidate
        parts.append((f"{target.instance}-{slot}", values_for(target, "slot", slot)))
    for name, values in parts:
        found = ports.helm.measure_release(name, values)
        if found.size > LARGEST_RELEASE:
            yield (
                f"Helm would keep {name} in a Secret of {found.size} bytes, and {LARGEST_RELEASE} are the most: "
                f"{_describe_parts(found)}",
                "Take what is large out of the values: into a ConfigMap of your own, mounted with extraVolumes.",
            )


def _describe_parts(found: ReleaseSize) -> str:
    return ", ".join(f"{name} take {size}" for name, size in list(found.parts.items())[:3])


def _list(ports: Ports, api_version: str, plural: str, namespace: str) -> tuple[Manifest, ...]:
    """Return what is there, as far as the account may know: what it may not is told by the access review."""
    try:
        return ports.cluster.list_objects(api_version, plural, namespace)
    except ClusterError as error:
        if error.status not in {403, 404}:
            raise
        return ()
