"""The lease port with a Lease object. Clocks of two machines are never compared (design section 4, One driver)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from tooling.adapters.kube_client import Json, KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_INSTANCE
from tooling.adapters.lease_holder import Holder, is_dead, make_holder, read_holder
from tooling.errors import ClusterError, ConflictError, HeldError, OutsideError
from tooling.ports.lease import Hold

_API = "coordination.k8s.io/v1"
_LOOK_EVERY = 1.0
_RELEASE_PATIENCE = 3.0
"""Seconds for which letting go is tried: longer would keep a person waiting, and the lock ends by itself."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Seconds: how long a silent holder is respected, how often we renew, when we stop to believe in ours.

    `trusted` plus one slow request must stay below `duration`, so that we stop before somebody else starts.
    """

    duration: float = 15.0
    renewal: float = 4.0
    trusted: float = 10.0


class KubernetesLease:
    """Implements the lease port; `progress` is told when a takeover has to wait."""

    def __init__(
        self,
        client: KubeClient,
        *,
        progress: Callable[[str], None] | None = None,
        times: LeaseTimes | None = None,
        holder: Callable[[], Holder] = make_holder,
    ) -> None:
        self._client = client
        self._progress = progress or (lambda _text: None)
        self._times = times or LeaseTimes()
        self._make_holder = holder

    @contextmanager
    def hold(self, namespace: str, instance: str) -> Iterator[Hold]:
        """Take the lock; one that is held but silent is taken over after its duration on our own clock."""
        lease, asked_at = self._acquire(namespace, instance, self._make_holder())
        held = _RenewedHold(self._client, lease, self._times, asked_at)
        held.start()
        try:
            yield held
        finally:
            held.release()

    def find_holder(self, namespace: str, instance: str) -> str:
        """Return who drives the instance, as far as the object says; empty for nobody."""
        lease = self._client.find(_path(namespace, instance), what=_what(namespace, instance))
        return _describe(_read_identity(lease)) if lease else ""

    def delete(self, namespace: str, instance: str) -> None:
        """Remove the lock's object."""
        self._client.delete(_path(namespace, instance), what=_what(namespace, instance))

    def _acquire(self, namespace: str, instance: str, holder: Holder) -> tuple[Json, float]:
        """Return the lease as ours, and when (monotonic) we asked for it: our time runs from there."""
        path, what = _path(namespace, instance), _what(namespace, instance)
        found = self._client.find(path, what=what)
        asked_at = time.monotonic()
        try:
            free = found and self._await_free(found, path, instance, holder)
            asked_at = time.monotonic()  # the wait for a silent holder does not count
            if free is None:
                body = _make_lease(namespace, instance, holder, self._times)
                return self._client.create(make_path(_API, "leases", namespace), body, what=what), asked_at
            return self._client.replace(path, _take(free, holder, self._times), what=what), asked_at
        except ConflictError as error:
            raise self._refuse(path, instance) from error
        except OutsideError:
            # after a lost reply we may hold it without knowing: look, or the next try would wait for ourselves
            lease = self._client.find(path, what=what)
            if lease is None or _read_identity(lease) != str(holder):
                raise
            return lease, asked_at

    def _await_free(self, lease: Json, path: str, instance: str, ours: Holder) -> Json:
        """Return the lease as last seen, once its holder let go, died, or stayed silent for its duration."""
        version, identity = lease["metadata"]["resourceVersion"], _read_identity(lease)
        duration = float(lease["spec"].get("leaseDurationSeconds", self._times.duration))
        holder = read_holder(identity)
        if not identity or (holder and is_dead(holder, ours)):
            return lease
        since = time.monotonic()
        while (left := since + duration - time.monotonic()) > 0:
            self._progress(
                f"{_describe(identity)} holds the lock of {instance}; {left:.0f} s until it counts as gone"
            )
            time.sleep(min(left, _LOOK_EVERY))
            live = self._client.find(path, what=f"Lease {instance}-rollout")
            if live is None:
                raise ConflictError(f"the Lease {instance}-rollout was deleted.")
            if live["metadata"]["resourceVersion"] != version:
                if _read_identity(live):
                    raise _make_refusal(instance, _read_identity(live))
                return live
        return lease

    def _refuse(self, path: str, instance: str) -> HeldError:
        lease = self._client.find(path, what=f"Lease {instance}-rollout")
        return _make_refusal(instance, _read_identity(lease) if lease else "")


class _RenewedHold:
    """A lock that a thread of ours renews."""

    def __init__(self, client: KubeClient, lease: Json, times: LeaseTimes, asked_at: float) -> None:
        self._client = client
        self._lease = lease
        self._times = times
        self._identity = _read_identity(lease)
        self._renewed_at = asked_at
        self._is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_always, name="lease", daemon=True)

    @property
    def epoch(self) -> int:
        """Grows by one with each new holder."""
        return int(self._lease["spec"].get("leaseTransitions", 0))

    def is_held(self) -> bool:
        """Whether it was renewed in time and nobody took it."""
        return not self._is_lost and time.monotonic() - self._renewed_at <= self._times.trusted

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def release(self) -> None:
        """Stop to renew and let go, if it is still ours; silence would only make the next driver wait."""
        self._ended.set()
        self._thread.join()
        began = time.monotonic()
        while time.monotonic() - began < _RELEASE_PATIENCE:
            try:
                self._let_go()
            except ConflictError:
                self._look_again()  # the reply to a renewal was lost: ours, but under a newer version
            except OutsideError as error:
                if not error.is_retryable:
                    return
                time.sleep(min(_LOOK_EVERY, self._times.renewal / 4))
            else:
                return

    def _let_go(self) -> None:
        if not self._is_lost:
            self._replace({**self._lease, "spec": {**self._lease["spec"], "holderIdentity": ""}})

    def _renew_always(self) -> None:
        pause = self._times.renewal
        while not self._ended.wait(pause):
            pause = self._times.renewal if self._renew() else self._times.renewal / 4
            if self._is_lost:
                return

    def _renew(self) -> bool:
        """Renew once; whether that worked. The time counts from before the request, never from after it."""
        asked_at = time.monotonic()
        try:
            self._lease = self._replace({**self._lease, "spec": {**self._lease["spec"], "renewTime": _now()}})
        except ConflictError:
            return self._look_again()
        except ClusterError as error:
            self._is_lost = error.status == 404
            return False
        except OutsideError:
            return False
        self._renewed_at = asked_at
        return True

    def _look_again(self) -> bool:
        """Tell a lost reply of our own renewal from somebody else's takeover."""
        with suppress(OutsideError):
            found = self._client.find(self._path, what=self._what)
            self._is_lost = found is None or _read_identity(found) != self._identity
            self._lease = found if found and not self._is_lost else self._lease
        return False

    def _replace(self, body: Json) -> Json:
        return self._client.replace(self._path, body, what=self._what)

    @property
    def _path(self) -> str:
        metadata = self._lease["metadata"]
        return make_path(_API, "leases", metadata["namespace"], metadata["name"])

    @property
    def _what(self) -> str:
        return f"Lease {self._lease['metadata']['namespace']}/{self._lease['metadata']['name']}"


def _make_lease(namespace: str, instance: str, holder: Holder, times: LeaseTimes) -> Json:
    labels = {
        "app.kubernetes.io/name": "genai-stack",
        "app.kubernetes.io/part-of": "genai-stack",
        "app.kubernetes.io/managed-by": "genai-stack",
        LABEL_INSTANCE: instance,
    }
    metadata = {"name": f"{instance}-rollout", "namespace": namespace, "labels": labels}
    return _take({"apiVersion": _API, "kind": "Lease", "metadata": metadata, "spec": {}}, holder, times)


def _take(lease: Json, holder: Holder, times: LeaseTimes) -> Json:
    now = _now()
    spec = {
        **lease["spec"],
        "holderIdentity": str(holder),
        "leaseDurationSeconds": max(1, round(times.duration)),
        "leaseTransitions": int(lease["spec"].get("leaseTransitions", 0)) + 1,
        "acquireTime": now,
        "renewTime": now,
    }
    return {**lease, "spec": spec}


def _make_refusal(instance: str, identity: str) -> HeldError:
    return HeldError(
        f"{instance} is driven by {_describe(identity) or 'somebody else'}.",
        hint="`genai-stack status` shows it; `abort` and `promote` reach it from here.",
    )


def _read_identity(lease: Json) -> str:
    return str(lease.get("spec", {}).get("holderIdentity") or "")


def _describe(identity: str) -> str:
    holder = read_holder(identity)
    return holder.label if holder else identity


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _path(namespace: str, instance: str) -> str:
    return make_path(_API, "leases", namespace, f"{instance}-rollout")


def _what(namespace: str, instance: str) -> str:
    return f"Lease {namespace}/{instance}-rollout"
