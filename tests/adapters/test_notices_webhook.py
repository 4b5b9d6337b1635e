"""Webhooks: Slack's JSON, tried again, never in the way, and the address nowhere to be read."""

from __future__ import annotations

import base64
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.adapters.api_double import ApiDouble
from tests.adapters.hooks import Hook, serve_hook
from tests.waiting import wait_until
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.notices_outbox import LONGEST_QUEUE, TRIES, Outbox, UndeliveredError
from tooling.adapters.notices_webhook import WebhookReceiver, make_receiver, read_address
from tooling.core.notice import CHOSEN, Notice, NoticeKind, Notification, Severity
from tooling.core.rollout import Phase
from tooling.errors import ClusterError, UnavailableError

NOTICE = Notice(
    NoticeKind.VERDICT,
    "Failed at 10 %: 9 of 100 candidate requests failed",
    "genai",
    "r1",
    Phase.PROGRESSING,
    1_800_000_000.0,
    Severity.WARNING,
    {"target": "genai-stack-0.2.0", "weight": 10, "candidate": {"requests": 100}, "stable": ""},
)
SECRET = "/api/v1/namespaces/genai/secrets/slack"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serve_hook() as served:
        yield served


def open_outbox(url: str, kinds: frozenset[NoticeKind] = CHOSEN) -> Outbox:
    return Outbox((WebhookReceiver("team", lambda: url, kinds),), first_wait=0.01)


def make_notice(number: int) -> Notice:
    return replace(NOTICE, text=f"number {number}")


def test_what_slack_and_programs_get(hook: Hook) -> None:
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    assert outbox.close() == ()
    (got,) = hook.got
    assert got["text"] == "genai: Failed at 10 %: 9 of 100 candidate requests failed"
    assert got["attachments"] == [
        {
            "color": "warning",
            "fallback": got["text"],
            "fields": [
                {"title": "target", "value": "genai-stack-0.2.0", "short": True},
                {"title": "weight", "value": "10", "short": True},
            ],
            "ts": 1_800_000_000,
        }
    ]
    names = ("event", "instance", "rollout", "phase", "severity", "at")
    assert [got[name] for name in names] == [
        "verdict",
        "genai",
        "r1",
        "Progressing",
        "warning",
        "2027-01-15T08:00:00+00:00",
    ]
    assert got["facts"]["candidate"] == {"requests": 100}


def test_only_chosen_kinds_are_sent(hook: Hook) -> None:
    outbox = open_outbox(hook.url, frozenset({NoticeKind.ENDED}))
    outbox.tell(NOTICE)
    outbox.tell(replace(NOTICE, kind=NoticeKind.ENDED))
    assert outbox.close() == ()
    assert [one["event"] for one in hook.got] == ["ended"]


def test_notices_keep_their_order_through_retries(hook: Hook) -> None:
    hook.answers = [(500, {}), (429, {"Retry-After": "0"}), (503, {})]
    outbox = open_outbox(hook.url)
    for number in range(3):
        outbox.tell(make_notice(number))
    hook.wait(6)
    assert outbox.close() == ()
    assert [one["text"][-1] for one in hook.got] == ["0", "0", "0", "0", "1", "2"]


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410])
def test_what_cannot_get_better_is_not_tried_again(hook: Hook, status: int) -> None:
    hook.answers = [(status, {"Location": hook.url})]
    outbox = open_outbox(hook.url)
    outbox.tell(make_notice(0))
    outbox.tell(make_notice(1))
    assert outbox.close() == (f"notification team missed 1 notice: HTTP {status}",)
    assert [one["text"][-1] for one in hook.got] == ["0", "1"]


def test_a_receiver_that_never_takes_it_is_given_up(hook: Hook) -> None:
    hook.answers = [(500, {})] * TRIES
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    hook.wait(TRIES)
    assert outbox.close() == ("notification team missed 1 notice: HTTP 500",)
    assert len(hook.got) == TRIES


def test_what_the_receiver_asks_for_is_waited(hook: Hook) -> None:
    hook.answers = [(429, {"Retry-After": "1"})]
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    hook.wait()
    asked_at = time.monotonic()
    hook.wait()
    assert time.monotonic() - asked_at >= 0.9
    assert outbox.close() == ()


def test_a_slow_receiver_holds_up_nobody(hook: Hook) -> None:
    hook.gate = threading.Event()
    with serve_hook() as quick:
        outbox = Outbox(
            tuple(
                WebhookReceiver(name, lambda url=url: url, CHOSEN)
                for name, url in (("slow", hook.url), ("quick", quick.url))
            )
        )
        began = time.monotonic()
        for number in range(LONGEST_QUEUE * 3):
            outbox.tell(make_notice(number))
        assert time.monotonic() - began < 1.0
        quick.wait(2)
        lines = outbox.close(0.2)
    slow = next(line for line in lines if "slow" in line)
    assert slow.startswith("notification slow missed 300 notices: ")
    assert len(hook.got) == 1


def test_the_newest_notices_survive_a_full_queue(hook: Hook) -> None:
    hook.gate = threading.Event()
    outbox = open_outbox(hook.url)
    outbox.tell(make_notice(-1))
    hook.wait()
    for number in range(LONGEST_QUEUE + 5):
        outbox.tell(make_notice(number))
    hook.gate.set()
    assert outbox.close(10.0) == ("notification team missed 5 notices: too many were waiting",)
    assert hook.got[1]["text"].endswith("number 5")
    assert hook.got[-1]["text"].endswith(f"number {LONGEST_QUEUE + 4}")


def test_the_end_of_a_command_waits_no_longer_than_told(hook: Hook) -> None:
    hook.gate = threading.Event()
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    hook.wait()
    began = time.monotonic()
    assert outbox.close(0.3) == ("notification team missed 1 notice: no answer in time",)
    assert 0.25 <= time.monotonic() - began < 2.0
    outbox.tell(NOTICE)
    assert outbox.close(0.0) == ()


def test_the_end_of_a_command_is_a_last_chance(hook: Hook) -> None:
    hook.answers = [(429, {"Retry-After": "600"})]
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    hook.wait()
    lane = outbox._lanes[0]
    wait_until(lambda: bool(lane._queue) and not lane._is_busy, "the notice waits for another try")
    assert outbox.close(10.0) == ()
    assert len(hook.got) == 2


def test_the_end_of_a_command_does_not_wait_for_what_comes_too_late(hook: Hook) -> None:
    hook.answers = [(429, {"Retry-After": "600"})]
    hook.gate = threading.Event()
    outbox = open_outbox(hook.url)
    outbox.tell(NOTICE)
    hook.wait()
    lane, gate = outbox._lanes[0], hook.gate

    def answer() -> None:
        wait_until(lambda: lane._deadline is not None, "the command ends")
        gate.set()

    threading.Thread(target=answer).start()
    began = time.monotonic()
    assert outbox.close(10.0) == ("notification team missed 1 notice: HTTP 429",)
    assert time.monotonic() - began < 5.0


def test_nothing_runs_where_nothing_was_told() -> None:
    before = threading.active_count()
    outbox = open_outbox("http://127.0.0.1:1/never")
    assert threading.active_count() == before
    assert outbox.close() == ()


def find_closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:CLOSED/very-secret-path", "it cannot be reached"),
        ("http://127.0.0.1:http/very-secret-path", "the address cannot be used"),
        ("http://[::1/very-secret-path", "the address cannot be used"),
        ("ftp://127.0.0.1/very-secret-path", "the address is no http:// or https:// URL"),
        ("very-secret-path", "the address is no http:// or https:// URL"),
    ],
)
def test_no_message_holds_the_address(url: str, reason: str) -> None:
    receiver = WebhookReceiver("team", lambda: url.replace("CLOSED", str(find_closed_port())), CHOSEN)
    with pytest.raises(UndeliveredError) as told:
        receiver.deliver(NOTICE)
    assert told.value.reason.startswith(reason)
    assert "very-secret" not in "".join(traceback.format_exception(told.value))


def test_an_address_that_cannot_be_read_now_is_read_later(hook: Hook) -> None:
    answers: list[object] = [UnavailableError("no answer from the API server."), hook.url]

    def find() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    outbox = Outbox((WebhookReceiver("team", find, CHOSEN),), first_wait=0.01)
    outbox.tell(make_notice(0))
    outbox.tell(make_notice(1))
    hook.wait(2)
    assert outbox.close() == ()
    assert answers == []


def test_a_defect_of_a_receiver_is_told_and_no_more(hook: Hook) -> None:
    def find() -> str:
        raise ZeroDivisionError

    outbox = Outbox((WebhookReceiver("team", find, CHOSEN),))
    outbox.tell(NOTICE)
    assert outbox.close() == ("notification team missed 1 notice: a defect of genai-stack: ZeroDivisionError",)


class TestAddress:
    """Where a notification goes."""

    def test_in_the_values(self, double: ApiDouble, double_client: KubeClient) -> None:
        assert read_address(double_client, "genai", Notification("team", url="http://audit")) == "http://audit"
        assert double.requests == []

    def test_in_a_secret(self, double: ApiDouble, double_client: KubeClient) -> None:
        data = {"hook": base64.b64encode(b"http://slack/abc\n").decode()}
        double.put(SECRET, {"metadata": {"name": "slack"}, "data": data})
        notification = Notification("team", secret="slack", key="hook")
        assert read_address(double_client, "genai", notification) == "http://slack/abc"

    def test_a_notification_is_sent_to_the_address_in_its_secret(
        self, hook: Hook, double: ApiDouble, double_client: KubeClient
    ) -> None:
        data = {"url": base64.b64encode(hook.url.encode()).decode()}
        double.put(SECRET, {"metadata": {"name": "slack"}, "data": data})
        kinds = frozenset({NoticeKind.VERDICT})
        outbox = Outbox((make_receiver(double_client, "genai", Notification("t", secret="slack", kinds=kinds)),))
        outbox.tell(NOTICE)
        outbox.tell(replace(NOTICE, kind=NoticeKind.ENDED))
        assert outbox.close() == ()
        assert [one["event"] for one in hook.got] == ["verdict"]
        assert len(double.requests) == 1

    @pytest.mark.parametrize("data", [None, {}, {"hook": ""}, {"hook": "no base64!"}, {"other": "YQ=="}])
    def test_not_in_the_secret(self, double: ApiDouble, double_client: KubeClient, data: object) -> None:
        double.put(SECRET, {"metadata": {"name": "slack"}, "data": data})
        with pytest.raises(UndeliveredError, match="Secret genai/slack has no address under the key hook") as told:
            read_address(double_client, "genai", Notification("team", secret="slack", key="hook"))
        assert told.value.is_final

    def test_no_secret(self, double: ApiDouble, double_client: KubeClient) -> None:
        with pytest.raises(ClusterError, match="Secret genai/slack"):
            read_address(double_client, "genai", Notification("team", secret="slack"))
