"""The alarm port by watches of the Kubernetes API: hints that something changed, and never more.

Whoever waits looks at everything again, so a watch that is cut, refused or silent costs time and loses nothing.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_INSTANCE, digest_template
from tooling.adapters.route_gatewayapi import GATEWAY_API
from tooling.adapters.store_configmap import WISH_KEY
from tooling.errors import OutsideError

Json = Mapping[str, Any]

WATCHED_FOR = 300
"""Seconds after which the server ends a watch."""
SILENCE = 130.0
"""Seconds without a word, bookmarks included, after which a watch is taken for dead."""
SHORT = 120.0
"""A watch that ended within so many seconds has failed, however it ended."""
BACKOFF = (30.0, 120.0)
"""Seconds until a watch that failed is begun again: the first time, and at most."""
WAKES = 4
"""How often in a row a wait may end early; one more comes every `REFILL` seconds."""
REFILL = 15.0
GATHERING = 0.2
"""Seconds in which further changes are waited for once there is one: they come in bursts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What to watch: the object of that name in the list at `path`, or all that the selector finds.

    `read` returns of an object what is worth a look when it changes.
    """

    what: str
    path: str
    read: Callable[[Json], object]
    name: str = ""
    selector: str = ""

    @property
    def query(self) -> Mapping[str, str]:
        """What a watch asks for."""
        own = {"fieldSelector": f"metadata.name={self.name}"}
        return own if self.name else {"labelSelector": self.selector}


class WatchAlarm:
    """Implements the alarm port. Watches begin with the first wait for an instance, in threads of their own."""

    def __init__(
        self, client: KubeClient, *, has_http_route: bool = True, backoff: tuple[float, float] = BACKOFF
    ) -> None:
        self._client = client
        self._has_http_route = has_http_route
        self._backoff = backoff
        self._changed = threading.Event()
        self._is_closed = threading.Event()
        self._watched: set[tuple[str, str]] = set()
        self._wakes = Allowance(WAKES, REFILL)

    def wait(self, namespace: str, instance: str, seconds: float) -> None:
        """Return after so many seconds, or earlier when record, route or pods of the instance changed."""
        self._begin(namespace, instance)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._changed.wait(left):
            pause = self._wakes.find_pause(time.monotonic())
            time.sleep(max(0.0, min(end - time.monotonic(), max(pause, GATHERING))))
            if not pause:
                self._wakes.take(time.monotonic())
                break
        self._changed.clear()  # whoever waited looks now

    def close(self) -> None:
        """Begin no watch any more; those that run end with their connection."""
        self._is_closed.set()

    def _begin(self, namespace: str, instance: str) -> None:
        if (namespace, instance) in self._watched:
            return
        self._watched.add((namespace, instance))
        for subject in list_subjects(namespace, instance, has_http_route=self._has_http_route):
            watcher = Watcher(self._client, subject, self._changed.set, self._is_closed, self._backoff)
            threading.Thread(target=watcher.run, name=f"watch {subject.what}", daemon=True).start()


class Watcher:
    """Watches one list for as long as the process lives: each time from a fresh look at it."""

    def __init__(
        self,
        client: KubeClient,
        subject: Subject,
        ring: Callable[[], None],
        is_closed: threading.Event,
        backoff: tuple[float, float],
    ) -> None:
        self._client = client
        self._subject = subject
        self._ring = ring
        self._is_closed = is_closed
        self._first, self._longest = backoff
        self._known: dict[str, object] | None = None

    def run(self) -> None:
        """Watch, and begin again after a while whenever that ends."""
        pause = self._first
        while not self._is_closed.is_set():
            began = time.monotonic()
            # a hint that does not come: the wait ends by its own time
            with contextlib.suppress(OutsideError, ValueError, KeyError, TypeError):
                self._look()
                self._watch()
            if time.monotonic() - began >= SHORT:
                pause = self._first
                continue
            self._is_closed.wait(pause)
            pause = min(2 * pause, self._longest)

    def _look(self) -> None:
        """Compare what is there with what was known of it."""
        items = {str(one["metadata"]["name"]): self._subject.read(one) for one in self._read()}
        if self._known is not None and items != self._known:
            self._ring()
        self._known = items

    def _read(self) -> Sequence[Json]:
        """Return the objects; of one by name no more is asked than to get it."""
        subject = self._subject
        if subject.name:
            live = self._client.find(f"{subject.path}/{subject.name}", what=subject.what)
            return () if live is None else (live,)
        found: Sequence[Json] = self._client.get(subject.path, what=subject.what, query=subject.query)["items"]
        return found

    def _watch(self) -> None:
        """Watch from what is there now, which is told first: what came since the look differs, and rings."""
        subject = self._subject
        query = {
            **subject.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCHED_FOR),
        }
        for event in self._client.stream(subject.path, what=subject.what, query=query, timeout=SILENCE):
            if self._is_closed.is_set() or event["type"] == "ERROR":
                return
            if event["type"] != "BOOKMARK":
                self._note(event)

    def _note(self, event: Json) -> None:
        known = self._known if self._known is not None else {}
        name = str(event["object"]["metadata"]["name"])
        value = None if event["type"] == "DELETED" else self._subject.read(event["object"])
        if known.get(name) == value:
            return
        known[name] = value
        self._ring()


class Allowance:
    """How often something may be done: `most` times in a row, once more after every `refill` seconds."""

    def __init__(self, most: int, refill: float) -> None:
        self._most = most
        self._refill = refill
        self._left = float(most)
        self._at: float | None = None

    def find_pause(self, now: float) -> float:
        """Return the seconds until it may be done; 0 for now."""
        passed = now - self._at if self._at is not None else 0.0
        self._left, self._at = min(self._most, self._left + passed / self._refill), now
        return 0.0 if self._left >= 1 else (1 - self._left) * self._refill

    def take(self, now: float) -> None:
        """Note that it was done."""
        self.find_pause(now)
        self._left -= 1


def list_subjects(namespace: str, instance: str, *, has_http_route: bool) -> tuple[Subject, ...]:
    """Return what is watched of an instance: its record, its Deployments, the objects of its route."""
    records, deployments = (
        make_path("v1", "configmaps", namespace),
        make_path("apps/v1", "deployments", namespace),
    )
    services, routes = make_path("v1", "services", namespace), make_path(GATEWAY_API, "httproutes", namespace)
    found = (
        Subject("the record", records, _read_record, name=f"{instance}-rollout"),
        Subject("the Deployments", deployments, _read_deployment, selector=f"{LABEL_INSTANCE}={instance}"),
        Subject("the Service", services, _read_service, name=instance),
        Subject("the HTTPRoute", routes, _read_generation, name=instance),
    )
    return found if has_http_route else found[:-1]


def _read_record(config_map: Json) -> object:
    """Return what a person asked for: all else in the record is the driver's own."""
    return (config_map.get("data") or {}).get(WISH_KEY, "")


def _read_deployment(deployment: Json) -> object:
    ready = (deployment.get("status") or {}).get("readyReplicas", 0)
    return (deployment.get("spec") or {}).get("replicas"), digest_template(deployment), ready


def _read_service(service: Json) -> object:
    return json.dumps((service.get("spec") or {}).get("selector"), sort_keys=True)


def _read_generation(thing: Json) -> object:
    return thing["metadata"].get("generation")
