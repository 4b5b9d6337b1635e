"""What `diff` prints and how it ends; what it compares is the business of tests/app/test_diff.py."""

import json
from decimal import Decimal

import pytest

from tests.core.diff.makers import make_workload
from tooling.app.diff import Sources
from tooling.app.values import LoadedValues
from tooling.cli.diff import _print
from tooling.cli.main import run
from tooling.core.diff.comparison import Comparison, Mode, ObjectChange, Section
from tooling.core.diff.effects import Effect, EffectKind
from tooling.core.diff.gpus import GpuBill
from tooling.core.diff.objects import compare_objects
from tooling.core.diff.text import Line
from tooling.errors import ClusterError


@pytest.fixture
def found(monkeypatch):
    """Let `diff` find one changed Deployment with a secret in it; what it is asked ends up in the result."""
    env = [[{"name": "MY_TOKEN", "value": value}, {"name": "A", "value": value}] for value in ("abc", "xyz")]
    before, after = (make_workload(name="gateway", gpus=1, container={"env": one}) for one in env)
    after["spec"]["note"] = "a\ntoken: abc"
    diffs = compare_objects([before], [after], namespace="n")
    effect = Effect(EffectKind.RESTART, "restarts 2 pods", 2)
    section = Section("all", "release genai, revision 3", tuple(ObjectChange(one, (effect,)) for one in diffs))
    bill = GpuBill(*[{"nvidia.com/gpu": Decimal(amount)} for amount in (1, 2, 3)])
    asked = {"comparison": Comparison(Mode.PLAIN, "", "", (section,), (), bill, ("a note",))}
    loaded = LoadedValues("prod", {}, {"rollout": {"instance": "genai"}}, {})

    def wire(**options):
        asked.update(options)
        return Sources(None, None, None, "n"), loaded

    monkeypatch.setattr("tooling.bootstrap.comparison", wire)
    monkeypatch.setattr("tooling.cli.diff.compare_instance", lambda *_: asked["comparison"])
    return asked


def test_a_change_is_told_field_by_field_and_exits_with_1(found, capfd):
    assert run(["diff", "--env", "prod", "--namespace", "n", "--context", "c", "--kubeconfig", "k"]) == 1
    assert (found["request"].env, found["namespace"], found["context"], found["kubeconfig"]) == (
        "prod",
        "n",
        "c",
        "k",
    )
    assert capfd.readouterr().out.splitlines() == [
        "all (against release genai, revision 3)",
        "  ~ Deployment/gateway",
        "      ~ spec.template.spec.containers[main].env[MY_TOKEN].value: "
        "<hidden: 3 bytes> -> <hidden: 3 bytes> (another value)",
        "      ~ spec.template.spec.containers[main].env[A].value: abc -> xyz",
        "      + spec.note:",
        "      +   |",
        "      +     a",
        "      +     token: <hidden>",
        "      ! restarts 2 pods",
        "note: a note",
        "genai in namespace n: 0 new, 1 changed, 0 gone, 0 drifted",
        "restarts 2 pods",
        "GPUs (nvidia.com/gpu): 1 now, 2 afterwards, 3 at the peak",
    ]


def test_programs_get_one_document(found, capfd):
    assert run(["diff", "--output", "json"]) == 1
    document = json.loads(capfd.readouterr().out)
    (section,) = document.pop("sections")
    assert document == {
        "instance": "genai",
        "namespace": "n",
        "mode": "plain",
        "serving": "",
        "target": "",
        "changed": True,
        "starts": 0,
        "drift": [],
        "gpus": {"now": {"nvidia.com/gpu": 1}, "afterwards": {"nvidia.com/gpu": 2}, "peak": {"nvidia.com/gpu": 3}},
        "notes": ["a note"],
    }
    (one,) = section["objects"]
    assert (one["object"], one["apiVersion"], one["change"]) == ("Deployment/gateway", "apps/v1", "changed")
    assert one["effects"] == [{"effect": "restart", "text": "restarts 2 pods", "pods": 2}]
    assert one["fields"][0] == {
        "path": "spec.template.spec.containers[main].env[MY_TOKEN].value",
        "change": "changed",
        "old": "<hidden: 3 bytes>",
        "new": "<hidden: 3 bytes>",
    }
    assert one["fields"][2] == {"path": "spec.note", "change": "added", "new": "a\ntoken: <hidden>"}


@pytest.mark.parametrize(("against", "code"), [("release", 1), ("both", 1), ("live", 0)])
def test_the_exit_code_tells_change_from_no_change(found, against, code, capfd):
    assert run(["diff", "--against", against]) == code


def test_no_change_exits_with_0(found, capfd):
    found["comparison"] = Comparison(Mode.PLAIN, "", "", (Section("all", "x", ()),), (), GpuBill(), ())
    assert run(["diff"]) == 0
    assert capfd.readouterr().out == "all (against x)\n  no change\ngenai in namespace n: no change\n"


def test_a_cluster_that_does_not_answer_exits_with_4(found, monkeypatch, capfd):
    def fail(*_):
        raise ClusterError("no answer", status=500)

    monkeypatch.setattr("tooling.cli.diff.compare_instance", fail)
    assert run(["diff"]) == 4
    assert capfd.readouterr().err == "error: no answer\n"


@pytest.mark.parametrize(("no_color", "shown"), [("", "\x1b[32m+ a\x1b[0m\nplain\n"), ("1", "+ a\nplain\n")])
def test_colour_is_for_terminals_that_want_it(no_color, shown, monkeypatch, capsys):
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    _print([Line("+", "+ a"), Line("", "plain")])
    assert capsys.readouterr().out == shown
