"""What is told of a rollout follows from two versions of its record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tooling.core.analysis import Result, SlotNumbers, Verdict
from tooling.core.notice import (
    CHOSEN,
    LONGEST,
    Notice,
    NoticeKind,
    Notification,
    Severity,
    find_notices,
    read_notifications,
)
from tooling.core.plan import Step, StepKind
from tooling.core.rollout import Phase, Rollout, Snapshot
from tooling.core.trail import Approval, Interference, StepRecord, TargetVersion

STEPS = (
    Step(StepKind.INSTALL),
    Step(StepKind.WEIGHT, weight=10),
    Step(StepKind.ANALYSIS, weight=10, seconds=60),
    Step(StepKind.APPROVAL, weight=10, seconds=60),
    Step(StepKind.PROMOTE, weight=100),
)
CANARY = Rollout("r1", "genai", "green", TargetVersion("d2", "two"), STEPS, Snapshot("blue"), by="ada")
RUNNING = replace(CANARY, phase=Phase.PROGRESSING, index=3, started_at=100.0)


def tell(before: Rollout | None, after: Rollout) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.severity.value, one.text) for one in find_notices(before, after, 200.0)]


def test_a_rollout_that_was_not_there_begins() -> None:
    install = replace(CANARY, candidate="blue", snapshot=Snapshot())
    back = replace(CANARY, is_rollback=True)
    assert tell(None, CANARY) == [
        ("started", "info", "rollout of two begins by ada (into green, blue serves)"),
    ]
    assert tell(replace(CANARY, id="r0"), replace(CANARY, by=""))[0][2] == (
        "rollout of two begins (into green, blue serves)"
    )
    assert tell(None, install)[0][2] == "rollout of two begins by ada (first install)"
    assert tell(None, back)[0][2] == "rollback to two begins by ada (into green, blue serves)"


def test_what_did_not_change_is_not_told() -> None:
    assert tell(RUNNING, RUNNING) == []
    assert tell(RUNNING, RUNNING.intend("scale", 150.0)) == []
    assert tell(RUNNING, replace(RUNNING, epoch=9, step_started_at=120.0)) == []


def test_a_step_is_told_when_it_begins() -> None:
    (notice,) = find_notices(RUNNING, replace(RUNNING, index=4), 200.0)
    assert (notice.kind, notice.text) == (NoticeKind.STEP, f"step 5/{len(RUNNING.steps)}: {RUNNING.steps[4]}")
    assert notice.at == 200.0
    assert notice.facts == {
        "target": "two",
        "stable": "blue",
        "candidate": "green",
        "step": str(RUNNING.steps[4]),
        "position": f"5/{len(RUNNING.steps)}",
    }


def test_a_person_who_is_waited_for_is_told_what_to_do() -> None:
    judging = replace(RUNNING, index=2)
    paused = replace(judging, phase=Phase.PAUSED)
    ((kind, severity, text),) = tell(judging, paused)
    assert (kind, severity) == ("approval", "warning")
    assert text.startswith(f"step 3/{len(RUNNING.steps)} waits for a person: ")
    assert text.endswith("Go on with: genai-stack promote")
    assert tell(paused, judging)[0][0] == "step"


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.PROMOTING])
def test_an_approval_is_told_in_every_phase(phase: Phase) -> None:
    judging = replace(RUNNING, index=2, phase=phase)
    ((kind, severity, text),) = tell(judging, replace(judging, index=3))
    assert (kind, severity) == ("approval", "warning")
    assert text.endswith("Go on with: genai-stack promote")


@pytest.mark.parametrize(
    ("result", "severity"),
    [(Result.SUCCESSFUL, "info"), (Result.FAILED, "warning"), (Result.INCONCLUSIVE, "warning")],
)
def test_a_verdict_has_its_numbers(result: Result, severity: str) -> None:
    verdict = Verdict(result, "as said", SlotNumbers(900.0, 1.0, 0.41239), SlotNumbers(100.0, 9.0, None))
    after = replace(RUNNING, records=(StepRecord("analysis", 10, verdict),))
    (notice,) = find_notices(RUNNING, after, 200.0)
    assert (notice.kind, notice.severity, notice.text) == (
        NoticeKind.VERDICT,
        Severity(severity),
        f"{result} at 10 %: as said",
    )
    assert notice.facts["stable"] == {"requests": 900, "errors": 1, "p95": 0.4124}
    assert notice.facts["candidate"] == {"requests": 100, "errors": 9, "p95": None}
    assert tell(after, after) == []


def test_an_abort_is_told_once_with_its_reason() -> None:
    aborting = replace(RUNNING, phase=Phase.ABORTING, reason="green failed", index=0)
    told = tell(RUNNING, aborting)
    assert told[0] == ("abort", "warning", "taking back two: green failed")
    assert [kind for kind, _, _ in told] == ["abort", "step"]
    assert [kind for kind, _, _ in tell(aborting, replace(aborting, index=1))] == ["step"]


@pytest.mark.parametrize(
    ("phase", "severity", "text"),
    [
        (Phase.SUCCEEDED, "info", "Succeeded after 60 s: green serves two"),
        (Phase.ROLLED_BACK, "info", "RolledBack after 60 s: green serves two again"),
        (Phase.ABORTED, "warning", "Aborted after 60 s, blue serves all traffic: it was bad"),
        (Phase.FAILED, "error", "Failed after 60 s, a person is needed: it was bad"),
    ],
)
def test_the_end_is_told(phase: Phase, severity: str, text: str) -> None:
    after = replace(RUNNING, phase=phase, ended_at=160.0, reason="it was bad")
    assert tell(RUNNING, after) == [("ended", severity, text)]
    assert tell(after, after) == []


def test_a_first_install_that_was_taken_back_leaves_nothing() -> None:
    install = replace(CANARY, candidate="blue", snapshot=Snapshot())
    aborting = replace(install, phase=Phase.ABORTING)
    after = replace(install, phase=Phase.ABORTED, ended_at=1.0, reason="no pods")
    assert tell(aborting, after)[0][2] == "Aborted after 1 s, nothing is installed: no pods"


def test_base_alone_has_words_of_its_own() -> None:
    base = replace(CANARY, is_base=True, candidate="")
    ended = replace(base, ended_at=2.0, reason="no")
    assert tell(None, base)[0][2] == "base alone goes to two by ada"
    assert tell(base, replace(ended, phase=Phase.SUCCEEDED))[0][2] == "Succeeded after 2 s: base is two"
    assert tell(base, replace(ended, phase=Phase.ABORTED))[0][2] == "Aborted after 2 s, base is as before: no"


def test_an_approval_has_name_and_reason() -> None:
    one = Approval(3, "approval within 60 s", "bob@desk", "looks good", 190.0)
    after = replace(RUNNING, approvals=(one,))
    assert tell(RUNNING, after) == [("approval", "info", "promote by bob@desk: looks good (approval within 60 s)")]
    full = replace(one, verb="promote --full", reason="")
    assert tell(after, replace(after, approvals=(one, full)))[0][2] == (
        "promote --full by bob@desk (approval within 60 s)"
    )


def test_interference_has_who_what_and_the_answer() -> None:
    one = Interference(190.0, "somebody else changed the route", "kubectl", "aborted")
    two = Interference(195.0, "somebody else scaled genai-blue-gateway to 0")
    after = replace(RUNNING, interferences=(one,))
    assert tell(RUNNING, after) == [
        ("interference", "warning", "somebody else changed the route (kubectl): aborted")
    ]
    assert tell(after, replace(after, interferences=(two,))) == [("interference", "warning", two.what)]


def test_after_the_last_step_there_is_none_to_tell() -> None:
    assert tell(RUNNING, replace(RUNNING, index=len(RUNNING.steps))) == []


def test_a_notice_holds_no_secret_and_is_short() -> None:
    notice = Notice(
        NoticeKind.ABORT,
        "it said  token=hunter2secret\nand " + "more " * 400,
        "genai",
        "r1",
        Phase.ABORTING,
        1.0,
        facts={"reason": "password=hunter2", "count": 3},
    )
    assert "hunter2" not in f"{notice.text}{notice.facts}"
    assert "\n" not in notice.text
    assert len(notice.text) == LONGEST
    assert notice.text.endswith("...")
    assert notice.facts["count"] == 3


def test_notifications_are_read_from_the_values() -> None:
    values = {
        "rollout": {
            "notifications": {
                "team": {"existingSecret": "slack", "key": "hook", "events": ["ended", "abort"]},
                "gone": None,
                "audit": {"url": "http://audit"},
                "plain": {"existingSecret": "s", "key": ""},
            }
        }
    }
    assert read_notifications(values) == (
        Notification("audit", url="http://audit", kinds=CHOSEN),
        Notification("plain", secret="s"),
        Notification("team", secret="slack", key="hook", kinds=frozenset({NoticeKind.ENDED, NoticeKind.ABORT})),
    )
    assert NoticeKind.STEP not in CHOSEN
    assert read_notifications({}) == read_notifications({"rollout": {"notifications": None}}) == ()
