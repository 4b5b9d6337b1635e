"""What a version that was taken back left: removed is what only it had set, and nobody changed since."""

import copy

import pytest

from tests.core.diff.makers import make, make_workload
from tooling.core.diff.objects import find_name
from tooling.core.leftovers import find_leftovers, write_pointer

OWNED = {"meta.helm.sh/release-name": "genai-blue", "meta.helm.sh/release-namespace": "genai"}

KEPT = {"helm.sh/resource-policy": "keep"}


def find(recorded, failed, live):
    live = {find_name(one, "genai"): one for one in live}
    return find_leftovers(recorded, failed, live, release="genai-blue", namespace="genai")


def alive(manifest, **metadata):
    """A manifest as the API server has it: with an identity, and with defaults filled in."""
    one = copy.deepcopy(manifest)
    one["metadata"] |= {"uid": "u-1", "resourceVersion": "7", **metadata}
    one["status"] = {"readyReplicas": 1}
    return one


def carry_out(live, leftover):
    """Apply the JSON patch as an API server would."""
    changed = copy.deepcopy(live)
    for operation in leftover.operations:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        node = changed
        for part in parts[:-1]:
            node = node[int(part)] if isinstance(node, list) else node[part]
        last = int(parts[-1]) if isinstance(node, list) else parts[-1]
        assert operation["op"] in {"test", "remove"}
        if operation["op"] == "test":
            assert node[last] == operation["value"]
        else:
            del node[last]
    return changed


RECORDED = make_workload(container={"env": [{"name": "A", "value": "1"}], "args": ["serve"]})

ADDED = [
    ("spec.template.spec.containers[extra]", lambda pod, main: pod["containers"].append({"name": "extra"})),
    ("spec.template.spec.initContainers", lambda pod, main: pod.update(initContainers=[{"name": "wait"}])),
    ("spec.template.spec.containers[main].env[B]", lambda pod, main: main["env"].append({"name": "B"})),
    ("spec.template.spec.volumes", lambda pod, main: pod.update(volumes=[{"name": "v", "emptyDir": {}}])),
    ("spec.template.spec.containers[main].ports", lambda pod, main: main.update(ports=[{"containerPort": 9}])),
    ("spec.template.spec.priorityClassName", lambda pod, main: pod.update(priorityClassName="high")),
    (
        "spec.template.spec.containers[main].resources.requests",
        lambda pod, main: main["resources"].update(requests={"cpu": "500m"}),
    ),
]


@pytest.mark.parametrize(("path", "change"), ADDED)
def test_a_field_of_the_failed_version_is_removed(path, change):
    failed = copy.deepcopy(RECORDED)
    pod = failed["spec"]["template"]["spec"]
    change(pod, pod["containers"][0])
    live = alive(failed)
    (leftover,) = find([RECORDED], [failed], [live])
    assert leftover.fields == (path,)
    assert leftover.what == f"Deployment/x: {path}"
    assert carry_out(live, leftover)["spec"] == RECORDED["spec"]


def test_annotations_and_data_with_odd_names():
    recorded = make("ConfigMap", "c", "v1", annotations={"a": "1"}, data={"x": "1"})
    failed = make("ConfigMap", "c", "v1", annotations={"a": "1", "b/c": "2"}, data={"x": "1", "y~": "2"})
    live = alive(failed)
    live["metadata"]["annotations"]["by-hand"] = "3"
    (leftover,) = find([recorded], [failed], [live])
    assert leftover.fields == ('data["y~"]', 'metadata.annotations["b/c"]')
    left = carry_out(live, leftover)
    assert (left["data"], left["metadata"]["annotations"]) == ({"x": "1"}, {"a": "1", "by-hand": "3"})
    assert write_pointer(("data", "y~", 0)) == "/data/y~0/0"


def test_several_items_of_one_list_go_from_the_end():
    failed = copy.deepcopy(RECORDED)
    env = failed["spec"]["template"]["spec"]["containers"][0]["env"]
    env[:] = [{"name": "B", "value": "2"}, *env, {"name": "C", "value": "3"}]
    live = alive(failed)
    (leftover,) = find([RECORDED], [failed], [live])
    assert carry_out(live, leftover)["spec"] == RECORDED["spec"]


def test_what_somebody_has_changed_or_added_is_theirs():
    failed = copy.deepcopy(RECORDED)
    pod = failed["spec"]["template"]["spec"]
    pod["containers"].append({"name": "extra", "image": "e:1"})
    pod["volumes"] = [{"name": "v", "emptyDir": {}}]
    live = alive(failed)
    lived = live["spec"]["template"]["spec"]
    lived["containers"][1]["image"] = "theirs:1"
    lived["volumes"].append({"name": "theirs", "emptyDir": {}})
    (leftover,) = find([RECORDED], [failed], [live])
    assert leftover.fields == ("spec.template.spec.volumes[v]",)


def test_what_the_server_filled_in_is_part_of_what_was_added():
    failed = copy.deepcopy(RECORDED)
    failed["spec"]["template"]["spec"]["containers"].append({"name": "extra", "ports": [{"containerPort": 1}]})
    live = alive(failed)
    extra = live["spec"]["template"]["spec"]["containers"][1]
    extra["imagePullPolicy"] = "Always"
    extra["ports"][0]["protocol"] = "TCP"
    (leftover,) = find([RECORDED], [failed], [live])
    assert leftover.fields == ("spec.template.spec.containers[extra]",)
    assert leftover.operations[0]["value"] == extra


@pytest.mark.parametrize(
    ("before", "after", "live"),
    [
        ({"spec": {"a": 1}}, {"spec": {"a": 2}}, {"spec": {"a": 2}}),  # changed: helm sets it again
        ({"spec": {}}, {"spec": {"replicas": 3}}, {"spec": {"replicas": 3}}),  # the CLI's own
        ({"spec": {}}, {"spec": {"b": None}}, {"spec": {"b": 1}}),
        ({"spec": {}}, {"spec": {"b": 1}}, {"spec": {}}),
        ({"spec": {"a": "text"}}, {"spec": {"a": {"b": 1}}}, {"spec": {"a": {"b": 1}}}),
        ({"spec": {"a": "text"}}, {"spec": {"a": [{"name": "b"}]}}, {"spec": {"a": [{"name": "b"}]}}),
        ({"spec": {"a": ["x"]}}, {"spec": {"a": ["x", "y"]}}, {"spec": {"a": ["x", "y"]}}),  # nobody can say which
        ({"spec": {"a": ["x"]}}, {"spec": {"a": [{"name": "b"}]}}, {"spec": {"a": [{"name": "b"}]}}),
        ({"spec": {"a": []}}, {"spec": {"a": [{"name": "b"}]}}, {"spec": {"a": [{"name": "c"}]}}),
        ({}, {"status": {"a": 1}}, {"status": {"a": 1}}),
    ],
)
def test_what_is_no_leftover(before, after, live):
    recorded, failed, there = (make("Deployment", **each) for each in (before, after, live))
    assert find([recorded], [failed], [there]) == ()


def test_what_two_revisions_left_is_removed_once():
    first, second = copy.deepcopy(RECORDED), copy.deepcopy(RECORDED)
    first["spec"]["template"]["spec"]["nodeSelector"] = {"a": "1"}
    second["spec"]["template"]["spec"]["nodeSelector"] = {"a": "1", "b": "2"}
    live = alive(second)
    (leftover,) = find([RECORDED], [second, first], [live])
    assert leftover.fields == ("spec.template.spec.nodeSelector",)
    assert carry_out(live, leftover)["spec"] == RECORDED["spec"]


def test_a_whole_object_of_the_failed_version():
    extra = make("ConfigMap", "extra", "v1")
    (leftover,) = find([RECORDED], [RECORDED, extra], [alive(RECORDED), alive(extra, annotations=OWNED)])
    assert (leftover.what, leftover.operations, leftover.has_data) == ("ConfigMap/extra", (), False)
    assert (leftover.uid, leftover.resource_version) == ("u-1", "7")


@pytest.mark.parametrize(
    ("failed", "metadata", "count"),
    [
        (make("ConfigMap", "extra", "v1"), {}, 0),  # nobody's, or somebody else's
        (make("ConfigMap", "extra", "v1"), {"annotations": {**OWNED, "meta.helm.sh/release-name": "other"}}, 0),
        (make("ConfigMap", "extra", "v1"), {"annotations": OWNED, "deletionTimestamp": "now"}, 0),
        (make("ConfigMap", "extra", "v1", annotations=KEPT), {"annotations": {**OWNED, **KEPT}}, 0),
        (make("PersistentVolumeClaim", "data", "v1"), {"annotations": OWNED}, 1),
    ],
)
def test_which_objects_are_taken_for_leftovers(failed, metadata, count):
    found = find([RECORDED], [failed], [alive(RECORDED), alive(failed, **metadata)])
    assert [one.has_data for one in found] == [True] * count


def test_an_object_that_is_gone_left_nothing():
    failed = make("ConfigMap", "extra", "v1")
    live = {find_name(failed, "genai"): None}
    assert find_leftovers([], [failed], live, release="genai-blue", namespace="genai") == ()
