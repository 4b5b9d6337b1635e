"""Who else wrote a field: people and their tools are named; helm, this CLI and Kubernetes' controllers are not."""

import pytest

from tooling.core.field_owners import name_other

REPLICAS, TEMPLATE, RULES = ("spec", "replicas"), ("spec", "template"), ("spec", "rules")
IMAGE = {"f:template": {"f:spec": {"f:containers": {'k:{"name":"server"}': {"f:image": {}}}}}}


def entry(manager, spec, *, time="2026-11-21T21:00:00Z", operation="Update", subresource=None):
    own = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": {"f:spec": spec}, **own}


@pytest.mark.parametrize(
    ("entries", "path", "named"),
    [
        ([entry("kubectl", {"f:replicas": {}}, subresource="scale")], REPLICAS, "kubectl"),
        ([entry("kubectl-edit", IMAGE), entry("helm", IMAGE)], TEMPLATE, "kubectl-edit"),
        ([entry("kubectl-edit", {"f:replicas": {}})], TEMPLATE, ""),
        ([entry("kube-controller-manager", {"f:replicas": {}}, subresource="scale")], REPLICAS, ""),
        ([entry("keda", {"f:replicas": {}}, subresource="scale")], REPLICAS, ""),
        ([entry("genai-stack", {"f:replicas": {}}, subresource="scale")], REPLICAS, ""),
        ([entry("argocd-controller", {"f:rules": {}}, subresource="status")], RULES, ""),
        ([entry("genai-stack", {"f:rules": {}}, operation="Apply")], RULES, ""),
        ([], RULES, ""),
    ],
)
def test_who_else_wrote_it(entries, path, named):
    text = name_other({"metadata": {"managedFields": entries}}, path)
    assert text == (f"{named} (Update, 2026-11-21T21:00:00Z)" if named else "")


def test_the_last_of_several_is_named():
    entries = [
        entry("kubectl-edit", {"f:rules": {}}, time="2026-11-21T21:00:01Z"),
        entry("argocd-controller", {"f:rules": {}}, time="2026-11-21T21:00:03Z", operation="Apply"),
        entry("kubectl-patch", {"f:rules": {}}, time="2026-11-21T21:00:02Z"),
    ]
    live = {"metadata": {"managedFields": entries}}
    assert name_other(live, RULES) == "argocd-controller (Apply, 2026-11-21T21:00:03Z)"


def test_a_write_without_a_time_is_told_without_one():
    live = {"metadata": {"managedFields": [entry("kubectl", {"f:replicas": {}}, time="", subresource="scale")]}}
    assert name_other(live, REPLICAS) == "kubectl (Update)"


def test_helm_counts_where_it_has_no_business():
    live = {"metadata": {"managedFields": [entry("helm", {"f:rules": {}})]}}
    assert name_other(live, RULES) == ""
    assert name_other(live, RULES, ours=frozenset({"genai-stack"})) == "helm (Update, 2026-11-21T21:00:00Z)"
