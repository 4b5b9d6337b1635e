"""The store port in ConfigMaps: `<instance>-rollout` for the current rollout, one small one per past rollout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from tooling.adapters.kube_client import MERGE_PATCH, Json, KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_INSTANCE
from tooling.core.observation import Wish
from tooling.core.record import from_record, to_record
from tooling.core.rollout import Rollout
from tooling.errors import ClusterError, ConflictError, StateError, UnavailableError
from tooling.ports.store import Stored, check_wish

ROLLOUT_KEY = "rollout.json"
WISH_KEY = "wish.json"
LARGEST = 256 * 1024
KEPT = 10

_HISTORY = "genai-stack/history"
_ROLLOUT = "genai-stack/rollout"


class ConfigMapStore:
    """Implements the store port."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    def load(self, namespace: str, instance: str) -> Stored | None:
        """Return what is recorded; None where nothing is."""
        found = self._client.find(_path(namespace, _name(instance)), what=_what(namespace, instance))
        return None if found is None else read_stored(found)

    def save(self, namespace: str, rollout: Rollout, *, seen: Stored | None) -> Stored:
        """Write over `seen` (None: create). A waiting wish of the same rollout is kept."""
        text = write_text(rollout)
        try:
            return read_stored(self._write(namespace, rollout, text, seen))
        except ConflictError:
            newer = self._find_wished(namespace, seen) if seen else None
            if newer is None:
                raise
            return read_stored(self._write(namespace, rollout, text, newer))
        except (UnavailableError, ClusterError) as error:
            if not error.is_retryable:
                raise
            # the reply was lost: the text holds the journal's nonce, so the same text means that it was written
            live = self._client.find(
                _path(namespace, _name(rollout.instance)), what=_what(namespace, rollout.instance)
            )
            if live is None or (live.get("data") or {}).get(ROLLOUT_KEY) != text:
                raise
            return read_stored(live)

    def wish(self, namespace: str, instance: str, wish: Wish) -> None:
        """Leave a wish for whoever drives; raises StateError without a record, HeldError over an abort."""
        stored = self.load(namespace, instance)
        if stored is not None and stored.wish is not None:
            check_wish(stored.wish, wish)
        body = {"data": {WISH_KEY: json.dumps(asdict(wish))}}
        try:
            self._client.patch(_path(namespace, _name(instance)), body, what=_what(namespace, instance))
        except ClusterError as error:
            if error.status != 404:
                raise
            raise StateError(
                f"no rollout of {instance} is recorded in the namespace {namespace}.",
                hint="`genai-stack status` shows what there is.",
            ) from error

    def archive(self, namespace: str, rollout: Rollout) -> None:
        """Keep one small object for a rollout that ended; the oldest beyond ten are removed."""
        small = replace(rollout, journal=(), baseline=None, verified=())
        ended = datetime.fromtimestamp(rollout.ended_at or rollout.started_at, UTC)
        name = f"{_name(rollout.instance)}-{ended:%Y%m%d%H%M%S}{ended.microsecond // 1000:03d}"
        body = _make_object(name, rollout, write_text(small), {_HISTORY: "true"})
        try:
            self._client.create(_path(namespace), body, what=f"ConfigMap {namespace}/{name}")
        except ConflictError:
            there = self._client.get(_path(namespace, name), what=f"ConfigMap {namespace}/{name}")
            if (there.get("data") or {}).get(ROLLOUT_KEY) != body["data"][ROLLOUT_KEY]:
                raise
        for old in self._list_past(namespace, rollout.instance)[:-KEPT]:
            self._delete(namespace, old["metadata"]["name"])

    def history(self, namespace: str, instance: str) -> tuple[Rollout, ...]:
        """Return the rollouts that ended, oldest first."""
        return tuple(read_stored(one).rollout for one in self._list_past(namespace, instance))

    def delete(self, namespace: str, instance: str) -> None:
        """Forget everything about an instance."""
        for one in self._list_past(namespace, instance):
            self._delete(namespace, one["metadata"]["name"])
        self._delete(namespace, _name(instance))

    def _write(self, namespace: str, rollout: Rollout, text: str, seen: Stored | None) -> Json:
        name, what = _name(rollout.instance), _what(namespace, rollout.instance)
        if seen is None:
            return self._client.create(_path(namespace), _make_object(name, rollout, text, {}), what=what)
        data: dict[str, str | None] = {ROLLOUT_KEY: text}
        if seen.wish is not None and seen.wish.rollout != rollout.id:
            data[WISH_KEY] = None
        body = {"metadata": {"resourceVersion": seen.resource_version}, "data": data}
        return self._client.patch(_path(namespace, name), body, what=what, content_type=MERGE_PATCH)

    def _find_wished(self, namespace: str, seen: Stored) -> Stored | None:
        """Return the live record when only a wish came since `seen`: that is no conflict."""
        newer = self.load(namespace, seen.rollout.instance)
        return newer if newer and newer.rollout == seen.rollout else None

    def _list_past(self, namespace: str, instance: str) -> list[Mapping[str, Any]]:
        query = {"labelSelector": f"{LABEL_INSTANCE}={instance},{_HISTORY}=true"}
        found = self._client.get(_path(namespace), what=f"the past rollouts of {instance}", query=query)
        return sorted(found.get("items") or (), key=lambda one: str(one["metadata"]["name"]))

    def _delete(self, namespace: str, name: str) -> None:
        self._client.delete(_path(namespace, name), what=f"ConfigMap {namespace}/{name}")


def write_text(rollout: Rollout) -> str:
    """Return the record as text. Raises StateError for one that is too large or holds what JSON cannot."""
    try:
        text = json.dumps(to_record(rollout), separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise StateError(f"the record of rollout {rollout.id} cannot be written: {error}.") from error
    size = len(text.encode())
    if size > LARGEST:
        raise StateError(f"the record of rollout {rollout.id} has {size} bytes; at most {LARGEST} are kept.")
    return text


def read_stored(found: Mapping[str, Any]) -> Stored:
    """Return what a ConfigMap holds. Raises StateError for one that cannot be read."""
    metadata, data = found["metadata"], found.get("data") or {}
    where = f"ConfigMap {metadata.get('namespace', '')}/{metadata['name']}"
    record = _read_object(data.get(ROLLOUT_KEY, ""), where, ROLLOUT_KEY)
    wish = None
    if data.get(WISH_KEY):
        wish = _read_wish(_read_object(data[WISH_KEY], where, WISH_KEY), where)
    return Stored(from_record(record), wish, str(metadata.get("resourceVersion", "")))


def _read_wish(found: Mapping[str, Any], where: str) -> Wish:
    try:
        return Wish(
            verb=str(found["verb"]),
            by=str(found["by"]),
            reason=str(found.get("reason", "")),
            rollout=str(found.get("rollout", "")),
            step=int(found.get("step", 0)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(where, WISH_KEY, f"{type(error).__name__} {error}") from error


def _read_object(text: str, where: str, key: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _damaged(where, key, str(error)) from error
    if not isinstance(found, dict):
        raise _damaged(where, key, "it is not a JSON object")
    return found


def _damaged(where: str, key: str, detail: str) -> StateError:
    return StateError(
        f"{key} in {where} cannot be read: {detail}.",
        hint="Nothing was changed. Repair it or remove the ConfigMap.",
    )


def _make_object(name: str, rollout: Rollout, text: str, labels: Mapping[str, str]) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "labels": {
                "app.kubernetes.io/name": "genai-stack",
                "app.kubernetes.io/part-of": "genai-stack",
                "app.kubernetes.io/managed-by": "genai-stack",
                LABEL_INSTANCE: rollout.instance,
                **labels,
            },
            "annotations": {_ROLLOUT: rollout.id},
        },
        "data": {ROLLOUT_KEY: text},
    }


def _name(instance: str) -> str:
    return f"{instance}-rollout"


def _what(namespace: str, instance: str) -> str:
    return f"ConfigMap {namespace}/{_name(instance)}"


def _path(namespace: str, name: str = "") -> str:
    return make_path("v1", "configmaps", namespace, name)
