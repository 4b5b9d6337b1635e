"""A comparison put together: what is a plain install, what pods there are, what starts where."""

import pytest

from tests.core.diff.makers import make, make_workload
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
from tooling.core.diff.fields import Op
from tooling.core.diff.gpus import GpuBill
from tooling.core.diff.objects import compare_objects, find_drift, find_name


def versions(before, after, had=3, gets=2):
    keys = [("Deployment", "n", "x"), ("Deployment", "n", "y")]
    return Versions(tuple(before), tuple(after), dict.fromkeys(keys, had), {keys[0]: gets}, "n")


def effects(changes):
    return [(str(one.diff.name), [(str(each.kind), each.text) for each in one.effects]) for one in changes]


@pytest.mark.parametrize(
    ("component", "expected"),
    [("gateway", True), ("inference", True), ("route", True), ("vectordb", False), ("evals", False)],
)
def test_a_plain_install_holds_what_serves(component, expected):
    one = make("A", labels={"app.kubernetes.io/component": component})
    assert is_whole([make("B"), one]) is expected


def test_pods_are_counted_at_the_live_workloads():
    live = {
        find_name(one, "n"): one
        for one in (
            make_workload(replicas=3),
            make_workload("StatefulSet"),
            make("DaemonSet", status={"desiredNumberScheduled": 5}),
            make("Service"),
        )
    }
    live |= {find_name(make_workload(name="gone"), "n"): None}
    assert count_live(live) == {
        ("Deployment", "n", "x"): 3,
        ("StatefulSet", "n", "x"): 1,
        ("DaemonSet", "n", "x"): 5,
    }


def test_an_upgrade_in_place_restarts_who_has_another_template():
    config = [make("ConfigMap", api="v1", data={"k": one}) for one in "12"]
    reading = {"volumes": [{"name": "v", "configMap": {"name": "x"}}]}
    before = [config[0], make_workload(pod=reading), make_workload(name="y", pod=reading)]
    after = [config[1], make_workload(pod=reading, image="a:2"), make_workload(name="y", pod=reading)]
    late = "Deployment/y reads it and is not restarted: files follow in a minute or two, variables do not"
    assert effects(change_in_place(versions(before, after))) == [
        ("ConfigMap/x", [("later", late)]),
        ("Deployment/x", [("restart", "restarts 3 pods")]),
    ]


def test_the_pods_of_a_new_version_start_in_the_other_slot():
    before = [make_workload(), make_workload(name="y"), make("Service")]
    after = [make_workload(image="a:2"), make("ConfigMap"), make("Service", labels={"a": "b"})]
    assert effects(change_slot(versions(before, after), "green")) == [
        ("Deployment/x", [("start", "starts 2 pods in green")]),
        ("ConfigMap/x", []),
        ("Service/x", []),
        ("Deployment/y", [("deleted", "is not part of the new version")]),
    ]


def test_what_cannot_be_upgraded_in_place_is_said():
    diffs = compare_objects(
        [make_workload(selector={"a": 1}), make_workload(name="y")],
        [make_workload(selector={"a": 2}), make_workload(name="y", image="a:2"), make("Service")],
        namespace="n",
    )
    assert find_refusals(diffs) == (
        "Deployment/x: spec.selector.a cannot be changed in place: "
        "Kubernetes refuses it until the object is deleted",
    )


def test_drift_of_what_a_release_applies_whole_is_what_it_changes():
    route = make("HTTPRoute", spec={"a": 1, "b": 2})
    live = {find_name(route, "n"): make("HTTPRoute", spec={"a": 3})}
    (diff,) = invert(find_drift([route], live, namespace="n"))
    assert [(str(one.op), one.old, one.new) for one in diff.changes] == [("~", 3, 1), ("+", None, 2)]
    assert diff.after["spec"] == {"a": 1, "b": 2}
    (gone,) = invert(find_drift([route], {find_name(route, "n"): None}, namespace="n"))
    assert (gone.op, gone.before) == (Op.ADDED, None)


@pytest.mark.parametrize(("in_section", "in_drift"), [(True, False), (False, True), (False, False)])
def test_anything_that_differs_counts(in_section, in_drift):
    (diff,) = compare_objects([], [make("A")], namespace="n")
    section = Section("base", "x", (ObjectChange(diff),) if in_section else ())
    drift = (diff,) if in_drift else ()
    comparison = Comparison(Mode.SLOTS, "blue", "green", (section,), drift, GpuBill(), ())
    assert comparison.has_changes is (in_section or in_drift)
