"""States that `status` may have to show, as plain data: what tests/data/status draws."""

from __future__ import annotations

from typing import Any

NOON = 1_800_014_400.0
LONG = (
    "0/14 nodes are available: 4 Insufficient nvidia.com/gpu, 10 node(s) had untolerated taint "
    "{nvidia.com/gpu: present}. preemption: 0/14 nodes are available: 14 No preemption victims found."
)


def numbers(requests: int, errors: int = 0, p95: float | None = 0.42) -> dict[str, Any]:
    return {"requests": requests, "errors": errors, "p95": p95}


def workload(key: str, ready: int, wanted: int, problem: str = "") -> dict[str, Any]:
    return {"workload": key, "wanted": wanted, "ready": ready, "problem": problem}


def verdict(result: str, reason: str, candidate: dict[str, Any], stable: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": result, "reason": reason, "candidate": candidate, "stable": stable}


FIRST = {
    **verdict(
        "Successful",
        "candidate: 1 of 104 failed, p95 0.44 s; stable: 4 of 1016 failed, p95 0.42 s",
        numbers(104, 1, 0.44),
        numbers(1016, 4),
    ),
    "step": "analysis for 600 s at 10 %",
    "weight": 10,
    "started_at": NOON - 900,
    "ended_at": NOON - 300,
}
NOW = verdict(
    "Inconclusive",
    "2 of 61 candidate requests failed: too few to condemn it, too many to go on",
    numbers(61, 2, 0.5),
    numbers(182),
)


def make_rollout(**changes: Any) -> dict[str, Any]:
    return {
        "id": "genai-19b3f0a",
        "number": 7,
        "kind": "canary",
        "phase": "Progressing",
        "target": "genai-stack-0.4.0 (1a2b3c4d)",
        "was": "genai-stack-0.3.2 (99aabbcc)",
        "by": "anna@desk",
        "started_at": NOON - 1205,
        "ended_at": 0.0,
        "stable": "blue",
        "candidate": "green",
        "step": "analysis for 600 s at 25 %",
        "position": "8/16",
        "reason": "",
        "next": {"what": "verdict", "seconds": 305.0},
        "verdict": NOW,
        "verdicts": [FIRST],
        "approvals": [],
        "interferences": [],
        "cut_streams": None,
        "compared": 0,
        "differences": [],
        **changes,
    }


def make_state(rollout: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "instance": "genai",
        "namespace": "genai",
        "at": NOON,
        "serving": "blue",
        "weights": {"blue": 75, "green": 25},
        "driver": "anna@desk (process 4711)",
        "rollout": rollout or make_rollout(),
        "traffic": {
            "blue": {"asked": 75, "measured": 74.9, **numbers(182)},
            "green": {"asked": 25, "measured": 25.1, **numbers(61, 2, 0.5)},
        },
        "gpus": {"blue": 8, "green": 2},
        "slots": {
            "blue": [workload("gateway", 3, 3), workload("inference/llama-3-70b", 2, 2)],
            "green": [workload("gateway", 1, 1), workload("inference/llama-3-70b", 1, 1)],
        },
        **changes,
    }


def make_nothing() -> dict[str, Any]:
    empty: dict[str, Any] = {"weights": {}, "traffic": {}, "gpus": {}, "slots": {"blue": [], "green": []}}
    return {**make_state(serving="", driver="", **empty), "rollout": None}


STATES = {
    "analysis": make_state(),
    "nothing": make_nothing(),
    "silent": make_state(silent={"seconds": 42.0, "reason": "no answer from the API server: timed out."}),
    "approval": make_state(
        make_rollout(
            phase="Paused",
            step="approval within 7200 s",
            position="9/16",
            next={"what": "abort unless promoted", "seconds": 7195.0},
            verdict=None,
            approvals=[
                {
                    "step": "approval within 3600 s",
                    "by": "bob@laptop",
                    "reason": "answers look fine to the support team",
                    "at": NOON - 400,
                    "verb": "promote",
                }
            ],
            interferences=[
                {
                    "at": NOON - 100,
                    "what": "somebody else scaled genai-blue-gateway to 1; 3 are needed",
                    "by": "kubectl-edit (Update, 12:38)",
                    "answer": "scale blue gateway to 3",
                }
            ],
        ),
        driver="",
    ),
    "pending": make_state(
        make_rollout(
            phase="Preparing",
            step="scale candidate to 10 % of what it needs",
            position="3/16",
            next={"what": "ready at the latest", "seconds": 3599.6},
            verdict=None,
            verdicts=[],
        ),
        weights={"blue": 100},
        traffic={"blue": {"asked": 100, "measured": None}},
        slots={
            "blue": [workload("gateway", 3, 3)],
            "green": [
                workload("gateway", 0, 1, "ContainerCreating"),
                workload("inference/meta-llama-3.1-405b-instruct", 0, 1, LONG),
            ],
        },
    ),
    "aborting": make_state(
        make_rollout(
            phase="Aborting",
            step="scale candidate to 0 % of what it needs",
            position="5/8",
            next={"what": "drained at the latest", "seconds": 61.0},
            verdict=None,
            reason="34 of 104 candidate requests failed (32.7 %); stable failed 0.4 %, at most 5.4 % is allowed",
            verdicts=[{**FIRST, "verdict": "Failed", "reason": "34 of 104 candidate requests failed (32.7 %)"}],
        ),
        weights={"blue": 100, "green": 0},
        traffic={
            "blue": {"asked": 100, "measured": 100.0, **numbers(9)},
            "green": {"asked": 0, "measured": 0.0, **numbers(0, 0, None)},
        },
    ),
    "aborted": make_state(
        make_rollout(
            kind="blueGreen",
            phase="Aborted",
            step="",
            position="8/8",
            next=None,
            verdict=None,
            ended_at=NOON - 5,
            reason="aborted by bob@laptop: prices went up",
            verdicts=[],
            cut_streams=2,
            compared=41,
            differences=[
                "Deployment/genai-blue-gateway spec.template.spec.containers[0].image: edited by kubectl"
            ],
        ),
        driver="",
        weights={"blue": 100},
        traffic={"blue": {"asked": 100, "measured": None}},
        gpus={},
    ),
}
