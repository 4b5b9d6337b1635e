"""The Kubernetes API in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.fakes.base import FakeBase
from tooling.core.access import AccessReview, Permission
from tooling.core.diff.objects import ObjectName, find_name
from tooling.core.hardware import Node
from tooling.core.manifests import Manifest
from tooling.core.observation import ReleaseMark, Workload
from tooling.core.room_nodes import Capacity, NodeRoom
from tooling.core.trial import Trial
from tooling.errors import ClusterError, UnavailableError
from tooling.ports.cluster import ClusterInfo, LiveObject

if TYPE_CHECKING:
    from tests.fakes.world import World

KINDS = {
    ("v1", "Service"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("batch/v1", "CronJob"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
}


class FakeCluster(FakeBase):
    """What stands in the cluster; every set may be changed by a test."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.info = ClusterInfo("genai-local", "v1.36.3")
        self.namespaces = {world.namespace}
        self.kinds = set(KINDS)
        self.secrets: set[str] = set()
        self.nodes: list[Node] = [Node("local", {})]
        roomy = {"cpu": Decimal(1000), "memory": Decimal(1 << 40), "pods": Decimal(1000)}
        self.capacity = Capacity(nodes=(NodeRoom("local", allocatable=roomy),))
        self.forbidden: set[str] = set()
        self.account = "tester"
        self.denied: set[tuple[str, str]] = set()
        self.trials: dict[str, Trial] = {}
        self.listed: dict[str, list[Manifest]] = {}
        self.claims: dict[str, tuple[str, ...]] = {}
        self.asked: list[tuple[str, str, str]] = []

    def describe(self) -> ClusterInfo:
        self._world.calls.look("cluster.describe")
        return self.info

    def ensure_namespace(self, namespace: str) -> None:
        if namespace in self.namespaces:
            self._world.calls.look("cluster.ensure_namespace")
            return
        with self._world.calls.effect("cluster.ensure_namespace", namespace):
            self.namespaces.add(namespace)

    def has_namespace(self, namespace: str) -> bool:
        self._world.calls.look("cluster.has_namespace")
        return namespace in self.namespaces

    def has_kind(self, api_version: str, kind: str) -> bool:
        self._world.calls.look("cluster.has_kind")
        return (api_version, kind) in self.kinds

    def list_nodes(self) -> tuple[Node, ...]:
        self._world.calls.look("cluster.list_nodes")
        return tuple(sorted(self.nodes, key=lambda node: node.name))

    def read_capacity(self, namespace: str) -> Capacity:
        self._world.calls.look("cluster.read_capacity")
        return self.capacity

    def find_missing_secrets(self, namespace: str, names: tuple[str, ...]) -> tuple[str, ...]:
        self._world.calls.look("cluster.find_missing_secrets")
        return tuple(name for name in names if name not in self.secrets)

    def review_access(self, namespace: str, permissions: Iterable[Permission]) -> AccessReview:
        self._world.calls.look("cluster.review_access")
        denied = (one for one in permissions if (one.verb, one.resource) in self.denied)
        return AccessReview(self.account, tuple(denied))

    def try_apply(self, manifests: Iterable[Manifest], namespace: str) -> tuple[Trial, ...]:
        self._world.calls.look("cluster.try_apply")
        names = [find_name(manifest, namespace) for manifest in manifests]
        trials = (Trial(name, is_new=str(name) not in self.objects) for name in names)
        return tuple(self.trials.get(str(one.name), one) for one in trials)

    def list_objects(self, api_version: str, plural: str, namespace: str) -> tuple[Manifest, ...]:
        self._world.calls.look("cluster.list_objects")
        if plural in self.forbidden:
            raise ClusterError(f"cannot read the {plural}: Forbidden", status=403)
        return tuple(self.listed.get(plural, ()))

    def read_workloads(self, namespace: str, instance: str, slot: str) -> tuple[Workload, ...]:
        self._world.calls.look("cluster.read_workloads")
        return self._world.observe(slot)

    def read_slots(
        self, namespace: str, instance: str, slots: tuple[str, ...]
    ) -> Mapping[str, tuple[Workload, ...]]:
        self._world.calls.look("cluster.read_workloads")
        return {slot: self._world.observe(slot) for slot in slots}

    def read_revisions(self, namespace: str, names: tuple[str, ...]) -> Mapping[str, ReleaseMark]:
        self._world.calls.look("cluster.read_revisions")
        past = {name: self._world.helm.revisions.get(name) for name in names}
        return {name: ReleaseMark(found[-1].number, found[-1].status) for name, found in past.items() if found}

    def read_objects(self, names: Iterable[ObjectName]) -> tuple[LiveObject, ...]:
        self._world.calls.look("cluster.read_objects")
        return tuple(self._read_object(name) for name in names)

    def _read_object(self, name: ObjectName) -> LiveObject:
        if (name.api_version, name.kind) not in self.kinds:
            return LiveObject(name, problem=f"the server does not know {name.kind} ({name.api_version})")
        if str(name) in self.forbidden:
            return LiveObject(name, problem=f"cannot read {name}: Forbidden: not yours")
        return LiveObject(name, self.find_live(name))

    def scale(self, namespace: str, workload: str, replicas: int) -> None:
        with self._world.calls.effect("cluster.scale", f"{workload} to {replicas}"):
            deployment = self._world.deployments.get(workload)
            if deployment is None:
                raise ClusterError(f'deployments.apps "{workload}" not found', status=404)
            deployment.scale(replicas, self._world.clock.now())

    def claim(self, namespace: str, instance: str, slots: tuple[str, ...], epoch: int) -> None:
        for deployment in self._world.deployments.values():
            if deployment.slot in slots and deployment.epoch != epoch:
                with self._world.calls.effect("cluster.claim", f"{deployment.name} by {epoch}"):
                    deployment.epoch = epoch

    def ask(self, namespace: str, service: str, model: str, prompt: str) -> str:
        self._world.calls.look("cluster.ask")
        self.asked.append((service, model, prompt))
        deployment = self._world.deployments.get(service)
        slot = deployment.slot if deployment else ""
        if deployment is None or not self._world.can_serve(slot):
            raise UnavailableError(f"{service} answered 503: no endpoints available")
        if not self._world.behaviour(slot).can_answer:
            raise UnavailableError(f"{service} answered 502: upstream failed")
        return "4"

    def delete_claims(self, namespace: str, instance: str) -> tuple[str, ...]:
        with self._world.calls.effect("cluster.delete_claims", instance):
            return self.claims.pop(instance, ())
