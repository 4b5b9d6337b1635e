"""The table of everything that a releaser does, and the Role out of it."""

import pytest

from tooling.core.access import Need
from tooling.core.access_needs import EVERY_STEP, Work, find_resource, list_needs
from tooling.core.access_role import Subject, make_grants
from tooling.core.plan import StepKind

ROUTE = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "genai"}}
SCALER = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}}
KEDA = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}}
CLASS = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "a"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}


def find_verbs(needs, resource, **facts):
    return {
        verb
        for need in needs
        if need.resource == resource and all(getattr(need, key) == value for key, value in facts.items())
        for verb in need.verbs
    }


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("Deployment", "deployments"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("Ingress", "ingresses"),
        ("StorageClass", "storageclasses"),
        ("Endpoints", "endpoints"),
        ("PodDisruptionBudget", "poddisruptionbudgets"),
    ],
)
def test_a_kind_has_its_resource(kind, resource):
    assert find_resource(kind) == resource


def test_what_is_applied_is_read_made_changed_and_deleted():
    needs = list_needs(Work("genai", (SERVICE, ROUTE, ROUTE), frozenset()))
    for resource in ("services", "httproutes"):
        assert find_verbs(needs, resource, is_optional=False) == {"get", "create", "patch", "delete"}
        assert find_verbs(needs, resource, is_optional=True) == {"watch"}


def test_steps_ask_for_what_they_do_and_others_do_not():
    bare = list_needs(Work("genai", (), frozenset()))
    assert not find_verbs(bare, "pods/proxy")
    assert not find_verbs(bare, "jobs")
    assert find_verbs(bare, "pods", is_wide=False) == {"list"}
    whole = list_needs(Work("genai", ()))
    assert find_verbs(whole, "pods/proxy") == {"get"}
    assert find_verbs(whole, "jobs") == {"get", "create"}
    assert find_verbs(whole, "pods", is_wide=False) == {"get", "list", "watch", "create", "patch", "delete"}


@pytest.mark.parametrize("resource", ["horizontalpodautoscalers", "scaledobjects"])
def test_autoscalers_are_looked_for_and_held_where_there_are_some(resource):
    assert find_verbs(list_needs(Work("genai", ())), resource) == {"list"}
    rendered = list_needs(Work("genai", (SCALER, KEDA)))
    assert find_verbs(rendered, resource) == {"get", "list", "create", "patch", "delete"}
    stable = list_needs(Work("genai", (), frozenset({"freeze"})))
    assert find_verbs(stable, resource) == {"get", "list", "patch"}


def test_nothing_is_asked_of_an_operator_that_is_not_there():
    assert not find_verbs(list_needs(Work("genai", (), has_keda=False)), "scaledobjects")


def test_counting_requests_on_their_way_is_of_use_only():
    (proxy,) = [one for one in list_needs(Work("genai", (), frozenset({"drain"}))) if one.resource == "pods/proxy"]
    assert proxy.is_optional
    (proxy,) = [one for one in list_needs(Work("genai", ())) if one.resource == "pods/proxy"]
    assert not proxy.is_optional


def test_a_proxy_reaches_the_gateways_of_the_slots_only():
    (proxy,) = [one for one in list_needs(Work("acme", ())) if one.resource == "services/proxy"]
    assert proxy.names == ("http:acme-blue-gateway:80", "http:acme-green-gateway:80")


def test_what_is_of_the_cluster_and_what_is_optional_come_last():
    needs = list_needs(Work("genai", (CLASS,), has_namespace=False))
    assert find_verbs(needs, "priorityclasses", is_optional=False) == {"get", "create", "patch", "delete"}
    assert find_verbs(needs, "namespaces", is_wide=True) == {"create"}
    order = [(need.is_optional, need.is_wide) for need in needs]
    assert order == sorted(order)
    assert not find_verbs(list_needs(Work("genai", ())), "namespaces", is_wide=True)


def test_uninstalling_is_asked_for_by_itself():
    assert not find_verbs(list_needs(Work("genai", ())), "persistentvolumeclaims")
    needs = list_needs(Work("genai", (), removes=True))
    assert find_verbs(needs, "persistentvolumeclaims") == {"list", "delete"}
    assert "delete" in find_verbs(needs, "leases")


def test_the_steps_of_the_table_are_steps_of_plans():
    assert {kind.value for kind in StepKind} >= EVERY_STEP


NEEDS = (
    Need("", "secrets", ("get",), "releases"),
    Need("", "configmaps", ("get",), "record"),
    Need("", "configmaps", ("watch",), "at once", without="later"),
    Need("apps", "deployments", ("get",), "record", ("a",)),
    Need("scheduling.k8s.io", "priorityclasses", ("get",), "applied", is_wide=True),
    Need("", "nodes", ("list",), "room", is_wide=True, without="no room"),
)


def test_a_role_has_all_of_the_namespace_and_nothing_of_the_cluster():
    account, role, wide, spare = make_grants(NEEDS, instance="genai", namespace="prod", subject=Subject("ci"))
    assert [one["kind"] for one in account.manifests] == ["ServiceAccount"]
    made, bound = role.manifests
    assert made["metadata"]["namespace"] == bound["metadata"]["namespace"] == "prod"
    assert made["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "watch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["a"], "verbs": ["get"]},
    ]
    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": "ci", "namespace": "prod"}]
    assert bound["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": made["metadata"]["name"],
    }
    assert role.reasons == ("secrets: releases", "configmaps, deployments: record", "configmaps: at once")
    assert [one["kind"] for one in wide.manifests] == ["ClusterRole", "ClusterRoleBinding"]
    assert not wide.is_optional
    assert spare.is_optional
    assert spare.manifests[0]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    assert "namespace" not in spare.manifests[0]["metadata"]


def test_a_user_needs_no_account():
    (role,) = make_grants(NEEDS[:1], instance="genai", namespace="prod", subject=Subject("anna", is_user=True))
    assert role.manifests[1]["subjects"] == [
        {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "anna"}
    ]
