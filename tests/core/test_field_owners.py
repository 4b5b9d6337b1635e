"""Who wrote a field, as managedFields tell it."""

import json

import pytest

from tooling.core.diff.fields import Item
from tooling.core.field_owners import name_outsider, name_writer


def manager(name, time, fields, operation="Update", **more):
    return {"manager": name, "operation": operation, "time": time, "fieldsV1": fields, **more}


CONTAINER = f"k:{json.dumps({'name': 'main'})}"
LIVE = {
    "metadata": {
        "managedFields": [
            manager(
                "helm",
                "09:00",
                {
                    "f:spec": {
                        "f:replicas": {},
                        "f:template": {"f:spec": {"f:containers": {CONTAINER: {"f:image": {}}}}},
                    }
                },
            ),
            manager(
                "kubectl-edit",
                "09:05",
                {
                    "f:spec": {
                        "f:template": {"f:spec": {"f:containers": {CONTAINER: {"f:image": {}, "f:args": {}}}}}
                    }
                },
            ),
            manager("kubectl-scale", "09:06", {"f:spec": {"f:replicas": {}}}, subresource="scale"),
            manager("kube-controller-manager", "09:07", {"f:metadata": {"f:annotations": {"f:x": {}}}}),
        ]
    }
}
MAIN = ("spec", "template", "spec", "containers", Item("name", "main"))


@pytest.mark.parametrize(
    ("path", "writer"),
    [
        ((*MAIN, "image"), "kubectl-edit (Update, 09:05)"),
        ((*MAIN, "args", 2), "kubectl-edit (Update, 09:05)"),  # a list without names is owned as a whole
        ((*MAIN[:-1], Item("name", "other"), "image"), ""),
        ((*MAIN, "env"), ""),
        (("spec", "replicas"), "helm (Update, 09:00)"),
        (("metadata", "annotations", "x"), "kube-controller-manager (Update, 09:07)"),
    ],
)
def test_the_writer_of_a_field(path, writer):
    assert name_writer(LIVE, path) == writer


def test_the_last_outsider():
    assert name_outsider(LIVE) == "kubectl-edit (Update, 09:05)"
    assert name_outsider({"metadata": {}}) == ""


def test_a_field_that_is_no_map_belongs_to_nobody():
    assert name_writer({"metadata": {"managedFields": [manager("x", "1", {"f:spec": 1})]}}, ("spec", "a")) == ""
