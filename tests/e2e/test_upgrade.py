"""The chart of the first installable commit becomes this chart by `helm upgrade`, under traffic, and goes back."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import CHECKOUT, Stack, wait_until
from tests.e2e.plain import run_helm
from tests.e2e.traffic import steady_traffic
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

BEFORE = CHECKOUT / "tests" / "data" / "genai-stack-d537d7b.tgz"
NAMESPACE = "upgrade"
HOST = "upgrade.example"
VALUES = {
    "global": {"image": {"registry": "localhost/genai-stack"}},
    "gateway": {"resources": {"requests": {"cpu": "50m", "memory": "96Mi"}}},
    "inference": {
        "models": {
            "smollm2": {
                "threads": 1,
                "resources": {"requests": {"cpu": "200m", "memory": "400Mi"}, "limits": {"memory": "768Mi"}},
            }
        }
    },
    "vectordb": {
        "persistence": {"size": "1Gi"},
        "resources": {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "768Mi"}},
    },
    "route": {"enabled": True, "hostnames": [HOST]},
}
"""What both charts are given; only keys that the older one knows."""

WRITE = """
import json, urllib.request
def call(path, body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request("http://genai-vectordb:8080" + path, json.dumps(body).encode(), headers)
    urllib.request.urlopen(request).read()
call("/v1/schema", {"class": "Kept", "vectorizer": "none"})
call("/v1/objects", {"class": "Kept", "properties": {"text": "before the upgrade"}, "vector": [1.0, 0.0]})
"""
READ = """
import json, urllib.request
answer = json.load(urllib.request.urlopen("http://genai-vectordb:8080/v1/objects?class=Kept"))
print("FOUND", answer["objects"][0]["properties"]["text"])
"""


@dataclass(frozen=True)
class Installed:
    """A plain install of the older chart, in a namespace of its own."""

    stack: Stack
    values: tuple[Path, ...]

    @property
    def where(self) -> tuple[str, ...]:
        """Where helm works."""
        return ("--namespace", NAMESPACE, "--kubeconfig", self.stack.cluster.kubeconfig)

    def kubectl(self, verb: str, *arguments: str) -> str:
        """kubectl in the namespace."""
        return self.stack.kubectl(verb, "--namespace", NAMESPACE, *arguments)

    def read(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every object of a kind by its name."""
        items = json.loads(self.kubectl("get", kind, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item for item in items}

    def is_settled(self) -> bool:
        """Whether every workload runs what its object says, all of it ready, and nothing else."""
        workloads = [*self.read("deployments").values(), *self.read("statefulsets").values()]
        pods = self.read("pods").values()
        servers = [pod for pod in pods if pod["metadata"]["labels"].get("app.kubernetes.io/component") in SERVERS]
        return len(servers) == len(workloads) and all(_is_done(workload) for workload in workloads)

    def exec(self, program: str) -> str:
        """Run Python in the gateway's pod."""
        return self.kubectl("exec", "deploy/genai-gateway", "--", "python3", "-c", program)


SERVERS = ("gateway", "inference", "vectordb")


def _is_done(workload: dict[str, Any]) -> bool:
    status, wanted = workload.get("status", {}), workload["spec"].get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= workload["metadata"]["generation"]
    counts = (status.get("updatedReplicas", 0), status.get("readyReplicas", 0), status.get("replicas", 0))
    return seen and counts == (wanted, wanted, wanted)


def read_older_schema() -> dict[str, Any]:
    """The umbrella's schema out of the older chart."""
    with tarfile.open(fileobj=io.BytesIO(BEFORE.read_bytes())) as archive:
        member = archive.extractfile("genai-stack/values.schema.json")
        assert member is not None
        schema: dict[str, Any] = json.load(member)
        return schema


def keep_known(values: Any, schema: dict[str, Any]) -> Any:
    """The values without keys that the schema does not know: images that came later."""
    if not isinstance(values, dict):
        return values
    inner = schema.get("additionalProperties") or {}
    known = {key: schema.get("properties", {}).get(key, inner) for key in values}
    return {key: keep_known(value, known[key]) for key, value in values.items() if known[key]}


@pytest.fixture
def installed(stack: Stack, tmp_path: Path) -> Iterator[Installed]:
    """The older chart, ready, with the images that this session has built."""
    images = yaml.safe_load(ClusterFolder.of(stack.cluster.name).images.read_text())
    files = {"values": VALUES, "images": keep_known(images, read_older_schema())}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    older = Installed(stack, tuple(tmp_path / f"{name}.json" for name in files))
    flags = [part for file in older.values for part in ("--values", str(file))]
    run_helm("install", "genai", str(BEFORE), *flags, "--create-namespace", *older.where)
    try:
        wait_until(older.is_settled, 150, "the older chart's pods becoming ready")
        yield older
    finally:
        run_helm("uninstall", "genai", *older.where)
        stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def find_lost(wanted: Any, live: Any, path: str = "") -> list[str]:
    """What a manifest sets and the live object does not have; defaults that the API server adds do not count."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return [
            lost
            for key, value in wanted.items()
            for lost in find_lost(value, live.get(key), f"{path}.{key}")
            if value
        ]
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        pairs = enumerate(zip(wanted, live, strict=True))
        return [lost for index, (one, other) in pairs for lost in find_lost(one, other, f"{path}[{index}]")]
    return [] if wanted == live or is_same_amount(wanted, live) else [f"{path}: {wanted!r} is {live!r}"]


def is_same_amount(wanted: Any, live: Any) -> bool:
    """Whether two texts are one quantity, as the API server writes it: cpu 1000m is 1."""
    return str(wanted).removesuffix("000m") == str(live)


def identities(installed: Installed) -> dict[str, Any]:
    """What an upgrade must not replace: claims with their volumes, workloads and selectors."""
    kinds = ("persistentvolumeclaims", "statefulsets", "deployments", "services")
    return {
        f"{kind}/{name}": (
            item["metadata"]["uid"],
            item["spec"].get("selector"),
            item["spec"].get("volumeName"),
            item["spec"].get("clusterIP"),
        )
        for kind in kinds
        for name, item in installed.read(kind).items()
    }


def test_an_upgrade_under_traffic_loses_no_request_and_no_data_and_rollback_undoes_it(
    installed: Installed,
) -> None:
    installed.exec(WRITE)
    before = identities(installed)
    older = installed.kubectl("get", "deployment", "genai-gateway", "-o", "jsonpath={.spec.template}")
    flags = [part for file in installed.values for part in ("--values", str(file))]
    with steady_traffic(installed.stack.cluster.edge, HOST) as traffic:
        wait_until(lambda: traffic.answered > 5, 60, "the first answers")
        run_helm("upgrade", "genai", "charts/genai-stack", *flags, *installed.where)
        wait_until(installed.is_settled, 180, "this chart's pods becoming ready")
        upgraded = traffic.answered
        newer = installed.kubectl("get", "deployment", "genai-gateway", "-o", "jsonpath={.spec.template}")
        assert newer != older, "the upgrade changed nothing, so it shows nothing"
        after = identities(installed)
        assert {name: after.get(name) for name in before} == before
        assert installed.exec(READ).strip() == "FOUND before the upgrade"

        run_helm("rollback", "genai", "1", *installed.where)
        wait_until(installed.is_settled, 180, "the older chart's pods becoming ready again")
        wait_until(lambda: traffic.answered > upgraded + 5, 60, "answers after the rollback")
    assert not traffic.failures, f"{len(traffic.failures)} of {traffic.answered}: {traffic.failures[:3]}"
    assert {name: identities(installed).get(name) for name in before} == before
    manifest = run_helm("get", "manifest", "genai", *installed.where)
    lost = []
    for wanted in filter(None, yaml.safe_load_all(manifest)):
        live = installed.read(f"{wanted['kind'].lower()}s")[wanted["metadata"]["name"]]
        lost += [f"{wanted['kind']} {wanted['metadata']['name']}{part}" for part in find_lost(wanted, live)]
    assert not lost
    assert installed.exec(READ).strip() == "FOUND before the upgrade"
