"""`rbac` from the command line, with this repository's own chart and values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def find_rules(documents, kind="Role"):
    return {
        (group, resource): tuple(rule["verbs"])
        for document in documents
        if document["kind"] == kind
        for rule in document["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_the_role_is_printed_as_yaml_with_its_reasons(capfd):
    assert run(["rbac", "--env", "local"]) == 0
    printed = capfd.readouterr().out
    kinds = ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]
    documents = list(yaml.safe_load_all(printed))
    assert [one["kind"] for one in documents] == kinds
    assert "#   secrets: Helm keeps its releases in Secrets\n" in printed
    assert "# Optional: without it a release says what it could not compare, and goes on.\n" in printed
    rules = find_rules(documents)
    assert rules["gateway.networking.k8s.io", "httproutes"] == ("get", "watch", "create", "patch", "delete")
    assert not {resource for _, resource in rules if "*" in resource}
    assert not {verb for verbs in rules.values() for verb in verbs if verb == "*"}
    assert ("", "persistentvolumeclaims") not in rules


def test_the_values_decide_what_is_asked_for(capfd):
    assert run(["rbac", "--env", "prod", "--user", "anna", "--namespace", "ai", "--output", "json"]) == 0
    printed = json.loads(capfd.readouterr().out)
    rules = find_rules(printed["items"])
    assert "patch" in rules["autoscaling", "horizontalpodautoscalers"]
    assert rules["monitoring.coreos.com", "prometheusrules"] == ("get", "create", "patch", "delete")
    (bound,) = [one for one in printed["items"] if one["kind"] == "RoleBinding"]
    assert bound["metadata"]["namespace"] == "ai"
    assert bound["subjects"] == [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "anna"}]
    assert printed["optional"] == ["ai-genai-releaser-view"]


def test_uninstalling_is_granted_only_when_asked_for(capfd):
    assert run(["rbac", "--env", "local", "--with-uninstall"]) == 0
    rules = find_rules(yaml.safe_load_all(capfd.readouterr().out))
    assert rules["", "persistentvolumeclaims"] == ("list", "delete")


def test_two_subjects_are_refused(capfd):
    assert run(["rbac", "--user", "anna", "--service-account", "ci"]) == 2
    assert "choose one" in capfd.readouterr().err


def test_values_with_errors_are_told_as_everywhere_else(capfd):
    assert run(["rbac", "--env", "local", "--set", "gateway.replicas=many"]) == 2
    captured = capfd.readouterr()
    assert "gateway.replicas: must be a whole number" in captured.err
    assert captured.out == ""
