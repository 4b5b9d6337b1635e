"""What the API server says to a trial, in words."""

import pytest

from tooling.core.diff.objects import ObjectName
from tooling.core.immutable import describe_refusal, find_fixed_fields, needs_live, suggest_remedy
from tooling.core.trial import Trial, count_new, find_full_quotas, forgive_order

SET = ObjectName("apps/v1", "StatefulSet", "ns", "db")
FORBIDDEN = 'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other ...'


def make_config(name, *, is_new=True):
    return Trial(ObjectName("v1", "ConfigMap", "ns", name), is_new=is_new)


def make_quota(hard, used, **spec):
    return {"metadata": {"name": "q"}, "spec": spec, "status": {"hard": hard, "used": used}}


def make_binding(role, problem):
    name = ObjectName("rbac.authorization.k8s.io/v1", "RoleBinding", "ns", "evals")
    manifest = {"kind": "RoleBinding", "roleRef": {"kind": "Role", "name": role}}
    return Trial(name, is_new=True, problem=problem), manifest


@pytest.mark.parametrize(
    ("role", "problem", "is_forgiven"),
    [
        ("evals", 'rolebindings.rbac.authorization.k8s.io "evals" not found', True),
        ("other", 'rolebindings.rbac.authorization.k8s.io "evals" not found', False),
        ("evals", "user may not grant what it has not", False),
    ],
)
def test_a_binding_may_come_with_its_role(role, problem, is_forgiven):
    made = Trial(ObjectName("rbac.authorization.k8s.io/v1", "Role", "ns", "evals"), is_new=True)
    trial, manifest = make_binding(role, problem)
    first, second = forgive_order((made, trial), ({"kind": "Role"}, manifest))
    assert first == made
    assert (second.problem == "", second.is_new) == (is_forgiven, True)


def test_only_new_objects_count():
    trials = (make_config("a"), make_config("b", is_new=False), Trial(SET, is_new=True))
    assert count_new(trials) == {("", "configmaps"): 1, ("apps", "statefulsets"): 1}


@pytest.mark.parametrize(
    ("hard", "used", "expected"),
    [
        ({"configmaps": "10"}, {"configmaps": "9"}, "2 more configmaps are needed, 1 of 10 are free"),
        ({"count/configmaps": 3}, {"count/configmaps": 5}, "2 more count/configmaps are needed, 0 of 3 are free"),
        ({"count/statefulsets.apps": "0"}, {}, "1 more count/statefulsets.apps are needed, 0 of 0 are free"),
        ({"configmaps": "11"}, {"configmaps": "9"}, ""),
        ({"secrets": "0", "cpu": "1"}, {}, ""),
        ({"configmaps": "many"}, {}, ""),
    ],
)
def test_a_quota_of_objects_is_for_all_of_them_together(hard, used, expected):
    new = count_new((make_config("a"), make_config("b"), Trial(SET, is_new=True)))
    told = list(find_full_quotas([make_quota(hard, used)], new))
    assert told == ([f"ResourceQuota q: {expected}"] if expected else [])


@pytest.mark.parametrize("spec", [{"scopes": ["BestEffort"]}, {"scopeSelector": {"matchExpressions": []}}])
def test_a_quota_of_some_pods_counts_no_objects(spec):
    assert not list(find_full_quotas([make_quota({"configmaps": "0"}, {}, **spec)], {("", "configmaps"): 1}))


def test_the_fields_of_a_statefulset_that_cannot_change_are_named():
    manifest = {
        "spec": {"serviceName": "new", "replicas": 3, "template": {"a": 1}, "podManagementPolicy": "Parallel"}
    }
    live = {"spec": {"serviceName": "old", "replicas": 1, "template": {"a": 2}, "podManagementPolicy": "Parallel"}}
    assert find_fixed_fields(manifest, live) == ("spec.serviceName (old there, new wanted)",)
    trial = Trial(SET, problem=FORBIDDEN)
    assert needs_live(trial)
    told = describe_refusal(trial, manifest, live)
    assert told == "StatefulSet/db: spec.serviceName (old there, new wanted) cannot change once it is there"
    assert "kubectl delete statefulset db --namespace ns --cascade=orphan" in suggest_remedy(trial)


def test_what_cannot_be_compared_is_told_as_the_server_says_it():
    trial = Trial(SET, problem=FORBIDDEN)
    assert describe_refusal(trial, {}, None) == f"StatefulSet/db: {FORBIDDEN.rstrip('.')}"
    assert describe_refusal(trial, {}, {}) == f"StatefulSet/db: {FORBIDDEN.rstrip('.')}"
    long = Trial(SET, problem="x" * 1000)
    assert describe_refusal(long, {}, None) == f"StatefulSet/db: {'x' * 397}"
    assert not needs_live(long)


@pytest.mark.parametrize(
    ("problem", "remedy"),
    [
        ("spec.selector: Invalid value: field is immutable", "delete StatefulSet db so that it is made anew"),
        ("exceeded quota: q", "Raise that quota"),
        ('admission webhook "w" denied the request: no', "admission webhook"),
        ("failed calling webhook w", "repaired"),
        ("something else", "Correct the values."),
    ],
)
def test_each_refusal_has_a_remedy(problem, remedy):
    assert remedy in suggest_remedy(Trial(SET, problem=problem))
