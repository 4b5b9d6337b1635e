"""What is compared with what: nothing installed, a plain install, and base with slots."""

from dataclasses import dataclass, field

import pytest

from tests.fakes import World
from tooling.app.diff import Sources, compare_instance, only
from tooling.app.values import LoadedValues
from tooling.core.diff.comparison import Mode
from tooling.core.observation import ReleaseState
from tooling.ports.helm import Installed, Rendered

GPU = "nvidia.com/gpu"
VALUES = {
    "rollout": {"instance": "genai", "contexts": ["genai-local"]},
    "gateway": {"replicas": 1},
    "inference": {"models": {"m": {"replicas": 2}}},
}


def workload(kind, name, component, image, *, slot="all", gpus=0):
    labels = {"app.kubernetes.io/component": component, "genai-stack/slot": slot, "genai-stack/model": "m"}
    container = {"name": "main", "image": image, "resources": {"limits": {GPU: gpus} if gpus else {}}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    }


def database(image="db:1"):
    return workload("StatefulSet", "genai-vectordb", "vectordb", image)


def model(image="m:1", slot="blue", gpus=1):
    return workload("Deployment", f"genai-{slot}-m", "inference", image, slot=slot, gpus=gpus)


def service(weights):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "genai"}, "spec": {"weights": weights}}


@dataclass
class Helm:
    """Releases by name; renders by role, in which a slot is told apart by its name only."""

    installed: dict = field(default_factory=dict)
    base: tuple = (database(),)
    slot: str = "m:1"
    gpus: int = 1
    versions: list = field(default_factory=list)

    def template(self, release, values, settings):
        self.versions.append(settings.kube_version)
        settings_of = values["global"]
        role, slot = settings_of["role"], settings_of["slot"]
        made = {
            "base": self.base,
            "slot": (model(self.slot, slot, self.gpus),),
            "all": (*self.base, model(self.slot, "all", self.gpus)),
            "route": (service(values.get("route", {}).get("weights")),),
        }[role]
        return tuple(Rendered(one) for one in made)

    def read_installed(self, release):
        manifests = self.installed.get(release)
        return Installed(ReleaseState(release, 7, "deployed"), manifests) if manifests else None


class Place:
    """A cluster and a Helm, and the objects of what is installed in both."""

    def __init__(self, **releases):
        self.world = World()
        self.world.cluster.kinds |= {("apps/v1", "StatefulSet")}
        self.helm = Helm({name.replace("_", "-"): manifests for name, manifests in releases.items()})
        for manifests in releases.values():
            self.live(*manifests)

    def live(self, *manifests, **spec):
        for one in manifests:
            name = f"{one['kind']}/{one['metadata']['name']}"
            self.world.cluster.objects[name] = {**one, "spec": {"replicas": 1, **one["spec"], **spec}}

    def route(self, **weights):
        self.world.route.set(weights, max(weights, key=weights.get))
        self.live(service(weights))

    def compare(self, against="both", **values):
        sources = Sources(self.helm, self.world.cluster, self.world.route, "genai")
        whole = {**VALUES, **values}
        return only(compare_instance(sources, LoadedValues("prod", whole, whole, {})), against)


def told(comparison):
    return {
        section.part: [(str(one.diff.op), str(one.diff.name)) for one in section.objects]
        for section in comparison.sections
    }


def slots(**more):
    place = Place(genai=(database(),), genai_blue=(model(),), **more)
    place.route(blue=100)
    return place


def test_where_nothing_is_installed_everything_is_new():
    comparison = Place().compare()
    assert (comparison.mode, comparison.target) == (Mode.ABSENT, "blue")
    assert told(comparison) == {
        "base": [("+", "StatefulSet/genai-vectordb")],
        "slot": [("+", "Deployment/genai-blue-m")],
        "route": [("+", "Service/genai")],
    }
    assert comparison.has_changes
    assert comparison.gpus.peak == {GPU: 2}
    assert not comparison.notes


def test_a_plain_install_is_compared_as_one_release():
    place = Place(genai=(database(), model(slot="all")))
    comparison = place.compare()
    assert (comparison.mode, told(comparison), comparison.has_changes) == (Mode.PLAIN, {"all": []}, False)
    place.helm.slot = "m:2"
    (section,) = place.compare().sections
    assert section.against == "release genai, revision 7"
    assert [effect.text for effect in section.objects[0].effects] == ["restarts 1 pod"]


def test_a_slot_is_compared_with_the_one_that_serves_whatever_its_name():
    place = Place(genai=(database(),), genai_green=(model(slot="green"),), genai_blue=(model("m:0"),))
    place.route(green=100)
    comparison = place.compare()
    assert (comparison.serving, comparison.target) == ("green", "blue")
    assert told(comparison) == {"base": [], "slot": [], "route": []}
    assert not comparison.has_changes
    assert (comparison.starts, comparison.gpus.peak) == (0, comparison.gpus.before)


def test_without_a_route_the_slot_that_is_there_serves():
    comparison = Place(genai=(database(),), genai_green=(model(slot="green"),)).compare()
    assert (comparison.serving, comparison.target) == ("green", "blue")
    assert told(comparison)["route"] == [("+", "Service/genai")]


def test_base_without_a_slot_gets_its_first():
    comparison = Place(genai=(database(),)).compare()
    assert (comparison.serving, comparison.target) == ("", "blue")
    assert told(comparison)["slot"] == [("+", "Deployment/genai-blue-m")]


def test_a_new_version_starts_beside_the_old_one_and_takes_gpus_of_both():
    place = slots()
    place.live(model(), replicas=3)
    place.helm.slot = "m:2"
    comparison = place.compare()
    assert told(comparison) == {"base": [], "slot": [("~", "Deployment/genai-blue-m")], "route": []}
    (change,) = comparison.sections[1].objects
    assert [effect.text for effect in change.effects] == ["starts 3 pods in green"]
    assert comparison.starts == 3
    bill = comparison.gpus
    assert (bill.before, bill.after, bill.peak) == ({GPU: 3}, {GPU: 3}, {GPU: 6})


def test_what_the_other_slot_still_runs_counts_until_it_is_replaced():
    place = slots(genai_green=(model("m:0", "green", 4),))
    place.helm.slot = "m:2"
    bill = place.compare().gpus
    assert (bill.before, bill.after, bill.peak) == ({GPU: 5}, {GPU: 2}, {GPU: 5})


def test_what_the_other_slot_holds_and_cannot_become_is_noted():
    held = model("m:1", "green")
    held["spec"]["selector"] = {"a": "b"}
    (note,) = slots(genai_green=(held,)).compare().notes
    assert note.startswith(
        "green still holds release genai-green, revision 7; Deployment/genai-green-m: spec.selector"
    )


def test_base_is_changed_in_place():
    place = slots()
    place.helm.base = (database("db:2"),)
    comparison = place.compare()
    assert [effect.text for effect in comparison.sections[0].objects[0].effects] == ["restarts 1 pod"]


def test_live_weights_are_no_change_and_what_else_was_done_to_the_route_is():
    place = slots()
    place.route(blue=75, green=25)
    comparison = place.compare()
    assert not comparison.has_changes
    assert comparison.notes == (
        "traffic is split (blue 75 %, green 25 %): a rollout is on its way, see genai-stack status",
    )
    place.live(service({"blue": 1}))
    (change,) = place.compare().sections[2].objects[0].diff.changes[:1]
    assert (change.old, change.new) == (1, 75)


def test_drift_is_told_of_base_and_of_the_slot_that_serves():
    place = slots(genai_green=(model("m:0", "green"),))
    place.live(model("edited"), model("edited", "green"))
    del place.world.cluster.objects["StatefulSet/genai-vectordb"]
    comparison = place.compare()
    assert [(str(one.op), str(one.name)) for one in comparison.drift] == [
        ("-", "StatefulSet/genai-vectordb"),
        ("~", "Deployment/genai-blue-m"),
    ]


@pytest.mark.parametrize(("against", "sections", "drifted"), [("release", 3, 0), ("live", 1, 1), ("both", 3, 1)])
def test_one_side_can_be_left_out(against, sections, drifted):
    place = slots()
    place.live(model("edited"))
    comparison = place.compare(against)
    assert (len(comparison.sections), len(comparison.drift)) == (sections, drifted)


def test_what_cannot_be_read_is_noted_and_no_drift():
    place = slots()
    place.world.cluster.forbidden = {"Deployment/genai-blue-m"}
    comparison = place.compare()
    assert comparison.notes == (
        "Deployment/genai-blue-m was not looked at: cannot read Deployment/genai-blue-m: Forbidden: not yours",
    )
    assert not comparison.drift


def test_another_context_than_the_values_name_is_noted():
    comparison = slots().compare(rollout={"instance": "genai", "contexts": ["prod-eu"]})
    (note,) = comparison.notes
    assert note.startswith("rollout.contexts (prod-eu) does not name this context, genai-local")


def test_what_is_rendered_is_for_the_version_of_the_cluster_and_nothing_is_written():
    place = slots()
    place.compare()
    assert set(place.helm.versions) == {"v1.36.3"}
    assert place.world.writes == []
