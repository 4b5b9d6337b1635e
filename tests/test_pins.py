"""Modules that share compiled packages pin them at one version."""

from __future__ import annotations

from tests.pins import find_disagreements, read_go_mods, read_pins

EDGE = """module edge
replace k8s.io/api => k8s.io/api v0.36.3
require (
	k8s.io/api v0.34.3 // indirect
	google.golang.org/grpc v1.80.0 // indirect
)
"""
COREDNS = """module coredns
require k8s.io/api v0.35.4 // indirect
require google.golang.org/grpc v1.80.0
"""


def test_a_replace_line_wins_over_what_is_required() -> None:
    assert read_pins(EDGE) == {"k8s.io/api": "v0.36.3", "google.golang.org/grpc": "v1.80.0"}


def test_only_a_module_at_two_versions_is_a_disagreement() -> None:
    found = find_disagreements({"edge": EDGE, "coredns": COREDNS})
    assert found == {"k8s.io/api": {"edge": "v0.36.3", "coredns": "v0.35.4"}}


def test_our_modules_agree() -> None:
    assert find_disagreements(read_go_mods()) == {}, "run python -m tests.pins"
