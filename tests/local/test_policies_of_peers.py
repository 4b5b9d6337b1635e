"""Our policies on manifests of other projects: what they say there is known, and has been read by a person.

The manifests come out of the Go modules that we build anyway, in their pinned versions. What is listed here is
true: test data that is wrong on purpose, examples without versions. A rule that cries wolf shows as a new line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tooling.adapters.manifests_yaml import YamlManifests
from tooling.core.manifests import Manifest
from tooling.core.policies.catalog import POLICIES, Bundle
from tooling.local.definitions import fetch, find_pinned
from tooling.local.toolchain import find_go

pytestmark = pytest.mark.local
MANIFESTS = YamlManifests()


@dataclass(frozen=True, slots=True)
class Peer:
    """A folder of a pinned module; `is_whole` says that its files live together, else each is on its own."""

    tool: str
    module: str
    folder: str
    is_whole: bool
    expected: dict[str, int]

    def __str__(self) -> str:
        return f"{self.module.rpartition('/')[2]}:{self.folder}"


KUBERNETES = "k8s.io/kubernetes"
TRAEFIK = "github.com/traefik/traefik/v3"
PEERS = (
    Peer("kubernetes", KUBERNETES, "cluster/addons", True, {}),
    Peer("kubernetes", KUBERNETES, "cluster/gce", True, {}),
    Peer("kubernetes", KUBERNETES, "test/e2e/testing-manifests", False, {"statefulset-without-service": 1}),
    # A Pod as a cluster shows it, with a mount that was put in there and no volume for it.
    Peer(
        "kubernetes",
        KUBERNETES,
        "test/fixtures/doc-yaml",
        False,
        {"image-not-pinned": 8, "job-without-deadline": 1, "mount-without-volume": 1},
    ),
    Peer("metrics-adapter", "sigs.k8s.io/prometheus-adapter", "deploy/manifests", True, {}),
    # Kustomizations: the version is put in later.
    Peer("kwok", "sigs.k8s.io/kwok", "kustomize/kwok", True, {"image-not-pinned": 1}),
    # The names that are not allowed are of kustomize's own objects, which no API server is given.
    Peer("keda", "github.com/kedacore/keda/v2", "config", True, {"image-not-pinned": 3, "name-refused": 2}),
    Peer("edge", TRAEFIK, "integration/fixtures/k8s", True, {"image-not-pinned": 3}),
    # Knative's budgets want 80 % of what its autoscalers take down to one.
    Peer(
        "edge",
        TRAEFIK,
        "integration/fixtures/knative",
        False,
        {"budget-blocks-drain": 2, "image-not-pinned": 1},
    ),
    # Unknown Services and ports, wrong on purpose.
    Peer("edge", TRAEFIK, "pkg/provider/kubernetes/ingress/fixtures", False, {"route-without-service": 4}),
    # One file for each check of kube-score, most of them wrong on purpose.
    Peer(
        "kube-score",
        "github.com/zegl/kube-score",
        "score/testdata",
        False,
        {
            "budget-blocks-drain": 5,
            "budget-without-pods": 5,
            "cronjob-piles-up": 14,
            "image-not-pinned": 72,
            "job-without-deadline": 15,
            "name-refused": 1,
            "network-policy-without-pods": 4,
            "route-without-service": 3,
            "scaler-fights-replicas": 2,
            "scaler-without-metric": 7,
            "scaler-without-target": 1,
            "selector-mismatch": 6,
            "service-without-pods": 6,
            "statefulset-without-service": 1,
        },
    ),
)


@cache
def find_module(tool: str, module: str) -> Path:
    return fetch(find_pinned(tool, module), find_go(print))


def read(file: Path) -> Iterator[Manifest]:
    """The objects of a file as lint reads them; templates and test data that is no YAML are passed over."""
    for one in MANIFESTS.read(str(file)).objects:
        if {"apiVersion", "kind"} <= one.manifest.keys():
            yield one.manifest


def gather(root: Path, *, is_whole: bool) -> Iterator[tuple[str, Bundle]]:
    """The bundles of a folder, each with where it is from."""
    found: dict[Path, list[Manifest]] = {}
    for file in sorted((*root.rglob("*.yaml"), *root.rglob("*.yml"))):
        found.setdefault(file.parent if is_whole else file, []).extend(read(file))
    for place, objects in found.items():
        yield str(place.relative_to(root)), Bundle.of(objects)


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_what_is_found_at_peers_is_known(peer: Peer) -> None:
    root = find_module(peer.tool, peer.module) / peer.folder
    found = [
        (policy.id, f"{place}: {ref}: {path}: {text}")
        for place, bundle in gather(root, is_whole=peer.is_whole)
        for policy in POLICIES
        for ref, path, text in policy.find(bundle)
    ]
    told = "\n".join(f"{text} [{rule}]" for rule, text in found)
    assert Counter(rule for rule, _ in found) == peer.expected, told


def test_peers_name_their_wrong_files_as_we_find_them() -> None:
    root = find_module("kube-score", "github.com/zegl/kube-score") / "score" / "testdata"
    by_id = {policy.id: policy for policy in POLICIES}
    found = {
        rule: {place for place, bundle in gather(root, is_whole=False) if any(by_id[rule].find(bundle))}
        for rule in ("service-without-pods", "network-policy-without-pods", "budget-without-pods")
    }
    said = {file.name for file in root.glob("*.yaml")}
    assert {one for one in said if one.startswith("service-not-target")} <= found["service-without-pods"]
    # The one that we leave out is of a namespace without pods, and its selector is none: lint says that instead.
    assert found["network-policy-without-pods"] == {
        one for one in said if one.startswith("networkpolicy-") and "not-matching" in one
    } - {"networkpolicy-not-matching.yaml"}
    assert found["budget-without-pods"] == {one for one in said if "disruptionbudget" in one and "no-match" in one}
