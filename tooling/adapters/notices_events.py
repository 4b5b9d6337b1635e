"""A receiver of notices: Kubernetes Events on the objects of an instance, as `kubectl describe` shows them."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tooling.adapters.kube_client import METADATA_ONLY, KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_INSTANCE
from tooling.adapters.notices_outbox import UndeliveredError
from tooling.core.notice import Notice, NoticeKind, Severity
from tooling.errors import ConflictError, OutsideError

EVENTS_API = "events.k8s.io/v1"
CONTROLLER = "genai-stack"
_LONGEST_NOTE = 1024
_REASONS: Mapping[NoticeKind, str] = {
    NoticeKind.STARTED: "RolloutStarted",
    NoticeKind.STEP: "RolloutStep",
    NoticeKind.VERDICT: "RolloutVerdict",
    NoticeKind.APPROVAL: "RolloutApproval",
    NoticeKind.INTERFERENCE: "RolloutInterference",
    NoticeKind.ABORT: "RolloutAborting",
}


class Kind(NamedTuple):
    """A kind of objects: how manifests name it and how paths do."""

    api_version: str
    name: str
    plural: str


HTTP_ROUTE = Kind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
SERVICE = Kind("v1", "Service", "services")
_CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")


class EventReceiver:
    """Writes each notice on the record of the rollout and on the route, as far as they are there."""

    def __init__(self, client: KubeClient, namespace: str, route: Kind) -> None:
        self.name = "Events of the cluster"
        self._client = client
        self._namespace = namespace
        self._route = route
        self._found: dict[Kind, Mapping[str, str]] = {}

    def takes(self, notice: Notice) -> bool:  # noqa: ARG002 - the receiver's signature
        """Whether that kind is written: all are."""
        return True

    def deliver(self, notice: Notice) -> None:
        """Write both Events. One that is there already was written by a try whose reply was lost."""
        objects = ((_CONFIG_MAP, f"{notice.instance}-rollout"), (self._route, notice.instance))
        try:
            for kind, name in objects:
                regarding = self._find(kind, name)
                if regarding is not None:
                    self._write(make_event(notice, regarding))
        except OutsideError as error:
            raise UndeliveredError(error.message, is_final=not error.is_retryable) from error

    def _find(self, kind: Kind, name: str) -> Mapping[str, str] | None:
        """Return the reference to an object, read once; None where it is not there (yet)."""
        if kind in self._found:
            return self._found[kind]
        path = make_path(kind.api_version, kind.plural, self._namespace, name)
        found = self._client.find(path, what=f"{kind.name} {self._namespace}/{name}", accept=METADATA_ONLY)
        if found is None:
            return None
        self._found[kind] = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "namespace": self._namespace,
            "name": name,
            "uid": str(found["metadata"]["uid"]),
        }
        return self._found[kind]

    def _write(self, event: dict[str, Any]) -> None:
        path = make_path(EVENTS_API, "events", self._namespace)
        try:
            self._client.create(path, event, what=f"Event {self._namespace}/{event['metadata']['name']}")
        except ConflictError:
            return


def make_event(notice: Notice, regarding: Mapping[str, str]) -> dict[str, Any]:
    """Return the Event of a notice on one object. The same notice has the same name at every try."""
    identity = f"{notice.rollout} {notice.kind} {notice.at!r} {notice.text} {regarding['kind']}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    text = notice.text.encode()[:_LONGEST_NOTE].decode(errors="ignore")
    return {
        "apiVersion": EVENTS_API,
        "kind": "Event",
        "metadata": {
            "name": f"{regarding['name']}.{digest}",
            "namespace": regarding["namespace"],
            "labels": {LABEL_INSTANCE: notice.instance},
            "annotations": {"genai-stack/rollout": notice.rollout},
        },
        "eventTime": f"{datetime.fromtimestamp(notice.at, UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        "type": "Normal" if notice.severity is Severity.INFO else "Warning",
        "reason": _REASONS.get(notice.kind, f"Rollout{notice.phase.value}"),
        "action": notice.kind.value.capitalize(),
        "note": text,
        "regarding": dict(regarding),
        "reportingController": CONTROLLER,
        "reportingInstance": socket.gethostname()[:128] or CONTROLLER,
    }
