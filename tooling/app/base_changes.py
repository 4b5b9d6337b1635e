"""What a target changes in base, and whether a rollout may do that along the way."""

from __future__ import annotations

from collections.abc import Iterable

from tooling.app.apply import values_for
from tooling.app.context import Ports, Target
from tooling.app.same_target import check_instance
from tooling.core.base_changes import BaseChange, find_base_changes
from tooling.errors import PreflightError
from tooling.ports.helm import Installed, Manifest


def check_additive(
    ports: Ports, target: Target, manifests: Iterable[Manifest] | None = None
) -> tuple[BaseChange, ...]:
    """Return what an ordinary rollout changes in base. Raises PreflightError where that is not only additive."""
    installed = ports.helm.read_installed(target.instance)
    if installed is None:
        return ()
    check_instance(target, installed.manifests)
    if manifests is None:
        manifests = ports.helm.render(target.instance, values_for(target, "base"))
    changes = compare_base(target, installed, manifests)
    disruptive = [change for change in changes if change.is_disruptive]
    if disruptive:
        raise PreflightError(
            "this changes base otherwise than by adding to it, which both slots would feel at once: "
            f"{'; '.join(map(str, disruptive))}.",
            hint=f"Do that alone, with a backup first: genai-stack release --base --env {target.environment}. "
            "Then release the rest. Nothing was touched.",
        )
    return changes


def tell_changes(ports: Ports, changes: Iterable[BaseChange]) -> None:
    """List what changes in base, under that word."""
    rows = tuple(
        {"base": str(change.name), "change": change.what, "data": "forward only" if change.is_forward_only else ""}
        for change in changes
    )
    if rows:
        ports.reporter.table("base", rows)


def compare_base(target: Target, installed: Installed, manifests: Iterable[Manifest]) -> tuple[BaseChange, ...]:
    """Return what differs between base as helm has it recorded and as the target renders it."""
    return find_base_changes(installed.manifests, manifests, namespace=target.namespace)
