"""The manifests of a role, as a rollout would apply them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tooling.app.values import LoadedValues
from tooling.core.plan import SLOTS
from tooling.core.selection import find_unknown, is_selected
from tooling.core.values import find_release, merge, pick, role_values
from tooling.errors import UsageError
from tooling.ports.helm import PLAIN, Helm, Manifest, Rendered, RenderSettings

ROLES = ("all", "base", "slot", "route")
EACH = "each"
"""Not a role: all that a rollout makes of an instance."""

_EACH = (("base", ""), *(("slot", slot) for slot in SLOTS), ("route", ""))


@dataclass(frozen=True, slots=True)
class Part:
    """What one render gave: `name` is `all`, `base`, `route`, or that of the slot."""

    role: str
    slot: str
    release: str
    rendered: tuple[Rendered, ...]

    @property
    def name(self) -> str:
        """The slot where there is one, else the role."""
        return self.slot if self.role == "slot" else self.role


def find_namespace(loaded: LoadedValues, given: str | None) -> str:
    """Return the namespace that was given, else rollout.namespace, else one called like the instance."""
    return given or str(pick(loaded.effective, "rollout", "namespace") or loaded.instance)


def render(
    helm: Helm, loaded: LoadedValues, role: str, slot: str = "", *, has_hooks: bool = False
) -> tuple[Manifest, ...]:
    """Render a role, with its hooks if asked.

    `slot` names the slot of role `slot`, and the one that serves in role `route` (blue).

    Raises UsageError for a role without a slot that needs one, HelmError for what the chart refuses.
    """
    part = render_part(helm, loaded, role, slot, RenderSettings(has_hooks=has_hooks))
    return tuple(one.manifest for one in part.rendered)


def render_parts(
    helm: Helm, loaded: LoadedValues, role: str, slot: str = "", settings: RenderSettings = PLAIN
) -> tuple[Part, ...]:
    """Render a role, or with `each` all parts of an instance that is released: base, both slots, route.

    Raises what `render` raises.
    """
    if role == EACH and slot:
        raise UsageError("each renders both slots.", hint="Leave out --slot, or use --role slot.")
    parts = _EACH if role == EACH else ((role, slot),)
    return tuple(render_part(helm, loaded, *part, settings) for part in parts)


def render_part(
    helm: Helm, loaded: LoadedValues, role: str, slot: str = "", settings: RenderSettings = PLAIN
) -> Part:
    """Render one role with where each manifest came from. Raises what `render` raises."""
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
    release = find_release(instance, role, slot)
    return Part(role, slot, release, helm.template(release, merge(loaded.values, overlay), settings))


def select(parts: tuple[Part, ...], wanted: Iterable[str]) -> tuple[Part, ...]:
    """Keep the manifests of templates or objects that were named; all where none was.

    Raises UsageError naming the nearest for one that selects nothing in any part.
    """
    asked = tuple(wanted)
    if not asked:
        return parts
    known = [(one.manifest, one.source) for part in parts for one in part.rendered]
    for missing, near in find_unknown(asked, known):
        raise UsageError(
            f"--show-only {missing}: nothing like that is rendered.",
            hint=f"Did you mean {near}?"
            if near
            else "Name a template (charts/gateway/templates/service.yaml) or "
            "an object (Deployment/genai-gateway).",
        )
    return tuple(
        replace(
            part,
            rendered=tuple(
                one for one in part.rendered if any(is_selected(name, one.manifest, one.source) for name in asked)
            ),
        )
        for part in parts
    )
