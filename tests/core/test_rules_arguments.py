"""Rules on extraArgs: each row adds some to servers that are right."""

import pytest

from tooling.core.rules.arguments import find_argument_findings
from tooling.core.values import Layered, merge

GOOD = {
    "gateway": {"extraArgs": ["--log-level", "debug"]},
    "inference": {
        "models": {"chat": {"profile": "l4"}, "tiny": {"extraArgs": []}},
        "profiles": {"l4": {"gpu": {"count": 1}}},
        "modelDefaults": {},
    },
}


def tiny(*arguments, **settings):
    return {"inference": {"models": {"tiny": {"extraArgs": list(arguments), **settings}}}}


TABLE = [
    ({}, []),
    ({"gateway": {"extraArgs": ["--port", "9"]}}, ["gateway.extraArgs[0]"]),
    ({"gateway": {"extraArgs": ["--port", "9"], "enabled": False}}, []),
    ({"gateway": {"extraArgs": "--port"}}, []),
    ({"vectordb": {"extraArgs": ["--read-timeout", "60s", "--port=9"]}}, ["vectordb.extraArgs[2]"]),
    (tiny("--port"), ["inference.models.tiny.extraArgs[0]"]),
    (tiny("--port", 9), ["inference.models.tiny.extraArgs[0]"]),
    (tiny("--port", "8080", "--port=8080"), []),
    (tiny("--host", "127.0.0.1"), ["inference.models.tiny.extraArgs[0]"]),
    (tiny("--host=localhost"), ["inference.models.tiny.extraArgs[0]"]),
    (tiny("--host", "::"), []),
    (tiny("--port", "9", engine="custom"), []),
    ({"inference": {"profiles": {"l4": {"extraArgs": ["--port", "9"]}}}}, ["inference.profiles.l4.extraArgs[0]"]),
    (
        {"inference": {"modelDefaults": {"extraArgs": ["--port", "9"]}}},
        ["inference.modelDefaults.extraArgs[0]"],
    ),
    (
        {"inference": {"modelDefaults": {"extraArgs": ["--port", "9"]}, "models": {"tiny": None, "more": {}}}},
        ["inference.modelDefaults.extraArgs[0]"],
    ),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_what_the_chart_says_to_a_server_stays(change, expected):
    found = find_argument_findings(Layered(merge(GOOD, change)))
    assert [(one.path, one.severity) for one in found] == [(path, "error") for path in expected]


def test_a_finding_says_what_to_take_out():
    (found,) = find_argument_findings(Layered(merge(GOOD, tiny("--host", "127.0.0.1"))))
    assert str(found) == (
        "error: inference.models.tiny.extraArgs[0]: lets the server listen inside its own pod alone: no request"
        " would arrive. Take --host out: the chart sets it. [server-address]"
    )
