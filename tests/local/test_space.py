"""Is there enough disk? What is missing on a machine is added up per file system, before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling.local import binaries, space
from tooling.local.errors import LocalError
from tooling.local.modules import MODULES
from tooling.local.space import GIB, Need


def check(needs: list[Need], free: dict[str, float]) -> None:
    """Check with file systems that are the first part of a path; `free` has their GB."""
    space.check_space(
        needs,
        free_bytes=lambda place: int(free[place.parts[1]] * GIB),
        device=lambda place: sum(map(ord, place.parts[1])),
    )


@pytest.fixture(autouse=True)
def _exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "existing", lambda path: path)


def test_what_lies_on_one_file_system_is_added_up() -> None:
    needs = [Need(Path("/a/x"), 4 * GIB, "the cluster x"), Need(Path("/a/y"), 2 * GIB, "images")]

    check(needs, {"a": 6})
    with pytest.raises(LocalError, match=r"/a/x has 5\.5 GB free; 6\.0 GB are needed") as refused:
        check(needs, {"a": 5.5})
    assert "4.0 GB for the cluster x, 2.0 GB for images" in refused.value.message
    assert refused.value.exit_code == 2


def test_file_systems_are_looked_at_one_by_one() -> None:
    needs = [Need(Path("/a/x"), 4 * GIB, "the cluster x"), Need(Path("/b/y"), 2 * GIB, "images")]

    check(needs, {"a": 4, "b": 2})
    with pytest.raises(LocalError, match=r"/b/y has 1\.0 GB free; 2\.0 GB are needed: 2\.0 GB for images"):
        check(needs, {"a": 100, "b": 1})


def test_nothing_is_needed_for_what_is_there(tmp_path: Path) -> None:
    module = next(each for each in MODULES if each.name == "coredns")
    before = space.needs_of_binaries(["coredns"], cache=tmp_path)
    target = binaries.folder_of(module, cache=tmp_path)
    target.mkdir(parents=True)
    (target / "coredns").touch()

    assert sum(need.size for need in before) > GIB
    assert space.needs_of_binaries(["coredns"], cache=tmp_path) == []


def test_two_binaries_of_a_module_need_its_caches_once(tmp_path: Path) -> None:
    one = space.needs_of_binaries(["etcd"], cache=tmp_path)
    two = space.needs_of_binaries(["etcd", "kubectl"], cache=tmp_path)

    assert one == two


def test_go_s_caches_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOCACHE", "GOMODCACHE", "GOPATH", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    assert space.go_caches() == (Path("/home/me/.cache/go-build"), Path("/home/me/go/pkg/mod"))

    monkeypatch.setenv("GOPATH", "/gopath:/other")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert space.go_caches() == (Path("/cache/go-build"), Path("/gopath/pkg/mod"))

    monkeypatch.setenv("GOCACHE", "/compiled")
    monkeypatch.setenv("GOMODCACHE", "/sources")
    assert space.go_caches() == (Path("/compiled"), Path("/sources"))
