"""The Kubernetes API's schemas: what is found, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tooling.adapters.schemas_kubernetes import KubernetesApis
from tooling.core.definitions import translate_root
from tooling.errors import StateError

APIS = KubernetesApis()
NEWEST = APIS.versions()[-1]


def find(manifest: dict[str, Any], version: str = NEWEST) -> dict[str, str]:
    """The keyword of each mismatch by its path."""
    fits = APIS.find(version, manifest["apiVersion"], manifest["kind"])
    assert fits is not None
    return {".".join(map(str, one.path)): one.keyword for one in fits(manifest)}


def make(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", **spec}]}}
    whole = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": whole}


def test_versions_are_sorted_by_number() -> None:
    numbers = [tuple(map(int, version.split("."))) for version in APIS.versions()]
    assert numbers == sorted(numbers)
    assert (1, 35) in numbers


def test_a_sound_object_has_no_mismatch_in_any_version() -> None:
    for version in APIS.versions():
        assert find(make(image="x"), version) == {}


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"imag": "x"}, {"imag": "additionalProperties"}),
        ({"ports": [{}]}, {"ports.0.containerPort": "required"}),
        ({"ports": [{"containerPort": "80"}]}, {"ports.0.containerPort": "type"}),
        ({"args": {"a": "b"}}, {"args": "type"}),
        ({"env": [{"name": "A", "value": 1}]}, {"env.0.value": "type"}),
        ({"livenessProbe": {"httpGet": {"port": {}}}}, {"livenessProbe.httpGet.port": "type"}),
        ({"resources": {"limits": {"cpu": []}}}, {"resources.limits.cpu": "type"}),
        (
            {"stdin": "true", "x": 1, "y": 2},
            {"stdin": "type", "x": "additionalProperties", "y": "additionalProperties"},
        ),
    ],
)
def test_each_mismatch_has_its_place(spec: dict[str, Any], found: dict[str, str]) -> None:
    where = "spec.template.spec.containers.0."
    assert find(make(**spec)) == {f"{where}{path}": keyword for path, keyword in found.items()}


def test_an_unknown_field_comes_with_those_that_are_known() -> None:
    fits = APIS.find(NEWEST, "v1", "ConfigMap")
    assert fits is not None
    (found,) = fits({"apiVersion": "v1", "kind": "ConfigMap", "dta": {}})
    assert {"data", "binaryData", "immutable"} <= set(found.wanted)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("apps.example.com/v1", "Deployment"),
        ("apps/v1", "deployment"),
        ("apps/v1", "../v1.25.0-local-strict/deployment"),
        ("apps/v1", ""),
        ("apps/v1", "D" * 300),
        ("a" * 300 + "/v1", "Deployment"),
        ("../apps/v1", "Deployment"),
        ("policy/v1beta1", "PodSecurityPolicy"),
        ("apps/v1", "DeploymentSpec"),
    ],
)
def test_a_kind_that_a_version_lacks_is_not_found(api_version: str, kind: str) -> None:
    assert APIS.find(NEWEST, api_version, kind) is None


def test_kinds_are_listed() -> None:
    kinds = APIS.list_kinds(NEWEST)
    assert {("apps/v1", "Deployment"), ("v1", "Pod")} <= kinds
    assert ("policy/v1beta1", "PodSecurityPolicy") not in kinds


@pytest.mark.parametrize("value", [10**400, {"\ud800": 1}])
def test_what_json_cannot_hold_is_a_mismatch_of_the_whole(value: Any) -> None:
    fits = APIS.find(NEWEST, "v1", "ConfigMap")
    assert fits is not None
    assert fits({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": value}})


def test_a_custom_kind_has_the_metadata_of_every_object() -> None:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    }
    fits = APIS.compile(translate_root(schema))
    sound = {"apiVersion": "e/v1", "kind": "E", "metadata": {"name": "a", "labels": {"x": "y"}}, "spec": {"a": 1}}
    assert fits(sound) == ()
    broken = {**sound, "metadata": {"name": "a", "label": {}}, "spec": {"a": "1", "b": 2}}
    paths = {one.path for one in fits(broken)}
    assert paths == {("metadata", "label"), ("spec", "a"), ("spec", "b")}


def test_a_pattern_takes_no_longer_than_the_text(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "string", "pattern": "^(a+)+$"}}}
    fits = APIS.compile(translate_root(schema))
    assert [one.keyword for one in fits({"spec": "a" * 50_000 + "!"})] == ["pattern"]


@pytest.mark.parametrize("pattern", ["(", "(?=a)"])
def test_a_schema_that_cannot_be_used_is_an_error(pattern: str) -> None:
    with pytest.raises(StateError, match="the schema cannot be used"):
        APIS.compile(
            translate_root({"type": "object", "properties": {"spec": {"type": "string", "pattern": pattern}}})
        )


def test_without_schemas_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="holds no schemas"):
        KubernetesApis(tmp_path)
    folder = tmp_path / "v1.30.0-local-strict"
    folder.mkdir()
    (folder / "pod-v1.json").write_text(json.dumps({"x-kubernetes-group-version-kind": []}))
    (folder / "job-batch-v1.json").write_text("{")
    apis = KubernetesApis(tmp_path)
    assert apis.find("1.30", "v1", "Pod") is None
    with pytest.raises(StateError, match="cannot be read as a schema"):
        apis.find("1.30", "batch/v1", "Job")
