"""The scalers port through the Kubernetes API: HorizontalPodAutoscalers, and KEDA's ScaledObjects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.adapters.kube_client import KubeClient, make_path
from tooling.adapters.kube_workloads import LABEL_INSTANCE, LABEL_SLOT
from tooling.adapters.scaler_states import State, make_patch, make_release
from tooling.errors import ClusterError

Json = Mapping[str, Any]

_HPA = ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
_KEDA = ("keda.sh/v1alpha1", "scaledobjects", "ScaledObject")
_STATUS_WRITES = 5
"""How many writes of somebody else between our look and our write are passed over: the status comes in bursts."""


class KubernetesScalers:
    """Implements the scalers port. Every write carries the resourceVersion that was read."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client

    def freeze(self, namespace: str, instance: str, slot: str) -> None:
        """Let the autoscalers of a slot go up and never down."""
        self._turn(namespace, instance, slot, State.FROZEN)

    def rest(self, namespace: str, instance: str, slot: str) -> None:
        """Keep them from changing the scale of a slot that takes no traffic, be it none or a few pods."""
        self._turn(namespace, instance, slot, State.RESTING)

    def restore(self, namespace: str, instance: str, slot: str) -> None:
        """Give back what their manifests set, and leave what somebody else set meanwhile."""
        self._turn(namespace, instance, slot, State.ON)

    def _turn(self, namespace: str, instance: str, slot: str, state: State) -> None:
        for path, what, scaler in list(self._find(namespace, instance, slot)):
            self._write(path, what, scaler, state)

    def _write(self, path: str, what: str, scaler: Json, state: State) -> None:
        """Bring one autoscaler to a state; its controller writes the status at any time, so look again then."""
        for turn in range(_STATUS_WRITES + 1):
            try:
                if turn:
                    scaler = {"kind": scaler["kind"], **self._client.get(path, what=what)}
                self._write_once(path, what, scaler, state)
            except ClusterError as error:
                if error.status == 404:
                    return  # it went with its slot
                if error.status != 409 or turn == _STATUS_WRITES:
                    raise
            else:
                return

    def _write_once(self, path: str, what: str, scaler: Json, state: State) -> None:
        patch = make_patch(scaler, state)
        live = self._client.patch(path, patch, what=what) if patch else scaler
        release = make_release(live)
        if release:
            self._client.patch(path, release, what=what)

    def _find(self, namespace: str, instance: str, slot: str) -> Iterator[tuple[str, str, Json]]:
        """Yield the autoscalers that scale Deployments of the slot, whoever made them: path, name, object."""
        deployments = self._list(
            "apps/v1", "deployments", namespace, f"{LABEL_INSTANCE}={instance},{LABEL_SLOT}={slot}"
        )
        names = {one["metadata"]["name"] for one in deployments}
        if not names:
            return
        hpas = self._list(_HPA[0], _HPA[1], namespace)
        # KEDA writes its own HorizontalPodAutoscalers, and would take back what we write there.
        own = [one for one in hpas if not _find_owner(one, "ScaledObject")]
        for (api_version, plural, kind), found in ((_HPA, own), (_KEDA, self._list_keda(namespace))):
            for one in found:
                name = one["metadata"]["name"]
                if _find_target(one) in names:
                    scaler = {"kind": kind, **one}
                    yield make_path(api_version, plural, namespace, name), f"{kind} {namespace}/{name}", scaler

    def _list_keda(self, namespace: str) -> list[Json]:
        """Return the ScaledObjects; none in a cluster without KEDA, which no account need be allowed to ask."""
        try:
            return self._list(_KEDA[0], _KEDA[1], namespace)
        except ClusterError as error:
            if error.status == 404:
                return []
            if error.status == 403 and self._client.find(f"/apis/{_KEDA[0]}", what="KEDA") is None:
                return []
            raise

    def _list(self, api_version: str, plural: str, namespace: str, selector: str = "") -> list[Json]:
        path = make_path(api_version, plural, namespace)
        query = {"labelSelector": selector} if selector else None
        return list(self._client.get(path, what=f"the {plural} of {namespace}", query=query).get("items") or ())


def _find_target(scaler: Json) -> str:
    """Return the name of the Deployment that an autoscaler scales; KEDA leaves the kind out where it is that."""
    target = scaler["spec"].get("scaleTargetRef") or {}
    return str(target.get("name", "")) if target.get("kind", "Deployment") == "Deployment" else ""


def _find_owner(scaler: Json, kind: str) -> bool:
    return any(owner.get("kind") == kind for owner in scaler["metadata"].get("ownerReferences") or ())
