"""Events on the objects of an instance: a double everywhere, a real API server where one can run."""

from __future__ import annotations

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.adapters.rollouts import make_rollout
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.notices_events import HTTP_ROUTE, SERVICE, EventReceiver
from tooling.adapters.notices_outbox import Outbox, UndeliveredError
from tooling.adapters.store_configmap import ConfigMapStore
from tooling.core.notice import Notice, NoticeKind, Severity
from tooling.core.rollout import Phase

EVENTS = "/apis/events.k8s.io/v1/namespaces/genai/events"
RECORD = "/api/v1/namespaces/genai/configmaps/genai-rollout"
ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/genai/httproutes/genai"
NOTICE = Notice(
    NoticeKind.ENDED,
    "Aborted after 60 s, blue serves all traffic: it was bad",
    "genai",
    "r1",
    Phase.ABORTED,
    1_800_000_000.25,
    Severity.WARNING,
)


def list_events(double: ApiDouble) -> list[dict]:
    return [one for path, one in double.objects.items() if path.startswith(EVENTS)]


@pytest.fixture
def objects(double: ApiDouble) -> ApiDouble:
    double.put(RECORD, {"metadata": {"name": "genai-rollout", "uid": "u1"}})
    double.put(ROUTE, {"metadata": {"name": "genai", "uid": "u2"}})
    return double


def test_an_event_lies_on_the_record_and_on_the_route(objects: ApiDouble, double_client: KubeClient) -> None:
    outbox = Outbox((EventReceiver(double_client, "genai", HTTP_ROUTE),))
    outbox.tell(NOTICE)
    assert outbox.close() == ()
    record, route = list_events(objects)
    assert record["regarding"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "namespace": "genai",
        "name": "genai-rollout",
        "uid": "u1",
    }
    assert (route["regarding"]["kind"], route["regarding"]["uid"]) == ("HTTPRoute", "u2")
    assert (record["type"], record["reason"], record["note"]) == ("Warning", "RolloutAborted", NOTICE.text)
    assert record["eventTime"] == "2027-01-15T08:00:00.250000Z"


def test_a_notice_that_is_tried_again_makes_one_event(objects: ApiDouble, double_client: KubeClient) -> None:
    receiver = EventReceiver(double_client, "genai", HTTP_ROUTE)
    receiver.deliver(NOTICE)
    receiver.deliver(NOTICE)
    assert len(list_events(objects)) == 2
    assert len([one for one in objects.requests if one.method == "GET"]) == 2


def test_objects_that_are_not_there_have_no_events(double: ApiDouble, double_client: KubeClient) -> None:
    double.put(RECORD, {"metadata": {"name": "genai-rollout"}})
    EventReceiver(double_client, "genai", SERVICE).deliver(NOTICE)
    assert [one["regarding"]["kind"] for one in list_events(double)] == ["ConfigMap"]


@pytest.mark.parametrize(("status", "is_final"), [(403, True), (422, True), (429, False), (500, False)])
def test_what_the_server_refuses_is_told(
    objects: ApiDouble, double_client: KubeClient, status: int, is_final: bool
) -> None:
    objects.on("POST", EVENTS, status, {"kind": "Status", "reason": "No", "message": "not now"})
    with pytest.raises(UndeliveredError, match="not now") as told:
        EventReceiver(double_client, "genai", HTTP_ROUTE).deliver(NOTICE)
    assert told.value.is_final is is_final


def test_a_server_that_comes_back_gets_what_it_missed(objects: ApiDouble, double_client: KubeClient) -> None:
    busy = iter([503, 503])

    def answer(request: Request) -> Reply | None:
        status = next(busy, 0) if request.path == EVENTS else 0
        return Reply(status, b"busy") if status else None

    objects.scripts.append(answer)
    outbox = Outbox((EventReceiver(double_client, "genai", HTTP_ROUTE),), first_wait=0.01)
    outbox.tell(NOTICE)
    assert outbox.close(10.0) == ()
    assert len(list_events(objects)) == 2


@pytest.mark.local
def test_a_real_server_takes_every_kind(real_client: KubeClient, real_namespace: str) -> None:
    ConfigMapStore(real_client).save(real_namespace, make_rollout(), seen=None)
    receiver = EventReceiver(real_client, real_namespace, SERVICE)
    for kind in NoticeKind:
        long = Notice(kind, "\u00fc" * 690, "genai", "r1", Phase.ROLLING_BACK, 1_800_000_000.0)
        receiver.deliver(long)
    path = f"/api/v1/namespaces/{real_namespace}/events"
    found = real_client.get(path, what="events")["items"]
    ours = [one for one in found if one["reportingComponent"] == "genai-stack"]
    assert {one["reason"] for one in ours} == {
        "RolloutStarted",
        "RolloutStep",
        "RolloutVerdict",
        "RolloutApproval",
        "RolloutInterference",
        "RolloutAborting",
        "RolloutRollingBack",
    }
    record = real_client.get(f"/api/v1/namespaces/{real_namespace}/configmaps/genai-rollout", what="record")
    assert {one["involvedObject"]["uid"] for one in ours} == {record["metadata"]["uid"]}
