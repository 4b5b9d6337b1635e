"""The manifests of one role, as a rollout would apply them."""

from __future__ import annotations

from tooling.app.values import LoadedValues
from tooling.core.plan import SLOTS
from tooling.core.values import find_release, merge, role_values
from tooling.errors import UsageError
from tooling.ports.helm import Helm, Manifest

ROLES = ("all", "base", "slot", "route")


def render(
    helm: Helm, loaded: LoadedValues, role: str, slot: str = "", *, has_hooks: bool = False
) -> tuple[Manifest, ...]:
    """Render a role, with its hooks if asked.

    `slot` names the slot of role `slot`, and the one that serves in role `route` (blue).

    Raises UsageError for a role without a slot that needs one, HelmError for what the chart refuses.
    """
    if role == "slot" and slot not in SLOTS:
        raise UsageError("the role slot needs a slot.", hint=f"Add --slot {SLOTS[0]} or --slot {SLOTS[1]}.")
    if role in {"all", "base"} and slot:
        raise UsageError(f"the role {role} has no slot.", hint="Leave out --slot, or use --role slot.")
    instance = loaded.instance
    if role == "route":
        serving = slot or SLOTS[0]
        overlay = role_values(instance, role, weights={serving: 100}, serving=serving)
    else:
        overlay = role_values(instance, role, slot)
    return helm.render(find_release(instance, role, slot), merge(loaded.values, overlay), has_hooks=has_hooks)
