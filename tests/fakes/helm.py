"""Helm in memory: revisions, pending operations, and Deployments in the simulated world.

As with the real one, a rollback's description is Helm's own: it cannot carry ours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.fakes.manifests import render_role
from tooling.core.observation import ReleaseState
from tooling.errors import HelmError
from tooling.ports.helm import PLAIN, ChartInfo, Installed, Manifest, ReleaseSize, Rendered, RenderSettings, Values

if TYPE_CHECKING:
    from tests.fakes.world import World


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a release."""

    number: int
    values: Values
    status: str
    description: str


class FakeHelm:
    """`revisions` holds every release with its revisions, oldest first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.chart = ChartInfo("genai-stack", "0.1.0", "sha256:chart-1")
        self.size = ReleaseSize(100_000)
        self.revisions: dict[str, list[Revision]] = {}

    def read_chart(self) -> ChartInfo:
        return self.chart

    def render(self, release: str, values: Values, *, has_hooks: bool = False) -> tuple[Manifest, ...]:
        return tuple(one.manifest for one in self.template(release, values, RenderSettings(has_hooks=has_hooks)))

    def template(self, release: str, values: Values, settings: RenderSettings = PLAIN) -> tuple[Rendered, ...]:
        self._world.calls.look("helm.render")
        return tuple(
            Rendered(manifest, f"genai-stack/templates/{manifest['kind'].lower()}.yaml")
            for manifest in render_role(release, values)
        )

    def read_installed(self, release: str) -> Installed | None:
        self._world.calls.look("helm.read_installed")
        past = self.revisions.get(release)
        if not past:
            return None
        chosen = next((one for one in reversed(past) if one.status == "deployed"), past[-1])
        state = self._describe(release, chosen)
        return Installed(state, render_role(release, chosen.values))

    def read_manifests(self, release: str, revision: int) -> tuple[Manifest, ...]:
        self._world.calls.look("helm.read_manifests")
        found = next((one for one in self.revisions.get(release, []) if one.number == revision), None)
        return render_role(release, found.values) if found else ()

    def read_values(self, release: str) -> Values | None:
        self._world.calls.look("helm.read_values")
        past = self.revisions.get(release)
        return past[-1].values if past else None

    def read_release(self, release: str) -> ReleaseState | None:
        self._world.calls.look("helm.read_release")
        return self._observe(release)

    def measure_release(self, release: str, values: Values) -> ReleaseSize:
        self._world.calls.look("helm.measure_release")
        return self.size

    def upgrade(self, release: str, values: Values, *, description: str) -> ReleaseState:
        def leave_pending() -> None:
            self.leave_pending(release, values, description)

        with self._world.calls.effect("helm.upgrade", release, half_done=leave_pending):
            self._refuse_pending(release)
            self._add(release, values, "deployed", description)
            self._world.apply(release, render_role(release, values), self._digest(values))
            self._world.scalers.install(self._find_slot(release), values)
        state = self._observe(release)
        assert state is not None
        return state

    def rollback(self, release: str, revision: int) -> None:
        def leave_pending() -> None:
            self._add(release, {}, "pending-rollback", f"Rollback to {revision}")

        with self._world.calls.effect("helm.rollback", f"{release} {revision}", half_done=leave_pending):
            old = next((one for one in self.revisions.get(release, []) if one.number == revision), None)
            if old is None:
                raise HelmError(f"release {release} has no revision {revision}")
            self._add(release, old.values, "deployed", f"Rollback to {revision}")
            self._world.apply(release, render_role(release, old.values), self._digest(old.values))
            self._world.scalers.install(self._find_slot(release), old.values)

    def test(self, release: str) -> None:
        with self._world.calls.effect("helm.test", release):
            if not self.revisions.get(release):
                raise HelmError(f"helm test {release}: no such release.")
            if not self._world.behaviour(self._find_slot(release)).tests_pass:
                raise HelmError(f"helm test {release}: pod {release}-gateway-test failed")

    def uninstall(self, release: str) -> None:
        def leave_pending() -> None:
            past = self.revisions.get(release, [])
            past[-1:] = [
                replace(one, status="uninstalling", description="Deletion in progress") for one in past[-1:]
            ]

        with self._world.calls.effect("helm.uninstall", release, half_done=leave_pending):
            self.revisions.pop(release, None)
            self._world.remove(release)
            self._world.scalers.states.pop(self._find_slot(release), None)

    def leave_pending(self, release: str, values: Values, description: str) -> None:
        """Leave what a helm leaves that died, or that still runs for somebody else."""
        status = "pending-upgrade" if self.revisions.get(release) else "pending-install"
        self._add(release, values, status, description)

    def _add(self, release: str, values: Values, status: str, description: str) -> None:
        past = self.revisions.setdefault(release, [])
        if status == "deployed":
            past[:] = [replace(one, status="superseded") for one in past]
        number = past[-1].number + 1 if past else 1
        past.append(Revision(number, values, status, description))

    def _find_slot(self, release: str) -> str:
        return release.removeprefix(f"{self._world.instance}-")

    def _refuse_pending(self, release: str) -> None:
        state = self._observe(release)
        if state is not None and state.is_pending:
            raise HelmError("another operation (install/upgrade/rollback) is in progress")

    def _observe(self, release: str) -> ReleaseState | None:
        past = self.revisions.get(release)
        if not past:
            return None
        return self._describe(release, past[-1])

    def _describe(self, release: str, one: Revision) -> ReleaseState:
        chart = f"{self.chart.name}-{self.chart.version}"
        return ReleaseState(release, one.number, one.status, one.description, chart)

    def _digest(self, values: Values) -> str:
        """What pod templates depend on; whether autoscalers are at work is not part of them."""
        own = {key: value for key, value in (values.get("global") or {}).items() if key != "autoscaler"}
        return json.dumps([self.chart.digest, {**values, "global": own}], sort_keys=True, default=str)
