"""A comparison as people read it."""

from decimal import Decimal

import pytest

from tests.core.diff.makers import make, make_workload
from tooling.core.diff.comparison import Comparison, Mode, ObjectChange, Section
from tooling.core.diff.effects import Effect, EffectKind
from tooling.core.diff.fields import FieldChange, Op
from tooling.core.diff.gpus import GpuBill
from tooling.core.diff.objects import compare_objects
from tooling.core.diff.text import summarize, write_change, write_comparison, write_value
from tooling.core.masking import Hidden

FOUR = {"nvidia.com/gpu": Decimal(4)}


def compare(sections=(), drift=(), bill=None, notes=(), starts=0):
    gpus = bill or GpuBill()
    return Comparison(Mode.SLOTS, "blue", "green", tuple(sections), tuple(drift), gpus, tuple(notes), starts)


def section(part, before=(), after=(), effects=()):
    diffs = compare_objects(before, after, namespace="n")
    return Section(part, "release x", tuple(ObjectChange(diff, tuple(effects)) for diff in diffs))


def lines(comparison):
    return [line.text for line in write_comparison(comparison, 1)]


def test_a_whole_comparison():
    effect = Effect(EffectKind.START, "starts 2 pods in green", 2)
    drift = compare_objects([make_workload()], [make_workload(image="a:3")], namespace="n")
    comparison = compare(
        sections=[
            section("base"),
            section("slot", [make_workload()], [make_workload(image="a:2")], [effect]),
            section("route", [make("Service")], [make("HTTPRoute")]),
        ],
        drift=drift,
        bill=GpuBill(FOUR, FOUR, {"nvidia.com/gpu": Decimal("8.00"), "x.com/gpu": Decimal("0.5")}),
        notes=["a thing"],
        starts=3,
    )
    assert lines(comparison) == [
        "base (against release x)",
        "  no change",
        "slot: blue serves, the new version goes into green (against release x)",
        "  ~ Deployment/x",
        "      ~ spec.template.spec.containers[main].image: a:1 -> a:2",
        "      ! starts 2 pods in green",
        "route (against release x)",
        "  + HTTPRoute/x (new)",
        "  - Service/x (gone)",
        "drift: live objects that are no longer as they were released",
        "  ~ Deployment/x",
        "      ~ spec.template.spec.containers[main].image: a:1 -> a:3",
        "note: a thing",
    ]
    assert [line.text for line in summarize(comparison, "genai", "prod")] == [
        "genai in namespace prod: 1 new, 1 changed, 1 gone, 1 drifted",
        "starts 3 pods in green, all of the new version",
        "GPUs (nvidia.com/gpu): 4 now, 4 afterwards, 8 at the peak",
        "GPUs (x.com/gpu): 0 now, 0 afterwards, 0.5 at the peak",
    ]


def test_nothing_installed_and_nothing_changed_are_one_line():
    new = section("slot", [], [make("A")], [Effect(EffectKind.START, "starts 2 pods", 2)])
    absent = Comparison(Mode.ABSENT, "", "blue", (new,), (), GpuBill({}, FOUR, FOUR), ())
    assert lines(absent) == []
    assert [line.text for line in summarize(absent, "genai", "n")] == [
        "genai in namespace n: nothing is installed, a release creates 1 objects",
        "starts 2 pods",
        "GPUs (nvidia.com/gpu): 0 now, 4 afterwards, 4 at the peak",
    ]
    same = compare(sections=[section("base")], bill=GpuBill(FOUR, FOUR, FOUR))
    assert [line.text for line in summarize(same, "genai", "n")] == ["genai in namespace n: no change"]


def test_restarts_and_refusals_are_summed_up():
    effects = [Effect(EffectKind.RESTART, "restarts 1 pod", 1), Effect(EffectKind.REFUSED, "no")]
    comparison = compare(sections=[section("all", [make("A")], [make("B")], effects[:1])])
    assert [line.text for line in summarize(comparison, "i", "n")][1:] == ["restarts 2 pods"]
    comparison = compare(sections=[section("all", [], [make("B")], effects)])
    assert [line.text for line in summarize(comparison, "i", "n")][1:] == [
        "restarts 1 pod",
        "refused by Kubernetes: 1 of these changes",
    ]


def test_what_many_objects_share_is_one_line():
    def label(name, chart, **more):
        return make("A", name, labels={"chart": chart}, **more)

    names = "abcd"
    before = [*(label(name, "1") for name in names), label("e", "1", spec=1)]
    after = [*(label(name, "2") for name in names), label("e", "2", spec=2)]
    told = lines(compare(sections=[section("base", before, after)]))
    assert told[1:] == [
        "  ~ A/e",
        "      ~ spec: 1 -> 2",
        '  ~ in each of 5 objects: metadata.labels.chart: "1" -> "2"',
    ]


LONG = "x" * 60


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (FieldChange(Op.ADDED, ("a",), None, 1), ["+ a: 1"]),
        (FieldChange(Op.REMOVED, ("a",), "on"), ['- a: "on"']),
        (FieldChange(Op.ADDED, ("a",), None, {"b": 1, "c": [1]}), ["+ a:", "+   b: 1", "+   c:", "+     - 1"]),
        (FieldChange(Op.CHANGED, ("a",), 1, "1"), ['~ a: 1 -> "1"']),
        (FieldChange(Op.CHANGED, ("a",), LONG, LONG + "y"), ["~ a:", f"-   {LONG}", f"+   {LONG}y"]),
        (FieldChange(Op.CHANGED, ("a",), {"b": 1, "c": 2}, 1), ["~ a:", "-   b: 1", "-   c: 2", "+   1"]),
        (FieldChange(Op.CHANGED, ("a",), ["x"], ["y"], is_order=True), ["~ a: in another order: x -> y"]),
        (
            FieldChange(Op.CHANGED, ("a",), Hidden("1", 1), Hidden("2", 1)),
            ["~ a: <hidden: 1 bytes> -> <hidden: 1 bytes> (another value)"],
        ),
        (
            FieldChange(Op.CHANGED, ("f",), "a\nb\nc\nd\n", "a\nb\nC\nd\n"),
            ["~ f:", "   @@ -2,3 +2,3 @@", "   b", "-   c", "+   C", "   d"],
        ),
        (
            FieldChange(Op.CHANGED, ("f",), "api_key: a\n", "api_key: b\n"),
            ["~ f:", "~   a hidden value, or the end of a line"],
        ),
    ],
)
def test_a_changed_field(change, written):
    assert [f"{line.mark} {line.text}" for line in write_change(change, 1)] == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, ["{}"]),
        ([], ["[]"]),
        (None, ["null"]),
        ("", ['""']),
        ("a b/c:1", ["a b/c:1"]),
        ("a ", ['"a "']),
        ("4Gi", ["4Gi"]),
        ("1e3", ['"1e3"']),
        ([{"a": 1, "b": {"c": "d"}}], ["- a: 1", "  b:", "    c: d"]),
        ("password: x\n\nb", ["|", "  password: <hidden>", "  ", "  b"]),
        (Hidden("x", 3), ["<hidden: 3 bytes>"]),
    ],
)
def test_a_value_is_written_like_yaml(value, written):
    assert write_value(value) == written
