"""Whether values belong to what they are used for: the rollout that is on its way, and the instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tooling.app.context import Target
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import child
from tooling.core.rollout import Phase, Rollout
from tooling.core.strategy_digest import find_changed_parts
from tooling.core.values import KeyPath, Origin, format_path
from tooling.errors import PreflightError, UsageError

_INSTANCE = "app.kubernetes.io/instance"
_SLOT = "genai-stack/slot"
_SHARED = "all"
_NAMED = 2
"""Keys from the top whose places are kept: `rollout.steps`, not what is in it."""


def check_same_target(rollout: Rollout, target: Target) -> None:
    """Refuse to drive a rollout with other values than it was started with; going back needs none.

    Raises UsageError; nothing was touched.
    """
    if rollout.instance != target.instance:
        place = tell_place(target, "rollout.instance")
        raise UsageError(
            f"the recorded rollout is of the instance {rollout.instance}, and {place} says {target.instance}.",
            hint="Use the values of that instance, or correct rollout.instance. Nothing was touched.",
        )
    if rollout.phase in {Phase.ABORTING, Phase.ROLLING_BACK} or rollout.is_rollback:
        return
    if rollout.target.digest != target.version.digest:
        raise UsageError(
            f"the unfinished rollout releases {rollout.target.label}, these values make {target.version.label}.",
            hint="Resume with the values it was started with, or take it back with: genai-stack abort",
        )
    changed = find_changed_parts(rollout.strategy, target.strategy_digest)
    if changed:
        places = ", ".join(tell_place(target, f"rollout.{key}") for key in changed)
        raise UsageError(
            f"the strategy changed while the rollout runs: {places}.",
            hint="Write there what it was started with, or take the rollout back with: genai-stack abort. "
            "Nothing was touched.",
        )


def check_route_kind(rollout: Rollout, target: Target) -> None:
    """Refuse values that write another kind of route than the one that splits the traffic now: it would stay."""
    if rollout.route and rollout.route != target.strategy.route:
        raise UsageError(
            f"{tell_place(target, 'route.kind')} is {target.strategy.route}, and the traffic of "
            f"{rollout.instance} is split by {rollout.route}.",
            hint=f"Write route: {{kind: {rollout.route}}} for this command. Nothing was touched.",
        )


def check_instance(target: Target, manifests: Iterable[Manifest]) -> None:
    """Refuse values whose instance is called like a part of another one; `manifests` are those of its base.

    Raises PreflightError; nothing was touched.
    """
    for one in manifests:
        labels = child(one, "metadata", "labels")
        owner, slot = labels.get(_INSTANCE, target.instance), labels.get(_SLOT, _SHARED)
        if owner != target.instance or slot != _SHARED:
            part = f"slot {slot} of the instance {owner}" if slot != _SHARED else f"the instance {owner}"
            place = tell_place(target, "rollout.instance")
            raise PreflightError(
                f"the Helm release {target.instance} is {part}, and {place} takes it for base.",
                hint=f"Write rollout: {{instance: {owner}}}, or a name that nobody has. Nothing was touched.",
            )


def find_places(origins: Mapping[KeyPath, Origin]) -> Mapping[str, str]:
    """Say in which file and line each key of `rollout` and `route` was set: `values/prod.yaml:88`."""
    return {
        format_path(path): f"{one.layer}:{one.line}" if one.line else one.layer
        for path, one in origins.items()
        if path[0] in {"rollout", "route"} and len(path) <= _NAMED
    }


def tell_place(target: Target, key: str) -> str:
    """Name a key with its place: `rollout.steps (values/prod.yaml:88)`."""
    place = target.places.get(key)
    return f"{key} ({place})" if place else key
