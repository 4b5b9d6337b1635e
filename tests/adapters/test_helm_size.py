"""How large Helm's Secret would be; held against real Secrets in tests/local/test_preflight.py."""

import json
import random

import pytest

from tooling.adapters.helm_size import measure

NOISE = "".join(random.Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=50_000))


def make_release(**parts):
    chart = {"templates": [], "values": {}, "schema": "", "files": None}
    return {"name": "genai", "manifest": "", "hooks": [], "config": {}, "chart": chart, **parts}


def test_what_is_large_is_named_first():
    size = measure(json.dumps(make_release(config={"suite": NOISE}, manifest="a: b\n" * 50_000)).encode())
    assert list(size.parts) == ["the values", "the manifests"]
    assert 30_000 < size.parts["the values"] < size.size < 70_000
    assert size.parts["the manifests"] < 2_000, "what repeats is packed"


@pytest.mark.parametrize("printed", [b"", b"[]", b"{}", b"Error: no"])
def test_what_is_no_release_is_refused(printed):
    with pytest.raises(ValueError, match=r"release|JSON|Expecting"):
        measure(printed)


def test_a_release_without_a_chart_is_measured_all_the_same():
    assert measure(json.dumps({"manifest": "a", "chart": None}).encode()).size > 0
