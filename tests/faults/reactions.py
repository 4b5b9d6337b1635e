"""What can happen to one write: the fault classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.http11 import Answer
from tests.faults.upstream import MERGE
from tests.faults.wire import End, Reaction, Strike

_JSON = (("content-type", "application/json"),)


def kill_before(strike: Strike) -> Answer | End:
    """The command and its helm are killed, and the write never gets there."""
    strike.kill()
    return End.CUT


def kill_after(strike: Strike) -> Answer | End:
    """The write is done, then the command and its helm are killed."""
    strike.forward()
    strike.kill()
    return End.CUT


def kill_twice(strike: Strike) -> Answer | End:
    """Killed as by kill_after; who goes on is killed too, a few writes later (the trial sees to that)."""
    return kill_after(strike)


def frozen(strike: Strike) -> Answer | End:
    """The command stands still, somebody else takes over and finishes; then it goes on with its late write.

    A write of helm's cannot be held like that: helm is another process, and it runs on.
    """
    command = strike.door.command
    if strike.write.is_helm or command is None:
        return strike.forward()
    command.stop()
    try:
        strike.wire.rescue()
        return strike.forward()
    finally:
        command.go_on()


def reply_lost(strike: Strike) -> Answer | End:
    """The write is done, and nobody hears of it."""
    strike.forward()
    return End.CUT


def reset(strike: Strike) -> Answer | End:
    """The connection is reset before the write gets there."""
    return End.RESET


def conflict(strike: Strike) -> Answer | End:
    """409: somebody else changed it."""
    return _refuse(
        409, "Conflict", "the object has been modified; please apply your changes to the latest version"
    )


def throttled(strike: Strike) -> Answer | End:
    """429: too many requests, with the time after which to come again."""
    answer = _refuse(429, "TooManyRequests", "too many requests, please try again later")
    return Answer(answer.status, answer.body, (*answer.headers, ("retry-after", "1")))


def broken(strike: Strike) -> Answer | End:
    """500: etcd did not answer the API server in time."""
    return _refuse(500, "InternalError", "etcdserver: request timed out")


def expired(strike: Strike) -> Answer | End:
    """401: the token expired at this moment; the next one is good."""
    return _refuse(401, "Unauthorized", "Unauthorized")


def stale(strike: Strike) -> Answer | End:
    """The write is done; the next reads say what was true before it."""
    strike.wire.begin_stale_reads()
    return strike.forward()


def watch_cut(strike: Strike) -> Answer | End:
    """Every watch ends while the write is on its way."""
    strike.wire.cut_watches()
    return strike.forward()


def writer_route(strike: Strike) -> Answer | End:
    """Somebody gives other weights right before the write."""
    route = _find_route(strike)
    if route is not None:
        rules = route["spec"]["rules"]
        backends = rules[-1]["backendRefs"]
        if len(backends) == 1:
            backends.append({**backends[0], "name": _name_other(backends[0]["name"])})
        for backend in backends:
            backend["weight"] = 50
        _patch(strike, _route_path(strike), {"spec": {"rules": rules}})
    return strike.forward()


def writer_note(strike: Strike) -> Answer | End:
    """Somebody annotates the route right before the write: nothing that matters."""
    if _find_route(strike) is not None:
        _patch(strike, _route_path(strike), {"metadata": {"annotations": {"example.com/note": "by hand"}}})
    return strike.forward()


def writer_scale(strike: Strike) -> Answer | End:
    """Somebody scales a gateway up by one right before the write: the candidate's, where there is one."""
    wire = strike.wire
    candidate = wire.rollout.get("candidate", "")
    path = f"/apis/apps/v1/namespaces/{wire.namespace}/deployments/{wire.gateways.instance}-{candidate}-gateway"
    found = wire.upstream.ask("GET", path)
    if found is not None:
        _patch(strike, f"{path}/scale", {"spec": {"replicas": found["spec"]["replicas"] + 1}})
    return strike.forward()


def writer_state(strike: Strike) -> Answer | End:
    """Somebody labels the recorded rollout right before the write."""
    wire = strike.wire
    path = f"/api/v1/namespaces/{wire.namespace}/configmaps/{wire.gateways.instance}-rollout"
    if wire.upstream.ask("GET", path) is not None:
        _patch(strike, path, {"metadata": {"labels": {"example.com/seen": "yes"}}})
    return strike.forward()


WRITERS: tuple[Reaction, ...] = (writer_route, writer_note, writer_scale, writer_state)
SPOILS_HELM: tuple[Reaction, ...] = (reply_lost, reset, conflict, throttled, broken, expired)
"""Classes after which helm may give up: then the rollout may back out instead of going on."""
MAY_BACK_OUT: tuple[Reaction, ...] = (expired, writer_route, writer_scale)
"""Classes after which the rollout may back out at any write: it was told no, or somebody else interfered."""
ALL: tuple[Reaction, ...] = (
    kill_before,
    kill_after,
    kill_twice,
    frozen,
    reply_lost,
    reset,
    conflict,
    throttled,
    broken,
    expired,
    stale,
    watch_cut,
    *WRITERS,
)
BY_NAME: Mapping[str, Callable[[Strike], Answer | End]] = {one.__name__.replace("_", "-"): one for one in ALL}


def _refuse(code: int, reason: str, message: str) -> Answer:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body = {**status, "reason": reason, "message": message, "code": code}
    return Answer(code, json.dumps(body).encode(), _JSON, reason)


def _route_path(strike: Strike) -> str:
    wire = strike.wire
    return f"/apis/gateway.networking.k8s.io/v1/namespaces/{wire.namespace}/httproutes/{wire.gateways.instance}"


def _find_route(strike: Strike) -> Any:
    return strike.wire.upstream.ask("GET", _route_path(strike))


def _name_other(service: str) -> str:
    return service.replace("blue", "green") if "blue" in service else service.replace("green", "blue")


def _patch(strike: Strike, path: str, body: Mapping[str, Any]) -> None:
    strike.wire.upstream.ask("PATCH", f"{path}?fieldManager=kubectl-edit", body, MERGE)
