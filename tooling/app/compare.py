"""Compare what lives with what was recorded, after something was taken back, and find what was left behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tooling.app.apply import RouteBook, values_for
from tooling.app.context import Ports, Target
from tooling.core.comparison import Comparison, describe_differences
from tooling.core.diff.objects import ObjectDiff, ObjectName, find_drift, find_name
from tooling.core.leftovers import Leftover, find_leftovers
from tooling.core.manifests import Manifest
from tooling.core.plan import SLOTS
from tooling.core.rollout import Phase, Rollout
from tooling.ports.cluster import LiveObject
from tooling.ports.helm import Installed

_ROLLBACK = re.compile(r"Rollback to (\d+)")
"""How helm describes a revision that it made out of an older one."""

_MOST = 10
"""Revisions that are looked at: helm keeps no more."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One release: what is recorded of it, and what revisions that were taken back had set."""

    release: str
    recorded: tuple[Manifest, ...] = ()
    failed: tuple[Manifest, ...] = field(default=())


def compare(ports: Ports, target: Target, rollout: Rollout, book: RouteBook | None = None) -> Comparison:
    """Compare route, slots and base with their recorded manifests; fields that scalers own are left aside.

    Writes nothing. Raises what the ports raise; an object that may not be read is told among the differences.
    """
    parts = tuple(_read_parts(ports, target, rollout))
    route = _render_route(ports, target, rollout, book)
    recorded = [manifest for part in parts for manifest in part.recorded]
    names = dict.fromkeys(
        find_name(one, target.namespace)
        for one in (*recorded, *route, *(one for part in parts for one in part.failed))
    )
    found = ports.cluster.read_objects(names)
    live = {one.name: one.manifest for one in found if not one.problem}
    leftovers = [
        leftover
        for part in parts
        for leftover in find_leftovers(
            part.recorded, part.failed, live, release=part.release, namespace=target.namespace
        )
    ]
    diffs = _find_diffs(target, (*(part.recorded for part in parts), route), live)
    wanted = {find_name(one, target.namespace) for one in (*recorded, *route)}
    return Comparison(
        checked=sum(one.name in wanted and not one.problem for one in found),
        differences=(
            *describe_differences(diffs, live, leftovers),
            *(_tell_unread(one) for one in found if one.problem and one.name in wanted),
            *(_tell(one) for one in leftovers if one.has_data),
        ),
        leftovers=tuple(one for one in leftovers if not one.has_data),
    )


def _read_parts(ports: Ports, target: Target, rollout: Rollout) -> Iterator[_Part]:
    yield _read_part(ports, target, rollout, "")
    for slot in SLOTS:
        if slot in {rollout.stable, rollout.candidate}:
            yield _read_part(ports, target, rollout, slot)


def _read_part(ports: Ports, target: Target, rollout: Rollout, slot: str) -> _Part:
    release = f"{target.instance}-{slot}" if slot else target.instance
    installed = ports.helm.read_installed(release)
    if installed is None:
        return _Part(release, failed=_render_gone(ports, target, rollout, slot))
    failed: list[Manifest] = []
    for revision in _list_taken_back(installed):
        failed += ports.helm.read_manifests(release, revision)
    return _Part(release, installed.manifests, tuple(failed))


def _list_taken_back(installed: Installed) -> Iterable[int]:
    """Return the revisions between the one that runs and the one that it was made out of."""
    state = installed.state
    made_of = _ROLLBACK.match(state.description)
    if made_of is None:
        return ()
    return range(max(int(made_of[1]) + 1, state.revision - _MOST), state.revision)


def _render_gone(ports: Ports, target: Target, rollout: Rollout, slot: str) -> tuple[Manifest, ...]:
    """Render what a release that was uninstalled had held: helm keeps no record of that."""
    is_known = rollout.target.digest == target.version.digest and slot in {"", rollout.candidate}
    if not is_known or rollout.is_rollback:
        return ()
    role = "slot" if slot else "base"
    release = f"{target.instance}-{slot}" if slot else target.instance
    return ports.helm.render(release, values_for(target, role, slot))


def _render_route(ports: Ports, target: Target, rollout: Rollout, book: RouteBook | None) -> tuple[Manifest, ...]:
    """Render the route as this rollout last wrote it; nothing where it never did, and others' values made it."""
    is_back = rollout.phase is Phase.ABORTING
    serving = rollout.stable if is_back or rollout.is_base else rollout.candidate
    has_written = any(entry.action.startswith("route ") for entry in rollout.journal)
    if not serving or not has_written:
        return ()
    newest = "" if rollout.is_rollback else rollout.candidate
    return (book or RouteBook(ports, target, newest)).open({serving: 100}, serving)


def _find_diffs(
    target: Target, groups: Iterable[tuple[Manifest, ...]], live: dict[ObjectName, Manifest | None]
) -> tuple[ObjectDiff, ...]:
    return tuple(diff for group in groups for diff in find_drift(group, live, namespace=target.namespace))


def _tell_unread(one: LiveObject) -> str:
    return f"{one.name} was not looked at: {one.problem}"


def _tell(leftover: Leftover) -> str:
    return f"{leftover.name} of the version that was taken back is still there, and is left because of its data"
