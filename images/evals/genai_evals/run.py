"""One run: every case of a suite is sent once, and its answer scored."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from .suite import Case, Suite


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case. `error` is set, and `answer` None, when no answer came. `slot` is who answered."""

    id: str
    passed: bool
    answer: str | None
    seconds: float
    error: str | None = None
    slot: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as it stands in the result file."""
        entry: dict[str, Any] = {"id": self.id, "passed": self.passed, "answer": self.answer}
        entry["seconds"] = round(self.seconds, 4)
        return entry if self.error is None else {**entry, "error": self.error}


def run(
    suite: Suite,
    client: httpx.Client,
    *,
    model: str | None = None,
    concurrency: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Result, ...]:
    """Send every case to `client`'s endpoint; results come in the suite's order."""
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return tuple(pool.map(lambda case: ask(case, client, model, clock), suite.cases))


def ask(case: Case, client: httpx.Client, model: str | None, clock: Callable[[], float]) -> Result:
    """Send one case and score the answer. A failed request is a Result with `error`, never an exception."""
    started = clock()
    answer, error, slot = complete(client, case.prompt, case.max_tokens, model)
    seconds = clock() - started
    passed = answer is not None and case.expect.is_met(answer)
    return Result(case.id, passed, answer, seconds, error, slot)


def complete(
    client: httpx.Client, prompt: str, max_tokens: int, model: str | None = None
) -> tuple[str | None, str | None, str | None]:
    """Ask for one completion; return its text, or what went wrong, and the slot that the gateway names."""
    # Temperature 0 and a fixed seed: two runs against the same version should differ as little as can be.
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": max_tokens,
        "temperature": 0,
        "seed": 1,
    }
    if model is not None:
        body["model"] = model
    try:
        answer = client.post("v1/chat/completions", json=body)
    except httpx.HTTPError as error:
        return None, f"{type(error).__name__}: {error}", None
    slot = answer.headers.get("x-genai-slot")
    if answer.status_code != 200:
        return None, f"status {answer.status_code}", slot
    try:
        text = answer.json()["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        return None, "the answer is not an OpenAI completion", slot
    return (text, None, slot) if isinstance(text, str) else (None, "the answer has no text", slot)


def summarize(suite: Suite, results: Iterable[Result]) -> dict[str, Any]:
    """The result file's content. Accuracy is a share, 0 to 1; a prompt without an answer counts as failed."""
    entries = tuple(results)
    passed = sum(result.passed for result in entries)
    return {
        "suite": suite.name,
        "digest": suite.digest,
        "total": len(entries),
        "passed": passed,
        "errors": sum(result.error is not None for result in entries),
        "accuracy": passed / len(entries),
        "slots": dict(sorted(Counter(result.slot for result in entries if result.slot).items())),
        "results": [result.to_json() for result in entries],
    }
