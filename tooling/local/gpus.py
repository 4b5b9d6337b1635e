"""Kinds of simulated GPU nodes: what the drivers' and the device plugin's labels and resources say of each. Pure.

The names of labels and resources are those of NVIDIA's GPU feature discovery and device plugin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tooling.local.errors import LocalError

VENDOR: Final = "nvidia.com"
DRIVER: Final = "570.133.20"
CUDA: Final = "12.8"
MOST_NODES: Final = 100
DEFAULT_KIND: Final = "a100-80g"
_REQUEST: Final = re.compile(r"(?:([a-z0-9-]+)=)?(\d+)")


@dataclass(frozen=True, slots=True)
class GpuKind:
    """One kind of GPU node. `memory` is of one GPU, in MiB; `resources` is what its device plugin offers."""

    name: str
    product: str
    family: str
    compute: str
    memory: int
    count: int
    resources: Mapping[str, int]
    shared_by: int = 1
    mig: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def labels(self) -> dict[str, str]:
        """Return the labels that GPU feature discovery gives such a node."""
        major, minor = self.compute.split(".")
        sharing = "time-slicing" if self.shared_by > 1 else "none"
        own = {
            "gpu.present": "true",
            "gpu.count": str(self.count),
            "gpu.product": f"{self.product}-SHARED" if self.shared_by > 1 else self.product,
            "gpu.family": self.family,
            "gpu.memory": str(self.memory),
            "gpu.compute.major": major,
            "gpu.compute.minor": minor,
            "gpu.replicas": str(self.shared_by),
            "gpu.sharing-strategy": sharing,
            "mig.capable": "true" if self.mig else "false",
            **({"mig.strategy": self.mig} if self.mig else {}),
            **_version_labels(),
        }
        return {f"{VENDOR}/{name}": value for name, value in own.items()} | dict(self.extra)


def _version_labels() -> dict[str, str]:
    """Return the versions of driver and CUDA, under today's names and under those of older releases."""
    driver_major, driver_minor, driver_revision = DRIVER.split(".")
    cuda_major, cuda_minor = CUDA.split(".")
    return {
        "cuda.driver-version.full": DRIVER,
        "cuda.driver-version.major": driver_major,
        "cuda.driver-version.minor": driver_minor,
        "cuda.driver-version.revision": driver_revision,
        "cuda.driver.major": driver_major,
        "cuda.driver.minor": driver_minor,
        "cuda.driver.rev": driver_revision,
        "cuda.runtime-version.full": CUDA,
        "cuda.runtime-version.major": cuda_major,
        "cuda.runtime-version.minor": cuda_minor,
        "cuda.runtime.major": cuda_major,
        "cuda.runtime.minor": cuda_minor,
    }


def _gpu(name: str, product: str, family: str, compute: str, *, memory: int, count: int, shared_by: int = 1,
         mig: str = "") -> GpuKind:  # fmt: skip
    resources = {f"{VENDOR}/gpu": count * shared_by}
    return GpuKind(name, product, family, compute, memory, count, resources, shared_by, mig)


def _mig_slices(slices: Mapping[str, int], product: str) -> tuple[dict[str, int], dict[str, str]]:
    """Return resources and labels of MIG slices under the strategy `mixed`: each size is a resource of its own."""
    resources = {f"{VENDOR}/mig-{size}": count for size, count in slices.items()}
    labels = {
        f"{VENDOR}/mig-{size}.{key}": value
        for size, count in slices.items()
        for key, value in {"count": str(count), "product": f"{product}-MIG-{size}"}.items()
    }
    return resources, labels


_A100: Final = "NVIDIA-A100-SXM4-80GB"
_SLICES, _SLICE_LABELS = _mig_slices({"1g.10gb": 28, "3g.40gb": 8}, _A100)

KINDS: Final[Mapping[str, GpuKind]] = {
    kind.name: kind
    for kind in (
        _gpu("a100-80g", _A100, "ampere", "8.0", memory=81920, count=8, mig="single"),
        _gpu("h100-80g", "NVIDIA-H100-80GB-HBM3", "hopper", "9.0", memory=81559, count=8, mig="single"),
        _gpu("l4", "NVIDIA-L4", "ada-lovelace", "8.9", memory=23034, count=1),
        # Half of the eight GPUs are cut into seven small slices each, the others into two large ones.
        GpuKind("a100-mig", _A100, "ampere", "8.0", 81920, 8, _SLICES, mig="mixed", extra=_SLICE_LABELS),
        _gpu("t4-shared", "Tesla-T4", "turing", "7.5", memory=15360, count=4, shared_by=4),
    )
}


@dataclass(frozen=True, slots=True)
class FakeNode:
    """A node that is only simulated. `gpu` is None for a plain one."""

    name: str
    zone: str
    gpu: GpuKind | None = None


def parse_requests(texts: Iterable[str]) -> tuple[str, ...]:
    """Return KIND=COUNT for each kind, sorted, from texts such as `4` (of the default kind) or `a100-mig=2`."""
    counts: dict[str, int] = {}
    for text in texts:
        match = _REQUEST.fullmatch(text)
        kind = (match[1] or DEFAULT_KIND) if match else ""
        if match is None or kind not in KINDS:
            raise LocalError(
                f"--gpu-nodes {text} is not understood.",
                hint=f"Write a number, or KIND=NUMBER with one of these kinds: {', '.join(KINDS)}.",
            )
        counts[kind] = counts.get(kind, 0) + int(match[2])
    if sum(counts.values()) > MOST_NODES:
        raise LocalError(
            f"{sum(counts.values())} GPU nodes are asked for; at most {MOST_NODES} are simulated.",
            hint="Ask for fewer: each node can hold many pods.",
        )
    return tuple(f"{kind}={count}" for kind, count in sorted(counts.items()) if count)


def gpu_nodes(requests: Iterable[str]) -> tuple[FakeNode, ...]:
    """Return the nodes for KIND=COUNT texts, spread over three zones."""
    found = []
    for request in requests:
        kind, _, count = request.partition("=")
        found += [FakeNode(f"{kind}-{number}", zone_of(number), KINDS[kind]) for number in range(int(count))]
    return tuple(found)


def plain_nodes(count: int) -> tuple[FakeNode, ...]:
    """Return nodes without GPUs, spread over three zones."""
    return tuple(FakeNode(f"cpu-{number}", zone_of(number)) for number in range(count))


def zone_of(number: int) -> str:
    """Return the zone of the node with that number."""
    return f"zone-{'abc'[number % 3]}"
