"""Phases, the table of transitions, the journal, and what proved itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from tests.core.stories import begin_canary
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import (
    DONE,
    JOURNAL_LENGTH,
    TERMINAL,
    TRANSITIONS,
    UNKNOWN,
    Event,
    Phase,
    Rollout,
    find_phase,
)
from tooling.core.trail import VERIFIED_LENGTH, Verified, find_verified, note_verified
from tooling.errors import IllegalTransition

LEGAL = {
    Phase.PENDING: {
        Event.START: Phase.PREPARING,
        Event.START_ROLLBACK: Phase.ROLLING_BACK,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.PREPARING: {
        Event.PROGRESS: Phase.PROGRESSING,
        Event.PAUSE: Phase.PAUSED,
        Event.PROMOTE: Phase.PROMOTING,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.PROGRESSING: {
        Event.PAUSE: Phase.PAUSED,
        Event.PROMOTE: Phase.PROMOTING,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.PAUSED: {
        Event.PROGRESS: Phase.PROGRESSING,
        Event.PROMOTE: Phase.PROMOTING,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.PROMOTING: {
        Event.COMPLETE: Phase.SUCCEEDED,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.ROLLING_BACK: {
        Event.COMPLETE: Phase.ROLLED_BACK,
        Event.ABORT: Phase.ABORTING,
    },
    Phase.ABORTING: {Event.BACKED_OUT: Phase.ABORTED, Event.FAIL: Phase.FAILED},
    Phase.SUCCEEDED: {},
    Phase.ABORTED: {},
    Phase.ROLLED_BACK: {},
    Phase.FAILED: {},
}


def begin(phase: Phase) -> Rollout:
    return replace(begin_canary()[1], phase=phase, step_started_at=7.0, reason="so far")


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, Event)))
def test_every_pair_of_phase_and_event_is_legal_or_changes_nothing(phase: Phase, event: Event) -> None:
    rollout = begin(phase)
    before = replace(rollout)
    expected = LEGAL[phase].get(event)
    if expected is None:
        with pytest.raises(IllegalTransition) as caught:
            rollout.after(event, 9.0)
        assert (caught.value.phase, caught.value.event) == (phase, event)
        assert phase.value in str(caught.value)
        assert event.value in str(caught.value)
        assert rollout == before
    else:
        after = rollout.after(event, 9.0, reason="because")
        assert find_phase(phase, event) is after.phase is expected
        assert (after.step_started_at, after.reason) == (9.0, "because")
        assert after.ended_at == (9.0 if after.phase.is_terminal else 0.0)
        assert rollout == before


def test_the_table_has_no_other_rows() -> None:
    assert set(TRANSITIONS) == {(phase, event) for phase, events in LEGAL.items() for event in events}


def test_nothing_follows_a_terminal_phase_and_every_other_phase_can_end() -> None:
    assert {phase for phase in Phase if phase.is_terminal} == TERMINAL
    assert TERMINAL.isdisjoint(phase for phase, _ in TRANSITIONS)
    for start in set(Phase) - TERMINAL:
        reached = {start}
        while new := {to for (phase, _), to in TRANSITIONS.items() if phase in reached} - reached:
            reached |= new
        assert reached & TERMINAL


def test_every_phase_that_moves_traffic_can_be_aborted_and_only_backing_out_cannot() -> None:
    without = {phase for phase in set(Phase) - TERMINAL if (phase, Event.ABORT) not in TRANSITIONS}
    assert without == {Phase.ABORTING}


def test_the_step_is_the_one_at_the_index_and_none_after_the_last() -> None:
    rollout = begin(Phase.PROGRESSING)
    steps = (Step(StepKind.INSTALL), Step(StepKind.PROMOTE))
    assert [replace(rollout, steps=steps, index=index).step for index in range(3)] == [*steps, None]


def test_nonces_are_never_used_twice_even_when_the_journal_is_cut_and_the_driver_changes() -> None:
    rollout = begin(Phase.PROGRESSING)
    nonces = []
    for number in range(JOURNAL_LENGTH + 20):
        rollout = replace(rollout, epoch=number // 30).intend("scale", float(number))
        nonces.append(rollout.journal[-1].nonce)
        rollout = rollout.conclude(DONE, float(number))
    assert len(set(nonces)) == len(nonces)
    assert len(rollout.journal) == JOURNAL_LENGTH
    assert rollout.journal[-1].number == JOURNAL_LENGTH + 20
    assert rollout.journal[0].number == 21


@pytest.mark.parametrize(
    ("entries", "is_tried", "is_in_doubt"),
    [
        ([], False, False),
        ([("other", "")], False, False),
        ([("route", "")], True, True),
        ([("route", DONE)], True, False),
        ([("route", "refused")], True, True),
        ([("route", "another operation (install/upgrade/rollback) is in progress")], True, False),
        ([("route", f"{UNKNOWN}no answer")], True, True),
        ([("route", f"{UNKNOWN}no answer"), ("route", DONE)], True, False),
        ([("route", DONE), ("route", "")], True, True),
        ([("route", ""), ("other", DONE)], True, True),
    ],
)
def test_an_action_is_in_doubt_until_its_end_is_known(
    entries: list[tuple[str, str]], is_tried: bool, is_in_doubt: bool
) -> None:
    rollout = begin(Phase.PROGRESSING)
    for action, outcome in entries:
        rollout = rollout.intend(action, 1.0)
        rollout = rollout.conclude(outcome, 2.0) if outcome else rollout
    assert rollout.has_tried("route") is is_tried
    assert rollout.is_in_doubt("route") is is_in_doubt


def test_a_journal_entry_says_when_and_how_it_ended() -> None:
    entry = begin(Phase.PROGRESSING).intend("route", 1.0).conclude(DONE, 2.0).journal[-1]
    assert (entry.number, entry.action, entry.outcome) == (1, "route", DONE)
    assert (entry.intended_at, entry.done_at) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([], 0),
        ([("a", DONE)], 0),
        ([("a", "")], 0),
        ([("a", "no")], 1),
        ([("a", "no"), ("a", "no")], 2),
        ([("a", "no"), ("a", DONE), ("a", "no")], 1),
        ([("b", "no"), ("a", "no")], 1),
        ([("a", "no"), ("b", "no"), ("a", "no")], 1),
    ],
)
def test_failures_in_a_row_are_counted(entries: list[tuple[str, str]], count: int) -> None:
    rollout = begin(Phase.PROGRESSING)
    for action, outcome in entries:
        rollout = rollout.intend(action, 1.0).conclude(outcome, 2.0)
    assert rollout.count_failures() == count


def prove(slot: str, revision: int) -> Verified:
    return Verified(slot, revision, f"digest-{revision}", "label", f"r{revision}")


def test_the_last_verified_version_of_a_slot_is_found() -> None:
    verified = (prove("blue", 1), prove("green", 1), prove("blue", 2))
    assert find_verified(verified, "blue") == prove("blue", 2)
    assert find_verified(verified, "green") == prove("green", 1)
    assert find_verified((), "green") is None


def test_a_version_that_proves_itself_again_moves_to_the_top_and_the_oldest_is_forgotten() -> None:
    verified: tuple[Verified, ...] = ()
    for revision in range(VERIFIED_LENGTH + 2):
        verified = note_verified(verified, prove("blue", revision))
    assert [one.revision for one in verified] == [2, 3, 4, 5, 6, 7]
    again = note_verified(verified, prove("blue", 3))
    assert [one.revision for one in again] == [2, 4, 5, 6, 7, 3]
