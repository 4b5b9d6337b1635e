"""The pinned modules: what their go.mod says, which versions get stamped in, and when a build is another one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tooling.local.folders import CHECKOUT
from tooling.local.modules import MODULES, Module, content_hash, ldflags, module_key, module_of, parse_requirements

GO_MOD = """module x

go 1.26

tool example.com/a/cmd/b

require (
\texample.com/a v1.2.3 // indirect
\texample.com/b/v2 v2.0.0-20250101000000-abcdefabcdef
)

require example.org/single v0.1.0

replace example.com/a => example.com/fork v9.9.9
"""


def test_required_versions_are_read_and_replacements_are_not() -> None:
    assert parse_requirements(GO_MOD) == {
        "example.com/a": "v1.2.3",
        "example.com/b/v2": "v2.0.0-20250101000000-abcdefabcdef",
        "example.org/single": "v0.1.0",
    }


def test_versions_are_stamped_into_what_refuses_to_work_without_them() -> None:
    flags = {module.name: ldflags(module) for module in MODULES}

    assert re.search(r"-X k8s\.io/component-base/version\.gitVersion=v1\.\d+\.\d+( |$)", flags["kubernetes"])
    assert re.search(r"-X k8s\.io/component-base/version\.gitMinor=\d+ ", flags["kubernetes"])
    assert re.search(r"-X helm\.sh/helm/v3/internal/version\.version=v3\.\d+\.\d+ ", flags["helm"] + " ")
    assert re.search(r"-X helm\.sh/helm/v3/pkg/chartutil\.k8sVersionMinor=\d\d ", flags["helm"])
    assert re.search(r"-X helm\.sh/helm/v4/internal/version\.version=v4\.\d+\.\d+$", flags["helm4"])
    assert re.search(r"-X main\.version=1\.\d+\.\d+$", flags["kube-score"])
    assert re.search(r"-X \S+/keda/v2/version\.Version=2\.\d+\.\d+$", flags["keda"])
    assert re.search(r"-X \S+/pkg/version\.Version=3\.\d+\.\d+$", flags["edge"])
    assert all(each.startswith("-s -w") for each in flags.values())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_module_declares_what_is_built_from_it(module: Module) -> None:
    text = (module.folder / "go.mod").read_text()

    assert re.search(r"^go 1\.26", text, flags=re.MULTILINE)
    assert "toolchain" not in text
    for package in module.packages.values():
        assert package == "." or re.search(rf"^(tool )?\s*{re.escape(package)}$", text, flags=re.MULTILINE)


def test_each_folder_of_tools_has_its_module() -> None:
    known = {module.folder for module in MODULES}

    assert {path.parent for path in (CHECKOUT / "tools").glob("*/go.mod")} <= known


def test_no_binary_comes_from_two_modules() -> None:
    names = [name for module in MODULES for name in module.packages]

    assert len(names) == len(set(names))
    assert module_of("kubelet") is next(module for module in MODULES if module.name == "kubernetes")
    assert module_of("nothing") is None


def test_the_hash_follows_every_name_and_content() -> None:
    first = content_hash({"a": b"1", "b": b"2"})

    assert first == content_hash({"b": b"2", "a": b"1"})
    assert re.fullmatch("[0-9a-f]{12}", first)
    others = [
        {"a": b"1"},
        {"a": b"1", "b": b"3"},
        {"a": b"1", "c": b"2"},
        {"a": b"12", "b": b""},
        {"a1": b"", "b": b"2"},
    ]
    assert len({first, *(content_hash(each) for each in others)}) == len(others) + 1


def test_the_folder_of_a_build_changes_with_its_sources(tmp_path: Path) -> None:
    module = Module("x", tmp_path, {"x": "."})
    keys = []
    for name, text in [
        ("go.mod", "module x\n"),
        ("go.sum", "a\n"),
        ("go.sum", "b\n"),
        ("main.go", "package main\n"),
    ]:
        (tmp_path / name).write_text(text)
        keys.append(module_key(module, "x86_64"))

    assert len(set(keys)) == 4
    assert module_key(module, "aarch64") not in keys
    assert all(key.startswith("x-") for key in keys)
