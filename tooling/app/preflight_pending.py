"""A Helm release that somebody else's helm is at work on: who, since when, and the command that gets it out."""

from __future__ import annotations

from tooling.app.context import Ports, Target
from tooling.core.diff.objects import ObjectName
from tooling.core.observation import ReleaseState
from tooling.core.policies.bundle import child, rows
from tooling.errors import HeldError

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def make_refusal(ports: Ports, target: Target, release: ReleaseState) -> HeldError:
    """Return the error for a pending release; what cannot be found out is left out."""
    begun = _tell_age(ports.clock.now() - release.updated_at) if release.updated_at else ""
    manager = _find_manager(ports, target, release)
    by = f" by {manager}" if manager else ""
    said = f", saying {release.description!r}" if release.description else ""
    when = f", begun {begun} ago{by}{said}" if begun else f"{', written' if by else ''}{by}{said}"
    what = f"{release.status}, revision {release.revision}{when}"
    return HeldError(
        f"helm is at work on {release.name} for somebody else ({what}).",
        hint=f"Wait, or if that process is dead: {_find_command(ports, target, release)}. Nothing was touched.",
    )


def _find_command(ports: Ports, target: Target, release: ReleaseState) -> str:
    """Return what takes it back to the revision that runs; the newest one before it may be a failed one."""
    name, namespace = release.name, target.namespace
    installed = (
        ports.helm.read_installed(name) if release.status in {"pending-upgrade", "pending-rollback"} else None
    )
    if installed is None or installed.state.revision == release.revision:
        return f"helm uninstall {name} -n {namespace}"
    return f"helm rollback {name} {installed.state.revision} -n {namespace}"


def _find_manager(ports: Ports, target: Target, release: ReleaseState) -> str:
    """Return who wrote the Secret of the revision, as it called itself."""
    secret = f"sh.helm.release.v1.{release.name}.v{release.revision}"
    (live,) = ports.cluster.read_objects((ObjectName("v1", "Secret", target.namespace, secret),))
    managers = [str(one.get("manager")) for one in rows(child(live.manifest, "metadata"), "managedFields")]
    return managers[-1] if managers else ""


def _tell_age(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
