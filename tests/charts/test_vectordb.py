"""The vector database: one node that can be upgraded in place, or three that find each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, BASE, Manifest, Renderer, component_of, find_case, find_template

THREE = "vectordb.replicas=3"


def find_set(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    """The spec of the StatefulSet."""
    (found,) = (m["spec"] for m in manifests if m["kind"] == "StatefulSet")
    return dict(found)


def find_container(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    """The container of the database."""
    container: dict[str, Any] = find_set(manifests)["template"]["spec"]["containers"][0]
    return container


def read_env(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    """Its environment, in order."""
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in find_container(manifests)["env"]}


def test_one_node_keeps_every_field_that_can_never_change(renderer: Renderer) -> None:
    # As the first version of the chart rendered them: another value makes every upgrade of a running stack fail.
    labels = {
        "app.kubernetes.io/instance": "genai",
        "app.kubernetes.io/component": "vectordb",
        "genai-stack/slot": "all",
    }
    for view in (ALL, BASE):
        spec = find_set(renderer.render(find_case("ci/default"), view))
        assert spec["serviceName"] == "genai-vectordb"
        assert spec["selector"] == {"matchLabels": labels}
        assert "podManagementPolicy" not in spec
        assert spec["volumeClaimTemplates"] == [
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "labels": labels},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
            }
        ]


def test_one_node_talks_about_the_cluster_to_itself_alone(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/default"), ALL)
    env = read_env(manifests)
    assert (env["CLUSTER_HOSTNAME"], env["RAFT_JOIN"], env["RAFT_BOOTSTRAP_EXPECT"]) == ("node-0", "node-0", "1")
    assert env["CLUSTER_BIND_ADDR"] == env["CLUSTER_ADVERTISE_ADDR"] == "127.0.0.1"
    assert "CLUSTER_JOIN" not in env
    assert {port["containerPort"] for port in find_container(manifests)["ports"]} == {8080, 50051, 2112}
    database = [(m["kind"], m["metadata"]["name"]) for m in manifests if component_of(m) == "vectordb"]
    assert ("Service", "genai-vectordb-peers") not in database
    assert "PodDisruptionBudget" not in {kind for kind, _ in database}


def test_three_nodes_find_each_other_before_any_is_ready(renderer: Renderer) -> None:
    for case in ("ci/default", "ci/long-names"):
        manifests = renderer.render(find_case(case), ALL, THREE)
        spec, env = find_set(manifests), read_env(manifests)
        assert spec["replicas"] == 3
        assert spec["podManagementPolicy"] == "Parallel"
        (peers,) = (
            m for m in manifests if m["kind"] == "Service" and m["metadata"]["name"] == env["CLUSTER_JOIN"]
        )
        assert peers["spec"]["clusterIP"] == "None"
        assert peers["spec"]["publishNotReadyAddresses"] is True
        assert peers["spec"]["selector"] == spec["selector"]["matchLabels"]
        assert spec["serviceName"] != peers["metadata"]["name"]
        names = [env["CLUSTER_HOSTNAME"].replace("$(APPS_POD_INDEX)", str(index)) for index in range(3)]
        assert env["RAFT_JOIN"].split(",") == names == ["node-0", "node-1", "node-2"]
        assert env["RAFT_BOOTSTRAP_EXPECT"] == "3"
        assert env["CLUSTER_BIND_ADDR"] == {"fieldRef": {"fieldPath": "status.podIP"}}


def test_a_variable_is_defined_before_it_is_used(renderer: Renderer) -> None:
    order = list(read_env(renderer.render(find_case("ci/default"), ALL, THREE)))
    assert order.index("APPS_POD_INDEX") < order.index("CLUSTER_HOSTNAME")


def test_every_port_between_nodes_is_one_of_the_container(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/default"), ALL, THREE)
    env = read_env(manifests)
    names = ("CLUSTER_GOSSIP_BIND_PORT", "CLUSTER_DATA_BIND_PORT", "RAFT_PORT", "RAFT_INTERNAL_RPC_PORT")
    ports = {(port["containerPort"], port["protocol"]) for port in find_container(manifests)["ports"]}
    assert {(int(env[name]), "TCP") for name in names} | {(7100, "UDP")} <= ports


def test_three_nodes_keep_apart_and_lose_one_at_a_time(renderer: Renderer) -> None:
    manifests = renderer.render(
        find_case("ci/default"), ALL, THREE, 'vectordb.topologySpread.node="DoNotSchedule"'
    )
    spec = find_set(manifests)
    pod = spec["template"]["spec"]
    spread = {each["topologyKey"]: each["whenUnsatisfiable"] for each in pod["topologySpreadConstraints"]}
    expected = {"kubernetes.io/hostname": "DoNotSchedule", "topology.kubernetes.io/zone": "ScheduleAnyway"}
    assert spread == expected
    assert all(each["labelSelector"] == spec["selector"] for each in pod["topologySpreadConstraints"])
    (term,) = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["labelSelector"] == spec["selector"]
    budgets = [
        m["spec"] for m in manifests if m["kind"] == "PodDisruptionBudget" and component_of(m) == "vectordb"
    ]
    assert [(each["maxUnavailable"], each["selector"]) for each in budgets] == [(1, spec["selector"])]


def test_collections_have_as_many_copies_as_there_are_nodes_unless_said_otherwise(renderer: Renderer) -> None:
    for settings, factor in (((), "1"), ((THREE,), "3"), ((THREE, "vectordb.minimumReplicationFactor=2"), "2")):
        env = read_env(renderer.render(find_case("ci/default"), ALL, *settings))
        assert env["REPLICATION_MINIMUM_FACTOR"] == factor


def test_metrics_are_counted_where_they_are_offered(renderer: Renderer) -> None:
    for enabled in (True, False):
        manifests = renderer.render(
            find_case("ci/default"), ALL, f"vectordb.metrics.enabled={str(enabled).lower()}"
        )
        ports = {port["name"]: port["containerPort"] for port in find_container(manifests)["ports"]}
        env = read_env(manifests)
        assert ports.get("metrics") == (2112 if enabled else None)
        assert (env.get("PROMETHEUS_MONITORING_ENABLED") == "true") is enabled


def test_data_in_an_empty_folder_is_not_evicted_for_its_size(renderer: Renderer) -> None:
    for enabled, is_limited in (("true", True), ("false", False)):
        manifests = renderer.render(find_case("ci/default"), ALL, f"vectordb.persistence.enabled={enabled}")
        resources = find_container(manifests)["resources"]
        assert ("ephemeral-storage" in resources["limits"]) is is_limited
        assert resources["limits"]["memory"] == "2Gi"


REFUSED = [
    (("vectordb.replicas=2",), "/vectordb/replicas"),
    (("vectordb.replicas=5",), "/vectordb/replicas"),
    (("vectordb.backup.keep=0",), "/vectordb/backup/keep"),
    (('vectordb.backup.target="gcs"',), "/vectordb/backup/target"),
    (('vectordb.backup.s3.endpoint="https://s3.example.com"',), "/vectordb/backup/s3/endpoint"),
    (('vectordb.restore.from="../up"',), "/vectordb/restore/from"),
    (
        ("vectordb.backup.enabled=true", THREE),
        "Weaviate backs up several nodes to S3 only. Write vectordb: {backup:",
    ),
    (
        ("vectordb.backup.enabled=true", 'vectordb.backup.target="s3"'),
        "Write vectordb: {backup: {s3: {bucket: ...}}}",
    ),
    (('vectordb.restore.from="mine"',), "Write vectordb: {backup: {enabled: true}}"),
]


@pytest.mark.parametrize(("settings", "said"), REFUSED)
def test_refused(renderer: Renderer, settings: tuple[str, ...], said: str) -> None:
    assert said in renderer.refuse(*settings)


def test_jobs_read_the_key_from_a_file(renderer: Renderer) -> None:
    # The key of the database is in no manifest, and a Job reads it from a file.
    for case in ("ci/replicated", "ci/backup"):
        for manifest in renderer.render(find_case(case), ALL, 'vectordb.auth.existingSecret="my-key"'):
            if not component_of(manifest).startswith("vectordb-") or not find_template(manifest):
                continue
            container = find_template(manifest)["spec"]["containers"][0]
            assert container["args"][container["args"].index("--key-file") + 1] == "/etc/genai/vectordb/api-key"
            assert not [v for v in container.get("env", ()) if "valueFrom" in v]
