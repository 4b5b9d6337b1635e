"""Is there enough disk? Asked before anything starts, for what is missing on this machine and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tooling.local.binaries import folder_of
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder, cache_root
from tooling.local.modules import module_of
from tooling.local.settings import CONTAINERS, SIMULATED

GIB: Final = 1024**3
CLUSTER_BYTES: Final[Mapping[str, int]] = {CONTAINERS: 3 * GIB, SIMULATED: GIB // 2}
"""A running cluster; with real pods that is mostly their unpacked images."""
BINARY_BYTES: Final = GIB // 5
"""What one module's binaries take; the largest has more, the others less."""
GO_BYTES: Final[Mapping[str, int]] = {
    "kubernetes": 3 * GIB,
    "kwok": GIB,
    "kube-score": GIB // 2,
    "kubeconform": GIB // 4,
    "pause": GIB // 4,
}
"""What building a module leaves in Go's caches: sources, and packages that no other module shares."""
GO_BYTES_ELSE: Final = 7 * GIB // 4
IMAGE_BYTES: Final = 3 * GIB
"""Archives and layers of all images that this repository builds."""


@dataclass(frozen=True, slots=True)
class Need:
    """So many bytes at a place that may not exist yet, and what for."""

    place: Path
    size: int
    purpose: str


def existing(path: Path) -> Path:
    """Return `path`, or its nearest parent that exists."""
    return next(each for each in (path, *path.parents) if each.exists())


def go_caches() -> tuple[Path, Path]:
    """Return where Go keeps compiled packages and sources, as far as the environment says."""
    paths = os.environ.get("GOPATH", "").split(os.pathsep)
    sources = Path(paths[0] or Path.home() / "go") / "pkg" / "mod"
    compiled = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "go-build"
    return Path(os.environ.get("GOCACHE") or compiled), Path(os.environ.get("GOMODCACHE") or sources)


def needs_of_binaries(names: Iterable[str], *, cache: Path | None = None) -> list[Need]:
    """Return what building those of `names` takes that the cache lacks."""
    missing = {}
    for name in names:
        module = module_of(name)
        if module is not None and not (folder_of(module, cache=cache) / name).exists():
            missing[module.name] = module
    compiled, sources = go_caches()
    needs = []
    for name in missing:
        half = GO_BYTES.get(name, GO_BYTES_ELSE) // 2
        needs += [Need(cache or cache_root(), BINARY_BYTES, f"the binaries of {name}")]
        needs += [Need(compiled, half, "Go's build cache"), Need(sources, half, "Go's module cache")]
    return needs


def needs_of_cluster(name: str, runtime: str) -> Need:
    """Return what a cluster takes while it runs."""
    return Need(ClusterFolder.of(name).root, CLUSTER_BYTES[runtime], f"the cluster {name}")


def needs_of_images() -> Need:
    """Return what building all images takes."""
    return Need(cache_root() / "images", IMAGE_BYTES, "images")


def check_space(
    needs: Iterable[Need],
    *,
    free_bytes: Callable[[Path], int] = lambda place: shutil.disk_usage(place).free,
    device: Callable[[Path], int] = lambda place: place.stat().st_dev,
) -> None:
    """Raise when a file system has less free than the needs on it together, naming them."""
    by_device: dict[int, list[Need]] = {}
    for need in needs:
        by_device.setdefault(device(existing(need.place)), []).append(need)
    for group in by_device.values():
        place = existing(group[0].place)
        free, wanted = free_bytes(place), sum(need.size for need in group)
        if free < wanted:
            raise LocalError(
                f"{place} has {_show(free)} free; {_show(wanted)} are needed: {_list(group)}.",
                hint="Free some space, then run the command again. Nothing was started. "
                "GOCACHE, GOMODCACHE and XDG_CACHE_HOME name other places for what is built.",
            )


def _list(needs: Iterable[Need]) -> str:
    together: dict[str, int] = {}
    for need in needs:
        together[need.purpose] = together.get(need.purpose, 0) + need.size
    return ", ".join(f"{_show(size)} for {purpose}" for purpose, size in together.items())


def _show(size: int) -> str:
    return f"{size / GIB:.1f} GB"
