"""What a release of values would change, against what runs; reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from tooling.app.render import render_part
from tooling.app.values import LoadedValues
from tooling.core.diff.comparison import (
    Comparison,
    Mode,
    ObjectChange,
    Section,
    Versions,
    change_in_place,
    change_slot,
    count_live,
    find_refusals,
    invert,
    is_whole,
)
from tooling.core.diff.gpus import GpuBill, add_gpus, count_gpus, count_replicas, find_peak
from tooling.core.diff.objects import ObjectDiff, ObjectName, compare_objects, find_drift, find_name
from tooling.core.manifests import Manifest
from tooling.core.plan import SLOTS, find_idle_slot
from tooling.core.policies.bundle import Bundle, Workload
from tooling.core.strategy import read_replicas
from tooling.core.values import merge, role_values
from tooling.ports.cluster import Cluster
from tooling.ports.helm import Helm, Installed, RenderSettings
from tooling.ports.route import Route

Manifests = tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look: the ports of one namespace in one cluster."""

    helm: Helm
    cluster: Cluster
    route: Route
    namespace: str


def compare_instance(sources: Sources, loaded: LoadedValues) -> Comparison:
    """Compare values with what runs. Raises what the ports raise."""
    instance = loaded.instance
    look = _Look(sources, loaded)
    own = sources.helm.read_installed(instance)
    if own is not None and is_whole(own.manifests):
        return look.compare_plain(own)
    found = {slot: sources.helm.read_installed(f"{instance}-{slot}") for slot in SLOTS}
    slots = {slot: one for slot, one in found.items() if one is not None}
    if own is None and not slots:
        return look.compare_nothing()
    return look.compare_slots(own, slots)


class _Look:
    """One comparison on its way: renders, reads live objects once, and collects notes."""

    def __init__(self, sources: Sources, loaded: LoadedValues) -> None:
        info = sources.cluster.describe()
        self.sources = sources
        self.loaded = loaded
        self.namespace = sources.namespace
        self.settings = RenderSettings(kube_version=info.version)
        self.declared = read_replicas(loaded.effective)
        self.live: dict[ObjectName, Manifest | None] = {}
        self.notes: list[str] = []
        allowed = (loaded.effective.get("rollout") or {}).get("contexts") or ()
        if allowed and info.context not in allowed:
            self.notes.append(
                f"rollout.contexts ({', '.join(map(str, allowed))}) does not name this context, {info.context}: "
                "a release here would be refused"
            )

    def compare_nothing(self) -> Comparison:
        """Everything is new: what the first release installs."""
        parts = (("base", ""), ("slot", SLOTS[0]), ("route", ""))
        versions = [self.compare_with((), self.render(role, slot)) for role, slot in parts]
        gpus = add_gpus(count_gpus(self.index(one.after), one.gets) for one in versions)
        return self.conclude(
            Mode.ABSENT,
            tuple(
                Section(role, "nothing", change_in_place(one))
                for (role, _), one in zip(parts, versions, strict=True)
            ),
            bill=GpuBill({}, gpus, gpus),
            target=SLOTS[0],
        )

    def compare_plain(self, own: Installed) -> Comparison:
        """One Helm release, changed in place."""
        versions = self.compare_with(own.manifests, self.render("all"))
        section = Section("all", _name_revision(own), change_in_place(versions))
        return self.conclude(
            Mode.PLAIN,
            (section,),
            bill=self.bill_in_place(versions),
            drift=self.find_drift(own.manifests),
        )

    def compare_slots(self, own: Installed | None, slots: Mapping[str, Installed]) -> Comparison:
        """Base changed in place, a new version beside the one that serves, and the route."""
        route = self.sources.route.read(self.namespace, self.loaded.instance)
        serving = route.leader if route and route.leader in slots else next(iter(slots), "")
        target = find_idle_slot(serving)
        base = self.compare_with(own.manifests if own else (), self.render("base"))
        stable = slots[serving].manifests if serving else ()
        slot = self.compare_with(stable, self.render("slot", serving or target))
        weights = dict(route.weights) if route else {target: 100}
        manifests = self.render_route(weights, route.serving if route else target)
        self.read_live(manifests)
        amiss = self.find_drift(manifests)
        carrying = [f"{name} {weight} %" for name, weight in weights.items() if weight]
        if len(carrying) > 1:
            self.notes.append(
                f"traffic is split ({', '.join(carrying)}): a rollout is on its way, see genai-stack status"
            )
        sections = (
            Section("base", _name_revision(own), change_in_place(base)),
            Section("slot", _name_revision(slots.get(serving)), change_slot(slot, target)),
            Section("route", "the live objects", tuple(ObjectChange(diff) for diff in invert(amiss))),
        )
        if target in slots:
            self.check_target(slots[target], target)
        is_same = not any(section.objects for section in sections)
        return self.conclude(
            Mode.SLOTS,
            sections,
            bill=self.bill_beside(base, slot, slots.get(target), is_same=is_same),
            drift=(*self.find_drift(base.before), *self.find_drift(stable)),
            serving=serving,
            target=target,
            starts=0 if is_same else sum(slot.gets.values()),
        )

    def conclude(
        self,
        mode: Mode,
        sections: tuple[Section, ...],
        *,
        bill: GpuBill,
        drift: tuple[ObjectDiff, ...] = (),
        serving: str = "",
        target: str = "",
        starts: int = 0,
    ) -> Comparison:
        """Put everything together."""
        notes = tuple(dict.fromkeys(self.notes))
        return Comparison(mode, serving, target, sections, drift, bill, notes, starts)

    def check_target(self, held: Installed, target: str) -> None:
        """Note what the slot that gets the new version still holds and cannot be upgraded to it."""
        diffs = compare_objects(held.manifests, self.render("slot", target), namespace=self.namespace)
        self.notes += [f"{target} still holds {_name_revision(held)}; {text}" for text in find_refusals(diffs)]

    def bill_in_place(self, versions: Versions) -> GpuBill:
        """Count GPUs of a release that is upgraded."""
        before, after = self.index(versions.before), self.index(versions.after)
        restarted = {str(diff.name) for diff in versions.diffs if diff.touches("spec", "template")}

        def is_restarted(workload: Workload) -> bool:
            return str(workload.ref) in restarted

        return GpuBill(
            count_gpus(before, versions.had),
            count_gpus(after, versions.gets),
            find_peak(before, versions.had, after, versions.gets, is_restarted),
        )

    def bill_beside(self, base: Versions, slot: Versions, held: Installed | None, *, is_same: bool) -> GpuBill:
        """Count GPUs while both slots stand: what `held` still runs goes when the new version comes."""
        shared = self.bill_in_place(base)
        stable = count_gpus(self.index(slot.before), slot.had)
        idle = count_gpus(self.index(held.manifests), count_live(self.read_live(held.manifests))) if held else {}
        now = add_gpus([shared.before, stable, idle])
        if is_same:
            return GpuBill(now, now, now)
        new = count_gpus(self.index(slot.after), slot.gets)
        either = {name: max(one.get(name, Decimal(0)) for one in (new, idle)) for name in (*new, *idle)}
        peak = add_gpus([shared.peak, stable, either])
        return GpuBill(now, add_gpus([shared.after, new]), peak)

    def compare_with(self, before: Manifests, after: Manifests) -> Versions:
        """Read what lives of a release, and say how many pods its next version gets."""
        had = count_live(self.read_live(before))
        gets = count_replicas(self.index(after), had, self.declared)
        return Versions(before, after, had, gets, self.namespace)

    def render(self, role: str, slot: str = "") -> Manifests:
        """Render a role for the cluster that is looked at."""
        part = render_part(self.sources.helm, self.loaded, role, slot, self.settings)
        return tuple(one.manifest for one in part.rendered)

    def render_route(self, weights: Mapping[str, int], serving: str) -> Manifests:
        """Render the route with the weights that are live: those are the rollout's, and no change."""
        overlay = role_values(self.loaded.instance, "route", weights=weights, serving=serving)
        rendered = self.sources.helm.template(
            self.loaded.instance, merge(self.loaded.values, overlay), self.settings
        )
        return tuple(one.manifest for one in rendered)

    def read_live(self, manifests: Iterable[Manifest]) -> Mapping[ObjectName, Manifest | None]:
        """Read the live versions of manifests; those that cannot be read are noted and left out."""
        names = dict.fromkeys(find_name(one, self.namespace) for one in manifests)
        found: dict[ObjectName, Manifest | None] = {}
        for one in self.sources.cluster.read_objects(names):
            if one.problem:
                self.notes.append(f"{one.name} was not looked at: {one.problem}")
            else:
                found[one.name] = one.manifest
        self.live |= found
        return found

    def find_drift(self, manifests: Manifests) -> tuple[ObjectDiff, ...]:
        """Compare manifests with the live objects that were read."""
        return find_drift(manifests, self.live, namespace=self.namespace)

    def index(self, manifests: Manifests) -> Bundle:
        """Index manifests by kind and name."""
        return Bundle.of(manifests, namespace=self.namespace)


def only(comparison: Comparison, against: str) -> Comparison:
    """Keep what was asked for: the changes against the `release`, the drift of the `live` objects, or `both`.

    The route is in no release, so it stays with either.
    """
    if against == "release":
        return replace(comparison, drift=())
    if against == "both":
        return comparison
    return replace(comparison, sections=tuple(one for one in comparison.sections if one.part == "route"))


def _name_revision(installed: Installed | None) -> str:
    return f"release {installed.state.name}, revision {installed.state.revision}" if installed else "nothing"
