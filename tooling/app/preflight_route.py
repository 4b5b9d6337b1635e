"""Whether the route can do what the plan asks of it, and is the only one that leads traffic to the instance."""

from __future__ import annotations

from collections.abc import Iterator

from tooling.app.context import Ports, Target
from tooling.app.same_target import tell_place
from tooling.core.diff.objects import ObjectName
from tooling.core.plan import SLOTS, StepKind
from tooling.core.plan import Target as Role
from tooling.core.ratio import find_least_weight, find_ratio_replicas, find_stable_needed
from tooling.core.rollout import Rollout
from tooling.errors import PreflightError

_ROUTE = ("gateway.networking.k8s.io/v1", "HTTPRoute")


def check_route(ports: Ports, target: Target, rollout: Rollout) -> None:
    """Refuse weights that pods cannot make, a route that leads elsewhere, and a second one beside the Service."""
    problems = [*_check_leader(target, rollout), *_check_weights(target, rollout), *_check_others(ports, target)]
    if problems:
        raise PreflightError(
            " ".join(message for message, _ in problems),
            hint=" ".join(dict.fromkeys((*(hint for _, hint in problems), "Nothing was touched."))),
        )


def _check_leader(target: Target, rollout: Rollout) -> Iterator[tuple[str, str]]:
    if rollout.stable and rollout.stable not in SLOTS:
        yield (
            f"the route of {target.instance} leads to {rollout.stable!r}, which is neither slot.",
            f"Give its traffic to {SLOTS[0]} or {SLOTS[1]}, or remove it.",
        )


def _check_weights(target: Target, rollout: Rollout) -> Iterator[tuple[str, str]]:
    """Weights are made beside the pods that stable has now, which may be other than the values declare."""
    if not target.strategy.splits_by_pods or rollout.stable not in SLOTS:
        return
    pods = rollout.snapshot.stable.get("gateway", 0)
    weights = [one.weight for one in rollout.steps if one.kind is StepKind.WEIGHT and one.target is Role.CANDIDATE]
    for weight in weights:
        if 0 < weight < 100 and not find_ratio_replicas(pods, weight):
            least, needed, one = find_least_weight(pods), find_stable_needed(weight), 100 / (pods + 1)
            place = tell_place(target, "rollout.steps")
            yield (
                f"{place}: weight {weight} cannot be made of gateway pods (route.kind: service): one of the "
                f"candidate's beside {pods} of {rollout.stable} gets {one:.3g} %.",
                f"Write a weight of {least} or more, or have {needed} gateway pods in {rollout.stable} first.",
            )


def _check_others(ports: Ports, target: Target) -> Iterator[tuple[str, str]]:
    if target.strategy.route != "service":
        return
    name = ObjectName(*_ROUTE, target.namespace, target.instance)
    (found,) = ports.cluster.read_objects((name,))
    if found.manifest is not None:
        yield (
            f"HTTPRoute {target.namespace}/{target.instance} would go on to send traffic past the Service, "
            "which is the route (route.kind: service).",
            "Once its traffic comes by the Service, remove it: "
            f"kubectl delete httproute {target.instance} -n {target.namespace}.",
        )
