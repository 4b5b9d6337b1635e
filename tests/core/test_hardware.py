"""Which nodes can run a model, by the versions that their labels tell."""

from __future__ import annotations

import pytest

from tooling.core.hardware import Fit, HardwareNeed, Node, find_needs, match_nodes, parse_version

NEED = HardwareNeed("Deployment llama", {"pool": "a100"}, min_driver="550.54", min_cuda="12.4")
FULL = {"nvidia.com/cuda.driver-version.full": "550.90.07", "nvidia.com/cuda.runtime-version.full": "12.4"}
PARTS = {
    "nvidia.com/cuda.driver-version.major": "535",
    "nvidia.com/cuda.driver-version.minor": "104",
    "nvidia.com/cuda.runtime-version.major": "12",
    "nvidia.com/cuda.runtime-version.minor": "6",
}
OLD = {
    "nvidia.com/cuda.driver.major": "560",
    "nvidia.com/cuda.driver.minor": "28",
    "nvidia.com/cuda.driver.rev": "03",
    "nvidia.com/cuda.runtime.major": "12",
    "nvidia.com/cuda.runtime.minor": "2",
}


def node(name: str, **labels: str) -> Node:
    return Node(name, {"pool": "a100", **labels})


@pytest.mark.parametrize(
    ("labels", "fit"),
    [
        (FULL, ("fit", "n")),
        (PARTS, ("unfit", "n (driver 535.104)")),
        (OLD, ("unfit", "n (CUDA 12.2)")),
        ({**PARTS, **OLD}, ("unfit", "n (driver 535.104)")),
        ({}, ("unknown", "n")),
        ({"nvidia.com/cuda.driver-version.full": "570.1"}, ("unknown", "n")),
        ({**FULL, "nvidia.com/cuda.driver-version.full": "n/a"}, ("unknown", "n")),
    ],
)
def test_a_node_fits_is_too_old_or_does_not_say(labels, fit):
    found = match_nodes(NEED, [Node("n", {"pool": "a100", **labels})])
    assert {"fit": found.fit, "unfit": found.unfit, "unknown": found.unknown}[fit[0]] == (fit[1],)
    assert len(found.fit) + len(found.unfit) + len(found.unknown) == 1


def test_nodes_that_the_selector_leaves_out_do_not_count():
    assert match_nodes(NEED, [Node("other", {"pool": "l4", **FULL})]) == Fit(NEED, (), (), ())


@pytest.mark.parametrize(
    ("fit", "unfit", "unknown", "is_hopeless"),
    [((), ("a",), (), True), (("b",), ("a",), (), False), ((), ("a",), ("c",), False), ((), (), (), False)],
)
def test_only_known_and_too_old_is_hopeless(fit, unfit, unknown, is_hopeless):
    assert Fit(NEED, fit, unfit, unknown).is_hopeless is is_hopeless


def test_needs_are_read_from_annotations_of_pod_templates():
    template = {
        "metadata": {"annotations": {"genai-stack/min-driver": "550.54"}},
        "spec": {"nodeSelector": {"pool": "a100"}},
    }
    served = {"kind": "Deployment", "metadata": {"name": "llama"}, "spec": {"template": template}}
    others = ({"kind": "ConfigMap"}, {"kind": "Deployment", "spec": {"template": {"metadata": {}}}})
    assert find_needs((served, *others)) == (HardwareNeed("Deployment llama", {"pool": "a100"}, "550.54", ""),)


@pytest.mark.parametrize(
    ("has", "least", "fits"),
    [
        ("12.8", "12.8.0", True),
        ("12.8.0", "12.8", True),
        ("12", "12.0.0", True),
        ("12.8", "12.8.1", False),
        ("12.8.1", "12.8", True),
        ("12.8", "12.10", False),
        ("13", "12.8.0", True),
    ],
)
def test_parts_that_a_version_leaves_out_are_zero(has, least, fits):
    known = Node("n", {"nvidia.com/cuda.runtime-version.full": has})
    found = match_nodes(HardwareNeed("Deployment llama", {}, min_cuda=least), [known])
    assert bool(found.fit) is fits
    assert bool(found.unfit) is not fits


@pytest.mark.parametrize(
    ("text", "version"), [("535.104.05", (535, 104, 5)), ("12", (12,)), ("", ()), ("12.x", ())]
)
def test_versions_are_numbers(text, version):
    assert parse_version(text) == version
