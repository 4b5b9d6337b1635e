"""Prompts to both slots: what fake and adapter promise, and what the adapter makes of the API server's proxy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.fakes import World
from tests.waiting import wait_until
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.quality_proxy import ProxiedQuality
from tooling.core.quality import QualityRun
from tooling.core.suite import Suite, read_suite
from tooling.ports.quality import Quality

SERVICES = "/api/v1/namespaces/genai/services"
FORBIDDEN = {"kind": "Status", "reason": "Forbidden", "message": "services/proxy is forbidden"}


def make_suite(count: int = 3, **settings: Any) -> Suite:
    prompts = [{"id": f"p{number}", "prompt": f"say {number}", "expect": str(number)} for number in range(count)]
    return read_suite({"evals": {"suites": {"golden": {"prompts": prompts, **settings}}}}, "golden")


def completion(text: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


def wait_here() -> None:
    """Let no simulated time pass: the adapter works by itself."""


@dataclass
class Gateways:
    """Gateways behind the double: each says the number that it is asked for, unless told otherwise."""

    slots: dict[str, Callable[[int], Reply]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    now: int = 0

    def answer(self, request: Request) -> Reply | None:
        slot = request.path.removeprefix(f"{SERVICES}/http:genai-").partition("-gateway")[0]
        if request.path != f"{SERVICES}/http:genai-{slot}-gateway:80/proxy/v1/chat/completions":
            return None
        with self.lock:
            self.asked.append((slot, request.body))
            self.now += 1
            self.most = max(self.most, self.now)
        number = int(request.body["messages"][0]["content"].removeprefix("say "))
        answer = self.slots.get(slot)
        reply = answer(number) if answer else Reply(200, completion(f"it is {number}"))
        with self.lock:
            self.now -= 1
        return reply


@pytest.fixture
def gateways(double: ApiDouble) -> Gateways:
    found = Gateways()
    double.scripts.append(found.answer)
    return found


@dataclass(frozen=True)
class Subject:
    quality: Quality
    fail: Callable[[str, str], None]
    pass_time: Callable[[], None]


@pytest.fixture(params=["fake", "double"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake":
        world = World()
        world.stand("blue")
        world.stand("green")

        def fail(slot: str, prompt: str) -> None:
            world.quality.wrong[slot] = frozenset({prompt})

        yield Subject(world.quality, fail, lambda: world.clock.sleep(1.0))
        return
    gateways = request.getfixturevalue("gateways")

    def mislead(slot: str, prompt: str) -> None:
        wrong = int(prompt.removeprefix("p"))
        gateways.slots[slot] = lambda number: Reply(200, completion("no" if number == wrong else str(number)))

    yield Subject(ProxiedQuality(request.getfixturevalue("double_client")), mislead, wait_here)


def finish(
    quality: Quality, suite: Suite, pass_time: Callable[[], None] = wait_here, key: str = "r/1"
) -> QualityRun:
    def look() -> QualityRun | None:
        pass_time()
        run = quality.run("genai", "genai", ("blue", "green"), suite, key)
        return run if run.is_done else None

    found = wait_until(look, "every prompt was asked")
    assert found is not None
    return found


def test_both_slots_are_asked_the_same_and_flipped_prompts_are_told(subject: Subject) -> None:
    subject.fail("green", "p1")
    subject.fail("blue", "p2")
    run = finish(subject.quality, make_suite(), subject.pass_time)
    assert (run.suite, run.total, run.problem) == ("golden", 3, "")
    assert {one.prompt: (one.stable, one.candidate) for one in run.answers} == {
        "p0": (True, True),
        "p1": (True, False),
        "p2": (False, True),
    }
    assert (run.lost, run.gained) == (("p1",), ("p2",))


def test_a_prompt_is_asked_as_the_evals_ask_it(double_client: KubeClient, gateways: Gateways) -> None:
    finish(ProxiedQuality(double_client), make_suite(1, model="smollm2", maxTokens=9))
    body = {
        "messages": [{"role": "user", "content": "say 0"}],
        "max_tokens": 9,
        "temperature": 0,
        "seed": 1,
        "model": "smollm2",
    }
    assert sorted(gateways.asked, key=lambda one: one[0]) == [("blue", body), ("green", body)]


def test_four_prompts_at_a_time_and_each_slot_first_in_turn(double_client: KubeClient, gateways: Gateways) -> None:
    together = threading.Barrier(4)

    def meet(number: int) -> Reply:
        together.wait(10)
        return Reply(200, completion(str(number)))

    gateways.slots = {"blue": meet, "green": meet}
    finish(ProxiedQuality(double_client), make_suite(8))
    assert gateways.most == 4
    first: dict[str, str] = {}
    for slot, body in gateways.asked:
        first.setdefault(body["messages"][0]["content"], slot)
    assert first == {f"say {number}": ("blue", "green")[number % 2] for number in range(8)}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(502, {"error": "upstream"}), "green: status 502"),
        (Reply(200, b"no JSON"), "green: the answer is not an OpenAI completion"),
        (Reply(200, completion(None)), "green: the answer is not an OpenAI completion"),
        (Reply(200, [1]), "green: the answer is not an OpenAI completion"),
        (Reply(200, b"", is_lost=True), "POST the gateway of green: the API server closed the connection"),
    ],
)
def test_no_answer_is_no_wrong_answer(
    double_client: KubeClient, gateways: Gateways, reply: Reply, error: str
) -> None:
    gateways.slots["green"] = lambda number: reply if number == 1 else Reply(200, completion(str(number)))
    run = finish(ProxiedQuality(double_client), make_suite())
    (missing,) = [one for one in run.answers if not one.is_paired]
    assert (missing.prompt, missing.stable, missing.candidate) == ("p1", True, None)
    assert missing.error.startswith(error)
    assert [slot for slot, body in gateways.asked if body["messages"][0]["content"] == "say 1"].count("green") == 2


def test_a_prompt_that_failed_once_is_asked_once_more(double_client: KubeClient, gateways: Gateways) -> None:
    replies = iter([Reply(503, {}), Reply(200, completion("0"))])
    gateways.slots["green"] = lambda number: next(replies)
    run = finish(ProxiedQuality(double_client), make_suite(1))
    assert [(one.stable, one.candidate, one.error) for one in run.answers] == [(True, True, "")]


def test_slots_that_fell_silent_are_told_until_they_answer_again(
    double_client: KubeClient, gateways: Gateways
) -> None:
    is_up, gate = threading.Event(), threading.Semaphore(0)

    def answer(number: int) -> Reply:
        assert gate.acquire(timeout=10)
        return Reply(200, completion(str(number))) if is_up.is_set() else Reply(503, {})

    gateways.slots["green"] = answer
    quality, suite = ProxiedQuality(double_client), make_suite(9)

    def look() -> QualityRun:
        return quality.run("genai", "genai", ("blue", "green"), suite, "r/1")

    assert not look().problem
    gate.release(8)
    problem = wait_until(lambda: look().problem, "the silence is told")
    assert problem == "8 prompts in a row got no answer, such as: green: status 503"
    is_up.set()
    gate.release(100)
    run = finish(quality, suite)
    assert (run.problem, len(run.pairs)) == ("", 9)


def test_an_account_that_may_not_ask_is_told_and_asks_again_at_the_next_look(
    double_client: KubeClient, gateways: Gateways
) -> None:
    is_allowed = threading.Event()
    gateways.slots["green"] = lambda number: (
        Reply(200, completion(str(number))) if is_allowed.is_set() else Reply(403, FORBIDDEN)
    )
    quality = ProxiedQuality(double_client)

    def look() -> QualityRun:
        return quality.run("genai", "genai", ("blue", "green"), make_suite(), "r/1")

    problem = wait_until(lambda: look().problem, "the refusal is told")
    assert problem == "cannot ask the gateway of green: Forbidden: services/proxy is forbidden"
    assert not look().answers
    is_allowed.set()
    assert len(finish(quality, make_suite()).pairs) == 3


def test_a_run_that_nobody_asks_after_rests_and_another_key_is_another_run(
    double_client: KubeClient, gateways: Gateways
) -> None:
    now = [0.0]
    gate = threading.Semaphore(0)

    def pass_one(number: int) -> Reply:
        assert gate.acquire(timeout=10)
        return Reply(200, completion(str(number)))

    gateways.slots["blue"] = pass_one
    quality = ProxiedQuality(double_client, clock=lambda: now[0])
    suite = make_suite(12)
    quality.run("genai", "genai", ("blue", "green"), suite, "r/1")
    wait_until(lambda: gateways.now >= 2, "prompts are on their way")
    now[0] = 61.0
    gate.release(100)
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "quality"], "nobody asks any more")
    assert len(gateways.asked) == 8
    assert finish(quality, suite).is_done
    assert len(gateways.asked) == 24
    finish(quality, suite, key="r/2")
    assert len(gateways.asked) == 48
