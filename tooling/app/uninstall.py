"""Take an instance away: route, slots, base and state; data only when asked for."""

from __future__ import annotations

from tooling.app import preflight
from tooling.app.apply import forget_lock, remove_everything
from tooling.app.context import Ports, Target
from tooling.app.release import confirm


def uninstall(ports: Ports, target: Target, *, delete_data: bool, is_confirmed: bool) -> tuple[str, ...]:
    """Remove everything under the lock and return the names of the claims that were deleted."""
    preflight.check_context(ports, target)
    data = " with all data of its vector DB" if delete_data else ""
    confirm(ports, target, is_confirmed, f"to remove it{data}")
    if not ports.cluster.has_namespace(target.namespace):
        return ()
    stored = ports.store.load(target.namespace, target.instance)
    if stored is None or stored.rollout.phase.is_terminal:
        preflight.check_pending(ports, target, but="uninstalling")
    with ports.lease.hold(target.namespace, target.instance):
        claims = remove_everything(ports, target, delete_data=delete_data)
    forget_lock(ports, target)
    return claims
