"""values/: each environment says only what differs, and each example says what happens."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml

from tests.charts.rendering import (
    ALL,
    BLUE,
    ROUTE,
    Case,
    Renderer,
    View,
    find_case,
    list_cases,
    list_examples,
    parse,
)
from tests.charts.schemas import ROOT
from tests.charts.values_doc import read_defaults

BEFORE = ROOT / "tests" / "data" / "genai-stack-d537d7b.tgz"
"""The chart that the first version of prod was installed by."""

MUTABLE = {
    *("replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "revisionHistoryLimit"),
    "persistentVolumeClaimRetentionPolicy",
}
"""What Kubernetes lets one change in the spec of a StatefulSet."""

ENVIRONMENTS = [case for case in list_cases() if case.name.startswith("values/")]


def walk_leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from walk_leaves(value, (*path, key))
    else:
        yield path, values


def test_there_is_a_file_for_every_environment() -> None:
    assert [case.name for case in ENVIRONMENTS] == [
        f"values/{name}" for name in ("dev", "local", "prod", "staging")
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_an_environment_sets_nothing_that_is_the_default(environment: Case) -> None:
    defaults = dict(walk_leaves(read_defaults()))
    repeated = [
        path for path, value in walk_leaves(environment.values) if path in defaults and defaults[path] == value
    ]
    assert not repeated


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_an_environment_names_the_contexts_it_may_go_to(environment: Case) -> None:
    name = environment.name.removeprefix("values/")
    assert environment.values["rollout"]["contexts"] == ["genai-local" if name == "local" else name]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_weights_rise(environment: Case) -> None:
    weights = [step["weight"] for step in environment.values["rollout"]["steps"] if "weight" in step]
    assert weights == sorted(set(weights))


@pytest.mark.parametrize("example", list_examples(), ids=str)
def test_an_example_is_valid_and_changes_the_slot(renderer: Renderer, example: Case) -> None:
    local = next(case for case in ENVIRONMENTS if case.name == "values/local")
    assert renderer.template(example, ALL)
    assert renderer.template(example, ROUTE) == renderer.template(local, ROUTE)
    assert renderer.template(example, BLUE) != renderer.template(local, BLUE)


@pytest.mark.parametrize("example", list_examples(), ids=str)
def test_an_example_says_how_to_run_it(example: Case) -> None:
    file = example.files[-1]
    header = file.read_text(encoding="utf-8").split("\n\n")[0]
    assert f"make release ENV=local VALUES={file.relative_to(ROOT)}" in header
    assert "exit code 3" in header
    assert yaml.safe_load(file.read_text(encoding="utf-8"))


def find_fixed(manifests: Iterable[Any]) -> dict[str, Any]:
    """What of the database's StatefulSet stays as it was made."""
    (database,) = (manifest for manifest in manifests if manifest["kind"] == "StatefulSet")
    return {key: value for key, value in database["spec"].items() if key not in MUTABLE}


def test_prod_of_the_first_version_gets_to_this_one_by_the_steps_of_the_page(renderer: Renderer) -> None:
    size = ["--set", "vectordb.persistence.size=50Gi"]
    helm = [str(renderer.helm), "template", "genai", str(BEFORE), *size]
    before = find_fixed(parse(subprocess.run(helm, capture_output=True, text=True, check=True).stdout))
    prod = find_case("values/prod")
    assert find_fixed(renderer.render(prod, View("all", extra=("vectordb.replicas=1",)))) == before
    # Not in one step: this is what the API server would refuse.
    assert find_fixed(renderer.render(prod, ALL)) == {**before, "podManagementPolicy": "Parallel"}
    page = (ROOT / "docs" / "vectordb.md").read_text(encoding="utf-8")
    steps = ("--set vectordb.replicas=1\n", "delete statefulset genai-vectordb\n", "minimumReplicationFactor=1\n")
    places = [page.rindex(step) for step in steps]
    assert places == sorted(places)
