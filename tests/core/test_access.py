"""What a releaser may do against what it is going to do."""

import pytest

from tooling.core.access import (
    Denial,
    Need,
    Permission,
    Rule,
    find_denials,
    find_uncovered,
    list_permissions,
    merge_needs,
)

GET_POD = Permission("get", "", "pods", "ns", "a")
PROXY = Permission("get", "", "pods/proxy", "ns", "a")


@pytest.mark.parametrize(
    ("rule", "permission", "expected"),
    [
        (Rule(("get",), ("",), ("pods",)), GET_POD, True),
        (Rule(("list",), ("",), ("pods",)), GET_POD, False),
        (Rule(("get",), ("apps",), ("pods",)), GET_POD, False),
        (Rule(("get",), ("",), ("services",)), GET_POD, False),
        (Rule(("*",), ("*",), ("*",)), GET_POD, True),
        (Rule(("*",), ("*",), ("*",)), PROXY, True),
        (Rule(("get",), ("",), ("pods",)), PROXY, False),
        (Rule(("get",), ("",), ("*/proxy",)), PROXY, True),
        (Rule(("get",), ("",), ("*/proxy",)), GET_POD, False),
        (Rule(("get",), ("",), ("pods",), ("a", "b")), GET_POD, True),
        (Rule(("get",), ("",), ("pods",), ("b",)), GET_POD, False),
        (Rule(("get",), ("",), ("pods",), ("a",)), Permission("get", "", "pods", "ns"), False),
    ],
)
def test_a_rule_covers_what_it_says(rule, permission, expected):
    assert rule.covers(permission) is expected


def test_rules_of_a_namespace_say_nothing_of_the_cluster():
    wide = Permission("list", "", "nodes")
    everything = Rule(("*",), ("*",), ("*",))
    assert find_uncovered((GET_POD, wide), (everything,)) == (wide,)
    assert find_uncovered((GET_POD, wide), ()) == (GET_POD, wide)


def test_a_need_is_asked_verb_by_verb_and_name_by_name():
    need = Need("", "services/proxy", ("get", "create"), "why", names=("a", "b"))
    assert [(one.verb, one.name) for one in list_permissions((need, need), "ns")] == [
        ("get", "a"),
        ("get", "b"),
        ("create", "a"),
        ("create", "b"),
    ]
    wide = Need("", "nodes", ("list",), "why", is_wide=True)
    assert list_permissions((wide,), "ns") == (Permission("list", "", "nodes"),)


def test_denials_name_the_verbs_that_lack_in_the_order_of_the_api():
    secrets = Need("", "secrets", ("create", "get", "list"), "Helm's releases")
    nodes = Need("", "nodes", ("list",), "room", is_wide=True, without="not compared")
    routes = Need("gateway.networking.k8s.io", "httproutes", ("get",), "the route")
    denied = (Permission("create", "", "secrets", "ns"), Permission("get", "", "secrets", "ns"))
    (denial,) = find_denials((secrets, nodes, routes), "ns", denied)
    assert denial == Denial(secrets, ("get", "create"))
    assert str(denial) == "get, create secrets (Helm's releases)"
    assert str(Denial(nodes, ("list",))) == "list nodes in the cluster (room)"
    assert str(Denial(routes, ("get",))) == "get httproutes.gateway.networking.k8s.io (the route)"
    assert (nodes.is_optional, secrets.is_optional) == (True, False)


def test_needs_of_one_resource_become_one():
    first = Need("", "pods", ("list",), "first")
    merged = merge_needs((first, Need("", "pods", ("get",), "second"), Need("", "pods", ("get",), "n", ("a",))))
    assert merged == (Need("", "pods", ("get", "list"), "first"), Need("", "pods", ("get",), "n", ("a",)))
