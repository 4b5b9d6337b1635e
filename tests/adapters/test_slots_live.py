"""Who did it, on a real API server: what its managedFields say after helm, people, autoscalers and we wrote."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.test_cluster_kubernetes import make_deployment
from tooling.adapters.cluster_kubernetes import KubernetesCluster
from tooling.adapters.kube_client import MERGE_PATCH, KubeClient, make_path
from tooling.core.observation import Workload
from tooling.errors import ConflictError

pytestmark = pytest.mark.local

NAME = "genai-blue-gateway"


class Place:
    """A namespace with one Deployment that helm made, and others who write there."""

    def __init__(self, client: KubeClient, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self.path = make_path("apps/v1", "deployments", namespace, NAME)
        self.send("POST", self.path.rpartition("/")[0], make_deployment("blue", "gateway"), by="helm")

    def look(self) -> Workload:
        (found,) = KubernetesCluster(self.client).read_workloads(self.namespace, "genai", "blue")
        return found

    def send(self, method: str, path: str, body: Any, *, by: str) -> None:
        kind = MERGE_PATCH if method == "PATCH" else "application/json"
        answer = self.client.send(
            method, path, what="it", body=body, query={"fieldManager": by}, content_type=kind
        )
        assert answer.status < 300, answer.body

    def edit(self, key: str, *, by: str) -> None:
        """Write an annotation of the pod template, as `kubectl rollout restart` does."""
        body = {"spec": {"template": {"metadata": {"annotations": {key: "x"}}}}}
        self.send("PATCH", self.path, body, by=by)

    def scale(self, replicas: int, *, by: str) -> None:
        self.send("PATCH", f"{self.path}/scale", {"spec": {"replicas": replicas}}, by=by)


@pytest.fixture
def place(real_client: KubeClient, real_namespace: str) -> Place:
    return Place(real_client, real_namespace)


def test_what_helm_wrote_is_nobodys_edit(place: Place) -> None:
    before = place.look()
    place.edit("example.com/a", by="helm")
    after = place.look()
    assert (before.edited_by, before.scaled_by, after.edited_by) == ("", "", "")
    assert before.template != after.template


def test_who_edited_the_template_is_named_until_helm_takes_it_back(place: Place) -> None:
    before = place.look().template
    place.edit("example.com/a", by="kubectl-edit")
    found = place.look()
    assert found.edited_by.startswith("kubectl-edit (Update, 20")
    assert found.template != before
    undo = {"spec": {"template": {"metadata": {"annotations": {"example.com/a": None}}}}}
    place.send("PATCH", place.path, undo, by="helm")
    assert (place.look().edited_by, place.look().template) == ("", before)


def test_who_scaled_is_named_until_we_do(place: Place) -> None:
    place.scale(3, by="kubectl")
    assert place.look().scaled_by == "kubectl (Update)"
    assert place.look().edited_by == ""
    KubernetesCluster(place.client).scale(place.namespace, NAME, 2)
    assert (place.look().wanted, place.look().scaled_by) == (2, "")
    place.scale(4, by="kube-controller-manager")
    assert (place.look().wanted, place.look().scaled_by) == (4, "")


def test_autoscalers_are_on_or_frozen(place: Place) -> None:
    assert place.look().autoscaler == ""
    hpas = make_path("autoscaling/v2", "horizontalpodautoscalers", place.namespace)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 4}
    body = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "any"},
        "spec": spec,
    }
    place.send("POST", hpas, body, by="helm")
    assert place.look().autoscaler == "on"
    frozen = {"spec": {"behavior": {"scaleDown": {"selectPolicy": "Disabled"}}}}
    place.send("PATCH", f"{hpas}/any", frozen, by="genai-stack")
    assert place.look().autoscaler == "frozen"


def test_revisions_come_without_the_content_of_the_records(place: Place) -> None:
    for version, status in ((9, "superseded"), (10, "pending-upgrade")):
        labels = {"owner": "helm", "name": "genai-blue", "version": str(version), "status": status}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"sh.helm.release.v1.genai-blue.v{version}", "labels": labels},
            "type": "helm.sh/release.v1",
            "stringData": {"release": "secret"},
        }
        place.send("POST", make_path("v1", "secrets", place.namespace), secret, by="helm")
    found = KubernetesCluster(place.client).read_revisions(place.namespace, ("genai", "genai-blue"))
    assert {name: (one.revision, one.status) for name, one in found.items()} == {
        "genai-blue": (10, "pending-upgrade")
    }


def test_a_scale_that_comes_late_loses(place: Place) -> None:
    late, other = KubernetesCluster(place.client), KubernetesCluster(place.client)
    for one in (late, other):
        one.read_workloads(place.namespace, "genai", "blue")
    other.scale(place.namespace, NAME, 3)
    with pytest.raises(ConflictError):
        late.scale(place.namespace, NAME, 0)
    assert place.look().wanted == 3
    late.read_workloads(place.namespace, "genai", "blue")
    late.scale(place.namespace, NAME, 1)
    assert place.look().wanted == 1


def test_a_deployment_that_was_made_anew_is_not_scaled(place: Place) -> None:
    late = KubernetesCluster(place.client)
    late.read_workloads(place.namespace, "genai", "blue")
    place.client.delete(place.path, what="it")
    Place(place.client, place.namespace)
    with pytest.raises(ConflictError):
        late.scale(place.namespace, NAME, 0)


def test_after_a_claim_a_write_of_the_driver_before_loses(place: Place) -> None:
    """Its look is still right, but for the epoch: nothing else was written since."""
    late, other = KubernetesCluster(place.client), KubernetesCluster(place.client)
    (before,) = late.read_workloads(place.namespace, "genai", "blue")
    other.claim(place.namespace, "genai", ("blue",), 2)
    with pytest.raises(ConflictError):
        late.scale(place.namespace, NAME, 0)
    (after,) = other.read_workloads(place.namespace, "genai", "blue")
    assert (after.wanted, after.template, after.edited_by) == (before.wanted, before.template, "")
    other.scale(place.namespace, NAME, 2)
