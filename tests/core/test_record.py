"""What is recorded can be read again, or is refused untouched."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.stories import begin_canary
from tooling.core.analysis import Histogram, Measurement, PodCounts, Result, SlotNumbers, Verdict
from tooling.core.plan import Step, StepKind, Target
from tooling.core.record import API_VERSION, from_record, to_record
from tooling.core.rollout import Phase, Rollout, Snapshot
from tooling.core.trail import Entry, StepRecord, TargetVersion, Verified
from tooling.errors import StateError

texts = st.text(max_size=8)
numbers = st.integers(-1000, 1000)
times = st.floats(0, 1e10)
slots = st.sampled_from(["blue", "green"])
counts = st.dictionaries(texts, st.integers(0, 99), max_size=2)
histograms = st.lists(st.tuples(times, times), max_size=3).map(
    lambda pairs: Histogram((*(one for one, _ in pairs), inf), (*(two for _, two in pairs), 1.0))
)
measurements: st.SearchStrategy[Measurement] = st.dictionaries(
    slots, st.dictionaries(texts, st.builds(PodCounts, times, times, histograms), max_size=2), max_size=2
)
slot_numbers = st.builds(SlotNumbers, times, times, st.none() | times | st.just(inf))
steps = st.builds(Step, st.sampled_from(StepKind), st.sampled_from(Target), numbers, numbers, times)
rollouts = st.builds(
    Rollout,
    id=texts,
    instance=texts,
    candidate=slots,
    target=st.builds(TargetVersion, texts, texts),
    steps=st.lists(steps, max_size=3).map(tuple),
    snapshot=st.builds(Snapshot, texts, numbers, numbers, counts, counts),
    phase=st.sampled_from(Phase),
    index=st.integers(0, 5),
    started_at=times,
    step_started_at=times,
    is_rollback=st.booleans(),
    is_warm=st.booleans(),
    baseline=st.none() | measurements,
    epoch=numbers,
    reason=texts,
    records=st.lists(
        st.builds(
            StepRecord,
            texts,
            numbers,
            st.builds(Verdict, st.sampled_from(Result), texts, slot_numbers, slot_numbers),
        ),
        max_size=2,
    ).map(tuple),
    journal=st.lists(st.builds(Entry, numbers, texts, texts, times, times, texts), max_size=2).map(tuple),
    verified=st.lists(st.builds(Verified, slots, numbers, texts, texts, texts), max_size=2).map(tuple),
)


@given(rollouts)
def test_what_is_written_is_read_again(rollout: Rollout) -> None:
    text = json.dumps(to_record(rollout), allow_nan=False)
    assert from_record(json.loads(text)) == rollout


def test_what_is_read_is_of_the_types_that_the_core_decides_on() -> None:
    _, rollout = begin_canary()
    again = from_record(json.loads(json.dumps(to_record(rollout))))
    assert isinstance(again.phase, Phase)
    assert isinstance(again.steps, tuple)
    assert isinstance(again.steps[0].kind, StepKind)
    assert isinstance(again.started_at, float)


@pytest.mark.parametrize("version", ["genai-stack/v2", "genai-stack/v1alpha1", "", None])
def test_another_version_is_refused_with_both_versions_named(version: str | None) -> None:
    record = {**to_record(begin_canary()[1]), "apiVersion": version}
    with pytest.raises(StateError) as caught:
        from_record(record)
    assert repr(version) in str(caught.value)
    assert API_VERSION in str(caught.value)


def test_a_record_without_a_version_is_refused() -> None:
    with pytest.raises(StateError):
        from_record({})


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def damage(record: dict[str, Any]) -> None:
        place: Any = record
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return damage


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def damage(record: dict[str, Any]) -> None:
        place: Any = record
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return damage


DAMAGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "no rollout": drop("rollout"),
    "rollout is null": put("rollout", value=None),
    "rollout is text": put("rollout", value="x"),
    "rollout is a list": put("rollout", value=[]),
    "id is missing": drop("rollout", "id"),
    "id is null": put("rollout", "id", value=None),
    "id is a number": put("rollout", "id", value=7),
    "an unknown field": put("rollout", "colour", value="red"),
    "an unknown phase": put("rollout", "phase", value="Dancing"),
    "index is text": put("rollout", "index", value="x"),
    "index is a fraction": put("rollout", "index", value=1.7),
    "index is infinite": put("rollout", "index", value=inf),
    "index is true": put("rollout", "index", value=True),
    "is_warm is a number": put("rollout", "is_warm", value=1),
    "is_warm is text": put("rollout", "is_warm", value="false"),
    "a time is text": put("rollout", "started_at", value="now"),
    "a time is true": put("rollout", "started_at", value=True),
    "steps is null": put("rollout", "steps", value=None),
    "steps is a number": put("rollout", "steps", value=3),
    "a step is text": put("rollout", "steps", 0, value="install"),
    "a step of an unknown kind": put("rollout", "steps", 0, "kind", value="dance"),
    "required is a list": put("rollout", "snapshot", "required", value=["gateway"]),
    "a count is text": put("rollout", "snapshot", "required", "gateway", value="2"),
    "baseline is text": put("rollout", "baseline", value="x"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_refused_and_not_guessed_at(damage: Callable[[dict[str, Any]], None]) -> None:
    record = json.loads(json.dumps(to_record(begin_canary()[1])))
    damage(record)
    with pytest.raises(StateError) as caught:
        from_record(record)
    assert "damaged" in caught.value.message
    assert "ConfigMap" in caught.value.hint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(to_record(begin_canary()[1])["rollout"])), json_values)
def test_whatever_stands_in_a_field_it_is_read_or_refused(field: str, value: object) -> None:
    record = to_record(begin_canary()[1])
    record["rollout"][field] = value
    try:
        rollout = from_record(record)
    except StateError:
        return
    assert isinstance(rollout, Rollout)


@given(json_values)
def test_whatever_stands_for_a_rollout_it_is_refused(value: object) -> None:
    with pytest.raises(StateError):
        from_record({"apiVersion": API_VERSION, "rollout": value})
