"""The quality port through the API server's proxy: prompts to each slot's own gateway Service, past the route."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tooling.adapters.kube_client import KubeClient, clip, make_path, to_error
from tooling.core.quality import QualityAnswer, QualityRun
from tooling.core.suite import Prompt, Suite
from tooling.errors import OutsideError

_AT_ONCE = 4
_TIMEOUT = 60.0
_IDLE = 60.0
"""Seconds after the last question about a run from which it asks no more: its step is over, or its driver gone."""
_PORT = 80
_SILENCE = 8
"""Prompts in a row without an answer from which a run tells of it, and goes on trying."""
_ERROR_LENGTH = 120
_LONGEST = 100_000
"""Characters of an answer that are judged: a regular expression must not run over a book."""


class ProxiedQuality:
    """Implements the quality port. Runs live in this process; threads that ask end with it."""

    def __init__(self, client: KubeClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._runs: dict[str, _Run] = {}

    def run(self, namespace: str, instance: str, slots: tuple[str, str], suite: Suite, key: str) -> QualityRun:
        """Return how far the run of that key is; the first call starts it, and it goes on in the background."""
        if key not in self._runs:
            services = tuple(
                make_path("v1", "services", namespace, f"http:{instance}-{slot}-gateway:{_PORT}") for slot in slots
            )
            self._runs[key] = _Run(_Gateways(self._client, slots, services, suite.model), suite, self._clock)
        return self._runs[key].look()


@dataclass(frozen=True, slots=True)
class _Reply:
    """What one slot said to one prompt: its text, or why there is none; `is_refused` when it never will."""

    text: str | None
    error: str = ""
    is_refused: bool = False


_BROKEN = _Reply(None, "the question broke off")


@dataclass(frozen=True, slots=True)
class _Gateways:
    """The gateways of stable and candidate; `services` are their paths."""

    client: KubeClient
    slots: tuple[str, str]
    services: tuple[str, ...]
    model: str

    def ask(self, prompt: Prompt, which: int) -> _Reply:
        """Get one completion. As the evals do it: as repeatable as the engine lets it be."""
        body: dict[str, Any] = {
            "messages": [{"role": "user", "content": prompt.text}],
            "max_tokens": prompt.max_tokens,
            "temperature": 0,
            "seed": 1,
        }
        if self.model:
            body["model"] = self.model
        slot = self.slots[which]
        path = f"{self.services[which]}/proxy/v1/chat/completions"
        try:
            answer = self.client.send("POST", path, what=f"the gateway of {slot}", body=body, timeout=_TIMEOUT)
        except OutsideError as error:
            return _Reply(None, error.message)
        content = answer.read_json()
        if answer.status == 200:
            text = _read_text(content)
            return _Reply(text, "" if text is not None else f"{slot}: the answer is not an OpenAI completion")
        if answer.status in {401, 403} and isinstance(content, dict) and content.get("kind") == "Status":
            return _Reply(None, to_error(answer, f"ask the gateway of {slot}").message, is_refused=True)
        return _Reply(None, f"{slot}: status {answer.status}")


class _Run:
    """One suite on its way. A prompt without an answer is asked once more, after the others."""

    def __init__(self, gateways: _Gateways, suite: Suite, clock: Callable[[], float]) -> None:
        self._gateways = gateways
        self._suite = suite
        self._clock = clock
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._waiting = deque(range(len(suite.prompts)))
        self._failed: set[int] = set()
        self._answers: list[QualityAnswer] = []
        self._problem = ""
        self._streak = 0
        self._error = ""
        self._looked_at = 0.0

    def look(self) -> QualityRun:
        """Return what was answered so far, and have somebody at work on the rest."""
        with self._lock:
            self._looked_at = self._clock()
            problem, self._problem = self._problem or self._describe_silence(), ""
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for _ in range(min(_AT_ONCE - len(self._threads), len(self._waiting))):
                thread = threading.Thread(target=self._work, name="quality", daemon=True)
                self._threads.append(thread)
                thread.start()
            return QualityRun(self._suite.name, len(self._suite.prompts), tuple(self._answers), problem)

    def _describe_silence(self) -> str:
        """Say that nobody answers any more: prompts that all run into their timeouts would take hours."""
        if self._streak < _SILENCE:
            return ""
        return f"{self._streak} prompts in a row got no answer, such as: {clip(self._error, _ERROR_LENGTH)}"

    def _work(self) -> None:
        while (number := self._take()) is not None:
            replies: dict[int, _Reply] = {}
            try:
                # Each slot is asked first in turn, so that neither always finds the other's cache warm.
                for which in (number % 2, 1 - number % 2):
                    replies[which] = self._gateways.ask(self._suite.prompts[number], which)
            finally:
                with self._lock:
                    self._note(number, [replies.get(which, _BROKEN) for which in (0, 1)])

    def _take(self) -> int | None:
        with self._lock:
            is_idle = self._clock() - self._looked_at > _IDLE
            return None if is_idle or self._problem or not self._waiting else self._waiting.popleft()

    def _note(self, number: int, replies: Sequence[_Reply]) -> None:
        """Keep the answers of stable and candidate to one prompt, or have it asked again."""
        self._error = error = next((reply.error for reply in replies if reply.error), "")
        self._streak = self._streak + 1 if error else 0
        refusal = next((reply.error for reply in replies if reply.is_refused), "")
        self._problem = refusal or self._problem
        if refusal or (error and number not in self._failed):
            self._failed |= {number} if not refusal else set()
            self._waiting.append(number)
            return
        prompt = self._suite.prompts[number]
        stable, candidate = (_judge(prompt, reply) for reply in replies)
        self._answers.append(QualityAnswer(prompt.name, stable, candidate, clip(error, _ERROR_LENGTH)))


def _judge(prompt: Prompt, reply: _Reply) -> bool | None:
    return None if reply.text is None else prompt.expect.is_met(reply.text[:_LONGEST])


def _read_text(content: Any) -> str | None:
    try:
        text = content["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        return None
    return text if isinstance(text, str) else None
