"""Who is told, by the values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.api_double import ApiDouble
from tests.adapters.hooks import Hook, serve_hook
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.notices import open_notices
from tooling.core.notice import Notice, NoticeKind
from tooling.core.rollout import Phase

EVENTS = "/apis/events.k8s.io/v1/namespaces/genai/events"
NOTICE = Notice(NoticeKind.ENDED, "Succeeded", "genai", "r1", Phase.SUCCEEDED, 1_800_000_000.0)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serve_hook() as served:
        yield served


@pytest.mark.parametrize(
    ("route", "path", "kind"),
    [
        ({}, "/apis/gateway.networking.k8s.io/v1/namespaces/genai/httproutes/genai", "HTTPRoute"),
        ({"kind": "service"}, "/api/v1/namespaces/genai/services/genai", "Service"),
    ],
)
def test_events_lie_on_the_route_of_the_values(
    double: ApiDouble, double_client: KubeClient, route: dict[str, str], path: str, kind: str
) -> None:
    double.put(path, {"metadata": {"name": "genai"}})
    notices = open_notices(double_client, "genai", {"route": route})
    notices.tell(NOTICE)
    assert notices.close(10.0) == ()
    (event,) = (one for at, one in double.objects.items() if at.startswith(EVENTS))
    assert (event["regarding"]["kind"], event["reason"]) == (kind, "RolloutSucceeded")


def test_webhooks_of_the_values_are_told(double: ApiDouble, double_client: KubeClient, hook: Hook) -> None:
    entries = {"team": {"url": hook.url}, "steps": {"url": hook.url, "events": ["step"]}, "gone": None}
    notices = open_notices(double_client, "genai", {"rollout": {"notifications": entries}})
    notices.tell(NOTICE)
    assert notices.close(10.0) == ()
    assert [one["event"] for one in hook.got] == ["ended"]
