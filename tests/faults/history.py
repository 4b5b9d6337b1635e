"""Every write that crossed the proxy, with what the cluster looked like when it did."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.http11 import Request

_OBJECT = re.compile(
    r"/(?:api/(?P<core>v\d\w*)|apis/(?P<group>[^/]+)/[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<part>[a-z]+))?"
)
_MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUESTIONS = ("/apis/authentication.k8s.io/", "/apis/authorization.k8s.io/")


@dataclass(frozen=True, slots=True)
class Place:
    """What a request is about: `configmaps genai-rollout`, or `deployments genai-blue-gateway scale`."""

    plural: str
    name: str = ""
    part: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.plural, self.name, self.part)))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The instance right before a write.

    `weights` are the live ones as far as somebody behind the proxy wrote or read them: what a stranger wrote since
    then nobody can know. `pods` are (ready, wanted) by slot and Deployment, `rollout` is the stored one.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    pods: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    rollout: Mapping[str, Any] = field(default_factory=dict)
    warm: frozenset[str] = frozenset()
    """Slots that answered a question since their pods last changed."""


@dataclass(slots=True)
class Write:
    """One write. `number` counts those that are points (0: a renewal of the lock), `process` who sent it."""

    number: int
    process: int
    method: str
    place: Place
    agent: str
    body: bytes
    at: float
    status: int = 0
    """What the API server answered; 0: it never got there."""
    told: int = 0
    """What the client was told; 0: nothing."""
    fault: str = ""
    before: Circumstances = field(default_factory=Circumstances)

    @property
    def is_done(self) -> bool:
        """Whether the API server did it."""
        return 200 <= self.status < 300

    @property
    def is_helm(self) -> bool:
        """Whether helm sent it."""
        return "helm" in self.agent.lower()

    def read_json(self) -> Mapping[str, Any]:
        """Return the body as JSON, empty where it is none."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        who = f"{self.process}{'h' if self.is_helm else ' '}"
        fault = f"  <- {self.fault}" if self.fault else ""
        return f"{self.number:4d} {who} {self.method:6s} {self.place} -> {self.status} (told {self.told}){fault}"


def is_write(request: Request) -> bool:
    """Whether a request changes something; questions and dry runs do not."""
    if request.method not in _MUTATING or "dryRun" in request.query:
        return False
    return not request.path.startswith(_QUESTIONS)


def find_place(request: Request) -> Place:
    """Say what a request is about; for a creation the name is in the body."""
    found = _OBJECT.fullmatch(request.path)
    if found is None:
        return Place(request.path)
    name = found["name"] or ""
    if request.method == "POST" and not name:
        name = _read_name(request.body)
    return Place(found["plural"], name, found["part"] or "")


def is_event(request: Request) -> bool:
    """Whether a write only tells people what happened: nothing hangs on it, and its time is chance."""
    return find_place(request).plural == "events"


def is_renewal(request: Request, holder: str) -> bool:
    """Whether a write only renews a lock that `holder` has: its time is chance, so it is no point."""
    if find_place(request).plural != "leases" or request.method != "PUT":
        return False
    try:
        spec = json.loads(request.body)["spec"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(holder) and spec.get("holderIdentity") == holder


def _read_name(body: bytes) -> str:
    try:
        return str(json.loads(body)["metadata"]["name"])
    except (ValueError, KeyError, TypeError):
        return ""
