"""Definitions of custom kinds: fetched once, by hash, and each in a file that says what it defines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tooling.local import definitions, objects, toolchain
from tooling.local.errors import BuildError

SOURCES = (*definitions.gateway_sources(), *definitions.CUSTOM)


def fake_go(folder: Path, answer: str, code: int = 0) -> toolchain.Toolchain:
    """A Go that answers every question with the same."""
    path = folder / "go"
    path.write_text(f"#!/bin/sh\ncat <<'EOF'\n{answer}\nEOF\nexit {code}\n")
    path.chmod(0o755)
    return toolchain.Toolchain(path, "1.26.0")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> definitions.Source:
    module = tmp_path / "module"
    module.mkdir()
    (module / "x.test_things.yaml").write_text("kind: CustomResourceDefinition\n")
    go = fake_go(tmp_path, f'{{"Sum": "h1:right=", "Dir": "{module}"}}')
    monkeypatch.setattr(definitions, "find_go", lambda progress, cache: go)
    return definitions.Source("x.test/things", "v1.0.0", "h1:right=", ("x.test_things.yaml",))


def test_what_was_fetched_is_kept_and_needs_no_go(
    source: definitions.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    first = definitions.provide((source,), said.append, cache=tmp_path / "cache")
    monkeypatch.setattr(definitions, "find_go", lambda progress, cache: pytest.fail("Go is asked again"))

    assert definitions.provide((source,), said.append, cache=tmp_path / "cache") == first
    assert [path.read_text() for path in first] == ["kind: CustomResourceDefinition\n"]
    assert said == ["fetching definitions of x.test/things v1.0.0"]


def test_a_module_that_is_not_the_pinned_one_is_refused(source: definitions.Source, tmp_path: Path) -> None:
    other = replace(source, sum="h1:other=")

    with pytest.raises(BuildError, match="is not what is pinned: h1:right=, expected h1:other=") as refused:
        definitions.provide((other,), cache=tmp_path / "cache")
    assert refused.value.exit_code == 2
    assert not list((tmp_path / "cache").glob("definitions/things*"))


def test_a_module_that_cannot_be_fetched_is_named(
    source: definitions.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = fake_go(tmp_path, '{"Error": "dial tcp: no route"}', code=1)
    monkeypatch.setattr(definitions, "find_go", lambda progress, cache: go)

    with pytest.raises(
        BuildError, match=r"x\.test/things v1\.0\.0 cannot be fetched: dial tcp: no route"
    ) as failed:
        definitions.provide((source,), cache=tmp_path / "cache")
    assert "GOPROXY" in failed.value.hint


def test_the_kinds_of_keda_are_those_of_the_keda_that_the_tests_run() -> None:
    source = next(each for each in definitions.CUSTOM if each.module == "github.com/kedacore/keda/v2")

    assert source == definitions.find_pinned("keda", source.module, *source.files)


def test_another_choice_of_files_is_kept_apart(source: definitions.Source) -> None:
    others = [replace(source, version="v2.0.0"), replace(source, files=("y.yaml",)), replace(source, sum="h1:z=")]

    assert len({each.key for each in (source, *others)}) == 4


@pytest.mark.parametrize("name", [Path(file).name for each in SOURCES for file in each.files])
def test_each_file_is_named_after_what_it_defines(name: str) -> None:
    path = next(path for path in definitions.provide(SOURCES) if path.name == name)
    defined = yaml.safe_load(path.read_text())

    assert defined["kind"] == "CustomResourceDefinition"
    assert objects.definition_path(name).endswith(f"/{defined['metadata']['name']}")
