"""Every image names a version, and is listed by what the values say."""

from __future__ import annotations

import re

from tests.charts.leaves import walk_leaves
from tests.charts.rendering import ALL, Case, Renderer, Stack, list_cases, walk_containers, walk_pods
from tests.charts.schemas import CHART
from tests.charts.test_schema import read_schema
from tests.charts.values_doc import layer, read_defaults

REFERENCE = re.compile(r"[a-z0-9.:-]+(/[a-z0-9._-]+)+(:[A-Za-z0-9._-]+|@sha256:[a-f0-9]{64})")
DIGEST = "sha256:" + "a" * 64


def walk_references(stack: Stack) -> list[tuple[str, str]]:
    images = [(name, container["image"]) for name, container in walk_containers(stack)]
    for name, pod in walk_pods(stack):
        images += [(name, volume["image"]["reference"]) for volume in pod["volumes"] if "image" in volume]
    return images


def test_images_have_a_tag_or_a_digest_and_never_latest(stack: Stack) -> None:
    for name, image in walk_references(stack):
        assert REFERENCE.fullmatch(image), f"{name}: {image}"
        assert not image.endswith(":latest"), name


def test_images_follow_the_pull_policy(stack: Stack) -> None:
    policy = stack.case.values.get("global", {}).get("image", {}).get("pullPolicy", "IfNotPresent")
    assert {container["imagePullPolicy"] for _, container in walk_containers(stack)} == {policy}


def find_images(renderer: Renderer, *settings: str) -> set[str]:
    case = next(case for case in list_cases() if case.name == "ci/default")
    return {image for _, image in walk_references(Stack(case, {ALL: renderer.render(case, ALL, *settings)}))}


def test_tag_comes_from_the_image_then_from_global_then_from_the_chart(renderer: Renderer) -> None:
    version = next(
        line.split('"')[1] for line in (CHART / "Chart.yaml").read_text().splitlines() if "appVersion" in line
    )
    assert {image.rsplit(":", 1)[1] for image in find_images(renderer)} == {version}
    images = find_images(renderer, 'global.image.tag="g1"', 'gateway.image.tag="g2"')
    assert {image.rsplit("/", 1)[1] for image in images} == {
        "gateway:g2",
        "inference-cpu:g1",
        "model-smollm2:g1",
        "vectordb:g1",
        "evals:g1",
    }


def test_a_digest_wins(renderer: Renderer) -> None:
    images = find_images(renderer, 'evals.image.tag="x"', f'evals.image.digest="{DIGEST}"')
    assert f"docker.io/genaistack/evals@{DIGEST}" in images


def test_registry_is_one_key_for_all(renderer: Renderer, few: Case) -> None:
    settings = ('global.image.registry="localhost/mirror"',)
    manifests = renderer.render(few, ALL, *settings)
    leaves = walk_leaves(layer(read_defaults(), few.values), read_schema())
    own = tuple(
        f"{leaf.value}/"
        for leaf in leaves
        if leaf.path[-1] == "registry" and leaf.path[0] != "global" and leaf.value
    )
    for _, image in walk_references(Stack(few, {ALL: manifests})):
        assert image.startswith(("localhost/mirror/", *own)), image
