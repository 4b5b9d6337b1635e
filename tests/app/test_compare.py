"""After something was taken back: what differs is told with who wrote it, what was left behind is found."""

import copy
from dataclasses import replace

import pytest

from tests.app.story import Story
from tooling.app.compare import compare
from tooling.core.plan import plan_backout
from tooling.core.rollout import Entry, Phase, Rollout, Snapshot

OWNED = {"meta.helm.sh/release-name": "genai-green", "meta.helm.sh/release-namespace": "genai"}


@pytest.fixture
def story():
    """Blue serves; green held revision 1, was upgraded to 2 and rolled back to 1 as revision 3."""
    story = Story()
    story.world.stand("blue")
    helm, values = story.world.helm, story.target(1).values
    for version in (1, 2):
        helm.upgrade("genai-green", slot_values(values, version), description="")
    helm.rollback("genai-green", 1)
    return story


def slot_values(values, version):
    models = {"smollm2": {"replicas": 1}} | ({"extra": {"replicas": 1}} if version == 2 else {})
    world = {"instance": "genai", "role": "slot", "slot": "green"}
    return {**values, "global": world, "inference": {"models": models}}


def make_rollout(story, **changes):
    target = story.target(2)
    rollout = Rollout(
        id="genai-1",
        instance="genai",
        candidate="green",
        target=target.version,
        steps=plan_backout(target.strategy),
        snapshot=Snapshot(serving="blue", base_revision=1, candidate_revision=1),
        phase=Phase.ABORTING,
    )
    return replace(rollout, **changes)


def look(story, **changes):
    return compare(story.ports, story.target(2), make_rollout(story, **changes))


def test_all_is_as_recorded(story):
    found = look(story)
    assert (found.differences, found.leftovers) == ((), ())
    assert str(found) == "6 objects equal their manifests"  # base has two, each slot a gateway and a model


def test_an_object_of_the_version_that_was_taken_back(story):
    extra = story.world.helm.read_manifests("genai-green", 2)[-1]
    left = copy.deepcopy(dict(extra))
    left["metadata"]["annotations"] = OWNED
    story.world.cluster.objects["Deployment/genai-green-inference-extra"] = left
    found = look(story)
    assert [one.what for one in found.leftovers] == ["Deployment/genai-green-inference-extra"]
    story.ports.cluster.remove_leftover(found.leftovers[0])
    assert str(look(story)) == "6 objects equal their manifests"


def test_what_somebody_changed_is_told_and_kept(story):
    live = copy.deepcopy(dict(story.world.helm.read_manifests("genai-blue", 1)[0]))
    live["metadata"]["labels"] = {**live["metadata"]["labels"], "genai-stack/slot": "red"}
    fields = {"f:metadata": {"f:labels": {"f:genai-stack/slot": {}}}}
    live["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "operation": "Update", "time": "09:05", "fieldsV1": fields}
    ]
    story.world.cluster.objects[f"Deployment/{live['metadata']['name']}"] = live
    story.world.cluster.objects["StatefulSet/genai-vectordb"] = None
    found = look(story)
    assert found.differences == (
        "StatefulSet/genai-vectordb is gone",
        'Deployment/genai-blue-gateway: metadata.labels["genai-stack/slot"] is red, recorded is blue; '
        "written by kubectl-edit (Update, 09:05)",
    )
    assert found.leftovers == ()


def test_what_may_not_be_read_is_told(story):
    story.world.cluster.forbidden.add("StatefulSet/genai-vectordb")
    found = look(story)
    assert found.checked == 5
    (told,) = found.differences
    assert told.startswith("StatefulSet/genai-vectordb was not looked at: cannot read")


def test_the_route_counts_once_this_rollout_has_written_it(story):
    journal = (Entry(1, "n", "route blue 100 %", 1.0, 1.0, "done"),)
    story.world.route.state = None
    assert look(story).differences == ()
    found = look(story, journal=journal)
    assert found.differences == ("Service/genai is gone", "HTTPRoute/genai is gone")


def test_a_first_install_that_was_taken_back_leaves_nothing(story):
    helm = story.world.helm
    values = helm.revisions["genai-green"][1].values
    helm.uninstall("genai-green")
    left = copy.deepcopy(dict(helm.render("genai-green", values)[0]))
    left["metadata"]["annotations"] = OWNED
    story.world.cluster.objects[f"Deployment/{left['metadata']['name']}"] = left
    found = look(story)
    assert [one.what for one in found.leftovers] == ["Deployment/genai-green-gateway"]
    assert look(story, is_rollback=True).leftovers == ()


def test_data_of_the_version_that_was_taken_back_is_told_and_never_deleted(story, monkeypatch):
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}}
    story.world.cluster.kinds.add(("v1", "PersistentVolumeClaim"))
    story.world.cluster.objects["PersistentVolumeClaim/data"] = {
        **claim,
        "metadata": {"name": "data", "annotations": OWNED},
    }
    read = story.world.helm.read_manifests
    monkeypatch.setattr(story.world.helm, "read_manifests", lambda *asked: (*read(*asked), claim))
    found = look(story)
    assert found.leftovers == ()
    assert found.differences == (
        "PersistentVolumeClaim/data of the version that was taken back is still there, and is left because of its "
        "data",
    )
