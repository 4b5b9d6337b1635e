"""What an ordinary rollout may change in base, and what is for `release --base`."""

import copy

import pytest

from tests.core.diff.makers import make, make_workload
from tooling.core.base_changes import find_backup, find_base_changes

CLAIM = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}
DATABASE = make_workload("StatefulSet", "db", image="db:1", replicas=3, volumeClaimTemplates=[CLAIM])
RESTORE = {"app.kubernetes.io/component": "vectordb-restore"}
BACKUP = {"app.kubernetes.io/component": "vectordb-backup"}


def classify(before, after):
    return find_base_changes(before, after, namespace="genai")


def change(manifest, **spec):
    changed = copy.deepcopy(manifest)
    changed["spec"] |= spec
    return changed


def replace_image(manifest, image):
    changed = copy.deepcopy(manifest)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return changed


GROWN = change(
    DATABASE, volumeClaimTemplates=[{**CLAIM, "spec": {"resources": {"requests": {"storage": "20Gi"}}}}]
)
SERVICE = make("Service", "db", "v1", spec={"ports": [{"port": 80}], "type": "ClusterIP"})
PVC = make("PersistentVolumeClaim", "results", "v1", spec={"resources": {"requests": {"storage": "1Gi"}}})
CRON = make("CronJob", "evals", "batch/v1", spec={"schedule": "0 1 * * *"})

DISRUPTIVE = [
    (
        DATABASE,
        replace_image(DATABASE, "db:2"),
        "its pods restart (spec.template.spec.containers[main].image",
        True,
    ),
    (
        make_workload(name="cache"),
        replace_image(make_workload(name="cache"), "b:2"),
        "its pods restart (spec.template.spec.containers[main].image: a:1 -> b:2)",
        False,
    ),
    (DATABASE, change(DATABASE, replicas=2), "pods with data go (spec.replicas: 3 -> 2)", False),
    (DATABASE, GROWN, "cannot be changed in place (spec.volumeClaimTemplates[0]", True),
    (DATABASE, None, "goes", False),
    (SERVICE, None, "goes", False),
    (SERVICE, change(SERVICE, ports=[{"port": 90}]), "slots reach it otherwise", False),
    (PVC, change(PVC, resources={"requests": {"storage": "2Gi"}}), "its volume changes", True),
    (None, make("Job", "db-restore", "batch/v1", labels=RESTORE), "restores the vector DB from a backup", True),
]


@pytest.mark.parametrize(("before", "after", "what", "is_forward_only"), DISRUPTIVE)
def test_what_is_refused_in_an_ordinary_rollout(before, after, what, is_forward_only):
    (found,) = classify([before] if before else [], [after] if after else [])
    assert found.what.startswith(what)
    assert (found.is_disruptive, found.is_forward_only) == (True, is_forward_only)


ADDITIVE = [
    (None, DATABASE, "new"),
    (None, make("Job", "prefetch", "batch/v1"), "new"),
    (CRON, None, "goes"),
    (CRON, change(CRON, schedule="0 2 * * *"), "spec.schedule: 0 1 * * * -> 0 2 * * *"),
    (DATABASE, change(DATABASE, replicas=5), "spec.replicas: 3 -> 5"),
    (SERVICE, change(SERVICE, type="NodePort"), "spec.type: ClusterIP -> NodePort"),
    (make("ConfigMap", data={"a": "1"}), make("ConfigMap", data={"b": "2"}), "data.a: gone, data.b: new"),
    (
        make("ConfigMap", data={}),
        make("ConfigMap", data=dict.fromkeys("abcde", "1")),
        "data.a: new, data.b: new, data.c: new, and 2 more",
    ),
    (
        make("ConfigMap", data={"a": "x" * 60}),
        make("ConfigMap", data={"a": "1"}),
        f'data.a: {"x" * 47}... -> "1"',
    ),
]


@pytest.mark.parametrize(("before", "after", "what"), ADDITIVE)
def test_what_a_rollout_does_along_the_way(before, after, what):
    (found,) = classify([before] if before else [], [after] if after else [])
    assert found.what == what.replace("0 1 * * *", '"0 1 * * *"').replace("0 2 * * *", '"0 2 * * *"')
    assert not found.is_disruptive


def test_a_label_that_all_share_is_no_change():
    before = [make("ConfigMap", str(number), labels={"chart": "1"}) for number in range(5)]
    after = [make("ConfigMap", str(number), labels={"chart": "2"}) for number in range(5)]
    assert classify(before, after) == ()
    assert classify(before, before) == ()


def test_a_change_names_its_object():
    (found,) = classify([CRON], [change(CRON, schedule="5 5 * * *")])
    assert str(found) == 'CronJob/evals: spec.schedule: "0 1 * * *" -> "5 5 * * *"'


def test_the_backup_is_found_by_its_label():
    backup = make("CronJob", "genai-vectordb-backup", "batch/v1", labels=BACKUP)
    assert find_backup([CRON, DATABASE, backup]) == "genai-vectordb-backup"
    assert find_backup([CRON]) == ""
