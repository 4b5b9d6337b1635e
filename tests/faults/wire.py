"""What a proxy does with the requests of one trial: it numbers the writes, knows the cluster, breaks one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from tests.faults.gateways import Gateways
from tests.faults.history import Circumstances, Write, find_place, is_event, is_renewal, is_write
from tests.faults.http11 import Answer, ClosedError, Link, Request
from tests.faults.upstream import Upstream

if TYPE_CHECKING:
    from tests.faults.proxy import Door

STALE_ANSWERS = 4
"""How many reads get what was true before the write, at most."""


class End(Enum):
    """A client that gets no answer."""

    CUT = "the connection ends"
    RESET = "the connection is reset"


Reaction = Callable[["Strike"], "Answer | End"]


@dataclass(slots=True)
class Strike:
    """The moment of the fault: one write that has not reached the API server yet."""

    wire: Wire
    door: Door
    request: Request
    write: Write

    def forward(self) -> Answer:
        """Have the API server do it."""
        return self.wire.forward(self.door, self.request, self.write)

    def kill(self) -> None:
        """Kill the command that sent it, and its helm."""
        self.door.is_shut = True
        if self.door.command is not None:
            self.door.command.kill()


@dataclass(slots=True)
class Wire:
    """What the doors of one trial share. `point` is the number of the write that `reaction` breaks; 0: none."""

    upstream: Upstream
    namespace: str
    gateways: Gateways
    point: int = 0
    reaction: Reaction | None = None
    writes: list[Write] = field(default_factory=list)
    reads: int = 0
    struck: Strike | None = None
    rollout: Mapping[str, Any] = field(default_factory=dict)
    epochs: list[tuple[int, int]] = field(default_factory=list)
    warm: set[str] = field(default_factory=set)
    watches: set[Link] = field(default_factory=set)
    secrets: tuple[bytes, ...] = ()
    leaks: list[str] = field(default_factory=list)
    rescue: Callable[[], None] = lambda: None
    """What somebody else does while the sender stands still."""
    count: int = 0
    """Writes so far that are points."""
    refuses_events: bool = False
    _numbering: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _seen: dict[str, Answer] = field(default_factory=dict)
    _stale: dict[str, Answer] = field(default_factory=dict)
    _stale_left: int = 0
    _holder: str = ""

    def handle(self, door: Door, request: Request) -> Answer | End:
        """Answer one request."""
        played = self.gateways.answer(request)
        if played is not None:
            if request.method == "POST":
                self.warm.add(dict(played.headers).get("x-genai-slot", ""))
            return played
        if is_event(request) and self.refuses_events:
            return Answer(500, b"{}")
        return self._write(door, request) if is_write(request) else self._read(request)

    def forward(self, door: Door, request: Request, write: Write) -> Answer:
        """Send a write on, with what the cluster looks like right before it; one at a time."""
        with self._writing:
            if door.is_shut:
                raise ClosedError(is_clean=False)
            write.before = self._look(request)
            write.at = time.monotonic()
            self.writes.append(write)
            answer = self.upstream.send(request)
            write.status = answer.status
            if write.is_done:
                self._note(write, answer)
            return answer

    def begin_stale_reads(self) -> None:
        """Answer the next reads with what was true until now."""
        self._stale, self._stale_left = dict(self._seen), STALE_ANSWERS

    def cut_watches(self) -> None:
        """End every stream that somebody watches."""
        for link in list(self.watches):
            link.close()

    def _write(self, door: Door, request: Request) -> Answer | End:
        with self._numbering:
            place = find_place(request)
            is_point = not is_event(request) and not is_renewal(request, self._holder)
            self.count += is_point
            number = self.count if is_point else 0
            write = Write(
                number,
                door.number,
                request.method,
                place,
                request.header("user-agent"),
                request.body,
                time.monotonic(),
            )
            self._find_leaks(write)
            reaction = self.reaction if number and number == self.point else None
            strike = Strike(self, door, request, write)
            if reaction is not None:
                self.struck, self.reaction = strike, None
        if reaction is None:
            answer = self.forward(door, request, write)
            write.told = answer.status
            return answer
        write.fault = getattr(reaction, "__name__", "fault")
        reply = reaction(strike)
        write.told = reply.status if isinstance(reply, Answer) else 0
        if not write.status and write not in self.writes:
            self.writes.append(write)
        return reply

    def _read(self, request: Request) -> Answer:
        self.reads += 1
        key = f"{request.target} {request.header('accept')}"
        if request.method == "GET" and self._stale_left and key in self._stale:
            self._stale_left -= 1
            return self._stale[key]
        answer = self.upstream.send(request)
        if request.method == "GET":
            self._seen[key] = answer
            if find_place(request).plural == "httproutes" and answer.status == 200:
                self._note_route(answer)
        return answer

    def _look(self, request: Request) -> Circumstances:
        place = find_place(request)
        if place.plural not in {"httproutes", "deployments"}:
            return Circumstances(dict(self.gateways.weights), rollout=self.rollout)
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments"
        pods: dict[str, dict[str, tuple[int, int]]] = {}
        for one in self.upstream.ask("GET", path)["items"]:
            slot = one["metadata"].get("labels", {}).get("genai-stack/slot", "")
            ready = one.get("status", {}).get("readyReplicas", 0)
            pods.setdefault(slot, {})[one["metadata"]["name"]] = (ready, one["spec"]["replicas"])
        return Circumstances(dict(self.gateways.weights), pods, self.rollout, frozenset(self.warm))

    def _note(self, write: Write, answer: Answer) -> None:
        plural, name = write.place.plural, write.place.name
        if plural == "httproutes" and write.method != "DELETE":
            self._note_route(answer)
        elif plural == "configmaps" and name == f"{self.gateways.instance}-rollout":
            text = (json.loads(answer.body).get("data") or {}).get("rollout.json", "{}")
            self.rollout = json.loads(text).get("rollout", {})
            self.epochs.append((int(self.rollout.get("epoch", 0)), write.process))
        elif plural == "leases" and write.method != "DELETE":
            self._holder = json.loads(answer.body)["spec"].get("holderIdentity", "")

    def _note_route(self, answer: Answer) -> None:
        with suppress(ValueError, KeyError):
            self.gateways.note_route(json.loads(answer.body))

    def _find_leaks(self, write: Write) -> None:
        for secret in self.secrets:
            if secret in write.body:
                self.leaks.append(f"P10: a planted secret in the body of: {write}")
