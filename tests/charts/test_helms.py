"""Helm 4 makes what Helm 3 makes, and refuses what Helm 3 refuses: every other test here then holds for both."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.charts.rendering import (
    ALL,
    BLUE,
    KUBERNETES,
    Case,
    Manifest,
    Renderer,
    View,
    identify,
    list_profiled,
)
from tests.charts.schemas import CHART
from tests.charts.test_rejected import BROKEN, SCHEMA

LAYERED = [case for case in list_profiled() if case.name.endswith("/prod")]


def sort(manifests: Iterable[Manifest]) -> list[Manifest]:
    return sorted(manifests, key=lambda m: (identify(m), m["metadata"].get("namespace", "")))


def test_the_versions_are_what_their_names_say(renderer: Renderer, renderer4: Renderer) -> None:
    for one, major in ((renderer, "v3."), (renderer4, "v4.")):
        assert one.run("version", "--short").stdout.startswith(major)


@pytest.mark.parametrize("view", [ALL, BLUE], ids=str)
def test_both_make_the_same(renderer: Renderer, renderer4: Renderer, case: Case, view: View) -> None:
    assert sort(renderer4.render(case, view)) == sort(renderer.render(case, view))


@pytest.mark.parametrize("layered", LAYERED, ids=str)
def test_both_make_the_same_of_prod_on_every_profile(
    renderer: Renderer, renderer4: Renderer, layered: Case
) -> None:
    assert sort(renderer4.render(layered, ALL)) == sort(renderer.render(layered, ALL))


def test_helm_4_finds_nothing_to_say_against_the_chart(renderer4: Renderer, case: Case) -> None:
    files = [part for file in case.files for part in ("--values", str(file))]
    done = renderer4.run("lint", "--strict", str(CHART), *files, "--kube-version", KUBERNETES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr


@pytest.mark.parametrize(("setting", "named"), SCHEMA[::4], ids=lambda value: value)
def test_helm_4_refuses_by_the_schema(renderer4: Renderer, setting: str, named: str) -> None:
    assert named in renderer4.refuse(setting)


@pytest.mark.parametrize(("view", "release", "settings", "expected"), BROKEN[::2])
def test_helm_4_refuses_with_the_same_message(
    renderer4: Renderer, view: View, release: str, settings: tuple[str, ...], expected: str
) -> None:
    assert expected in renderer4.refuse(*settings, view=view, release=release)
