"""One past rollout, whole, as a person reads it."""

from __future__ import annotations

from typing import Any

from tooling.cli.history_view import make_rows, tell

NOON = 1_800_014_400.0
NUMBERS = {"requests": 104, "errors": 34, "p95": 0.5}


def make_past(**changes: Any) -> dict[str, Any]:
    return {
        "rollout": "genai-19b3f0a",
        "number": 7,
        "kind": "canary",
        "phase": "Aborted",
        "target": "genai-stack-0.4.0 (1a2b3c4d)",
        "by": "anna@desk",
        "started_at": NOON - 1205,
        "ended_at": NOON,
        "stable": "blue",
        "candidate": "green",
        "reason": "34 of 104 candidate requests failed (32.7 %); stable failed 0.4 %, at most 5.4 % is allowed",
        "was": {
            "label": "genai-stack-0.3.2 (99aabbcc)",
            "values": "99aabbccddeeff00",
            "images": ["gateway:1", "vllm:9"],
        },
        "version": {
            "label": "genai-stack-0.4.0 (1a2b3c4d)",
            "values": "1a2b3c4d5e6f7788",
            "images": ["gateway:2", "vllm:9"],
        },
        "trail": [
            {
                "step": "install base",
                "started_at": NOON - 1205,
                "ended_at": NOON - 1201,
                "done": True,
                "reason": "",
            },
            {
                "step": "analysis for 600 s at 10 %",
                "started_at": NOON - 1000,
                "ended_at": NOON - 900,
                "done": False,
                "reason": "34 of 104 candidate requests failed",
            },
        ],
        "verdicts": [
            {
                "step": "analysis for 600 s at 10 %",
                "weight": 10,
                "started_at": NOON - 1000,
                "ended_at": NOON - 900,
                "verdict": "Failed",
                "reason": "34 of 104 candidate requests failed",
                "candidate": NUMBERS,
                "stable": {**NUMBERS, "errors": 0},
            }
        ],
        "approvals": [{"step": "approval", "by": "bob@x", "reason": "fine", "at": NOON - 950, "verb": "promote"}],
        "interferences": [
            {"at": NOON - 940, "what": "the route was changed", "by": "kubectl", "answer": "aborted"}
        ],
        "cut_streams": 2,
        "compared": 41,
        "differences": ["Service/genai: spec.selector"],
        **changes,
    }


WHOLE = """\
rollout genai-19b3f0a (number 7): canary, Aborted
  by       anna@desk
  when     2027-01-15T11:39:55+00:00 to 2027-01-15T12:00:00+00:00, 20m05s
  slots    blue served, green was the candidate
  reason   34 of 104 candidate requests failed (32.7 %); stable failed 0.4 %, at most 5.4 % is allowed
  from     genai-stack-0.3.2 (99aabbcc), values 99aabbccddee
  to       genai-stack-0.4.0 (1a2b3c4d), values 1a2b3c4d5e6f
  - image  gateway:1
  + image  gateway:2
steps
  11:39:55      4s  install base: done
  11:43:20   1m40s  analysis for 600 s at 10 %: FAILED, 34 of 104 candidate requests failed
verdicts
  11:45:00 at 10 %: Failed, 34 of 104 candidate requests failed
           candidate: 34 of 104 failed, p95 0.50 s; stable: 0 of 104 failed, p95 0.50 s
approval   2027-01-15T11:44:10+00:00 promote by bob@x: fine
interfered 2027-01-15T11:44:20+00:00 the route was changed (kubectl): aborted
streams    2 were cut
compared   41 objects, 1 differ from their manifests
  Service/genai: spec.selector"""


def test_one_is_told_whole() -> None:
    assert "\n".join(tell(make_past())) == WHOLE


def test_a_first_install_came_from_nothing() -> None:
    told = list(tell(make_past(was=None, number=0, stable="", reason="", by="", kind="install")))
    assert told[0] == "rollout genai-19b3f0a: install, Aborted"
    assert "  by       nobody known" in told
    assert "  slots    none served, green was the candidate" in told
    assert [line for line in told if "image" in line] == ["  image    gateway:2", "  image    vllm:9"]
    assert not [line for line in told if line.startswith(("  from", "  reason"))]


def test_the_list_is_short() -> None:
    (row,) = make_rows([make_past()])
    assert (row["no"], row["kind"], row["phase"]) == (7, "canary", "Aborted")
    assert len(row["reason"]) == 60
    assert row["ended"] == "2027-01-15T12:00:00+00:00"
