"""Drivers and CUDA versions that models need, against what the labels of nodes say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MIN_DRIVER = "genai-stack/min-driver"
MIN_CUDA = "genai-stack/min-cuda"
"""Annotations of pod templates: the least version, such as 550.54 and 12.4."""

_DRIVER = ("nvidia.com/cuda.driver-version", "nvidia.com/cuda.driver", ("major", "minor", "rev"))
_CUDA = ("nvidia.com/cuda.runtime-version", "nvidia.com/cuda.runtime", ("major", "minor"))
"""Labels of GPU feature discovery: PREFIX.full today, OLD.major and so on before version 0.15."""

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster, by its labels."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HardwareNeed:
    """What the pods of one workload need from a node: labels, and least versions ("" where any will do)."""

    workload: str
    selector: Mapping[str, str]
    min_driver: str = ""
    min_cuda: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """How nodes fit a need. `unfit` and `unknown` are node names with what is wrong, for people."""

    need: HardwareNeed
    fit: tuple[str, ...]
    unfit: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_hopeless(self) -> bool:
        """Whether nodes were found, and every one of them is known to be too old."""
        return bool(self.unfit) and not self.fit and not self.unknown


def find_needs(manifests: Iterable[Mapping[str, Any]]) -> tuple[HardwareNeed, ...]:
    """Return the needs of every pod template that names a least driver or CUDA version."""
    found = []
    for manifest in manifests:
        template = (manifest.get("spec") or {}).get("template") or {}
        annotations = (template.get("metadata") or {}).get("annotations") or {}
        driver, cuda = str(annotations.get(MIN_DRIVER) or ""), str(annotations.get(MIN_CUDA) or "")
        if driver or cuda:
            workload = f"{manifest.get('kind')} {(manifest.get('metadata') or {}).get('name')}"
            selector = (template.get("spec") or {}).get("nodeSelector") or {}
            found.append(HardwareNeed(workload, selector, driver, cuda))
    return tuple(found)


def parse_version(text: str) -> Version:
    """Return the numbers of a version such as 535.104.05; empty for what is none."""
    return tuple(int(part) for part in text.split(".")) if re.fullmatch(r"\d+(\.\d+)*", text) else ()


def is_older(version: Version, least: Version) -> bool:
    """Whether a version comes before another; parts that one of them leaves out are zero."""
    length = max(len(version), len(least))
    return (*version, *(0,) * (length - len(version))) < (*least, *(0,) * (length - len(least)))


def match_nodes(need: HardwareNeed, nodes: Iterable[Node]) -> Fit:
    """Sort nodes that the need's selector admits: those that fit, those too old, those that do not say."""
    fit, unfit, unknown = [], [], []
    for node in nodes:
        if any(node.labels.get(key) != value for key, value in need.selector.items()):
            continue
        wanted = (("driver", need.min_driver, _DRIVER), ("CUDA", need.min_cuda, _CUDA))
        checks = [(what, least, read_version(node, source)) for what, least, source in wanted if least]
        too_old = [
            f"{what} {'.'.join(map(str, has))}"
            for what, least, has in checks
            if has and is_older(has, parse_version(least))
        ]
        if too_old:
            unfit.append(f"{node.name} ({', '.join(too_old)})")
        elif not all(has for _, _, has in checks):
            unknown.append(node.name)
        else:
            fit.append(node.name)
    return Fit(need, tuple(fit), tuple(unfit), tuple(unknown))


def read_version(node: Node, source: tuple[str, str, tuple[str, ...]]) -> Version:
    """Return the version that a node's labels tell; empty where they do not."""
    current, old, parts = source
    full = parse_version(node.labels.get(f"{current}.full", ""))
    if full:
        return full
    for prefix in (current, old):
        found = [parse_version(node.labels.get(f"{prefix}.{part}", "")) for part in parts]
        if found[0]:
            return tuple(number for version in found for number in version)
    return ()
