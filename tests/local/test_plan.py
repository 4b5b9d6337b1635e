"""What `up` writes before anything starts: configuration, objects, keys and the order of the processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.local import configs, fakenodes, isolation, objects
from tooling.local.addresses import Site, site_of
from tooling.local.components import Component, plan_node
from tooling.local.control import plan_control, plan_kwok
from tooling.local.folders import ClusterFolder
from tooling.local.plan import Plan, read_plan, write_plan
from tooling.local.preparation import BUILT, INSTALLED, identities
from tooling.local.readiness import milestones
from tooling.local.recycling import find_released
from tooling.local.settings import CONTAINERS, SIMULATED, Settings
from tooling.local.startup import find_culprits

SITES = {runtime: site_of(Settings("x", runtime, 80, 16, ())) for runtime in (CONTAINERS, SIMULATED)}
SITE = SITES[CONTAINERS]
NETWORK = SITE.network
assert NETWORK is not None
FOLDER = ClusterFolder("x", Path("/state/x"))
BINARIES = {name: Path("/bin") / name for name in (*BUILT, *INSTALLED, "kwok")}
PLANS = {
    runtime: Plan(
        "genai-x",
        site,
        (
            *plan_control(BINARIES, FOLDER, site),
            *(plan_node(BINARIES, FOLDER, site.network, "genai-x") if site.network else ()),
            plan_kwok(BINARIES["kwok"], FOLDER, site.ports),
        ),
        (("/api/v1/namespaces/edge", "000.json"),),
        ("cpu-0",),
    )
    for runtime, site in SITES.items()
}
both_runtimes = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)


def test_the_kubelet_stays_in_its_own_folders_and_cgroup() -> None:
    kubelet = yaml.safe_load(configs.render_kubelet(FOLDER))

    assert kubelet["cgroupRoot"] == "/genai-stack-x"
    assert kubelet["failCgroupV1"] is False
    # Else the node offers no ephemeral storage, and pods that ask for some find no place.
    assert kubelet["localStorageCapacityIsolation"] is True
    assert kubelet["podLogsDir"].startswith("/state/x/")
    assert kubelet["volumePluginDir"].startswith("/state/x/")
    assert kubelet["imageGCHighThresholdPercent"] == 100
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}


def test_pods_have_no_way_out() -> None:
    (bridge,) = json.loads(configs.render_cni(FOLDER, NETWORK))["plugins"]

    assert bridge["ipMasq"] is False
    assert "isDefaultGateway" not in bridge
    assert bridge["ipam"]["routes"] == [{"dst": "10.96.0.0/16"}, {"dst": "198.18.80.0/30"}]
    assert not [command for command in isolation.network_commands(NETWORK) if "default" in command]


def test_every_namespace_is_restricted_but_one() -> None:
    (plugin,) = yaml.safe_load(configs.render_admission())["plugins"]

    assert plugin["configuration"]["defaults"]["enforce"] == "restricted"
    assert plugin["configuration"]["exemptions"]["namespaces"] == ["kube-system"]


def test_names_outside_the_cluster_are_denied_not_asked_for() -> None:
    corefile = configs.render_corefile(FOLDER, NETWORK)

    assert "forward" not in corefile
    assert "NXDOMAIN" in corefile
    assert corefile.count("bind 198.18.80.2") == 2


def test_containerd_uses_its_own_socket_and_pause_image() -> None:
    text = configs.render_containerd(FOLDER, Path("/usr/lib/cni"))

    assert 'address = "/state/x/containerd.sock"' in text
    assert f'sandbox_image = "{configs.PAUSE_IMAGE}"' in text
    assert text.count("/var/") == 0


def test_kube_proxy_leaves_limits_of_the_machine_alone() -> None:
    proxy = yaml.safe_load(configs.render_kube_proxy(FOLDER, "genai-x"))

    assert proxy["mode"] == "nftables"
    assert proxy["conntrack"]["maxPerCore"] == 0


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (objects.edge_objects()[0], "/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik"),
        (objects.edge_objects()[1], "/api/v1/namespaces/edge"),
        (objects.edge_objects()[2], "/apis/gateway.networking.k8s.io/v1/namespaces/edge/gateways/edge"),
        (objects.storage_objects("n", [])[0], "/apis/storage.k8s.io/v1/storageclasses/local"),
        (objects.dns_objects(NETWORK)[0], "/api/v1/namespaces/kube-system/services/kube-dns"),
    ],
)
def test_an_object_goes_to_its_path(item: dict[str, Any], path: str) -> None:
    assert objects.object_path(item) == path


def test_a_definition_goes_to_its_path() -> None:
    assert objects.definition_path("gateway.networking.k8s.io_httproutes.yaml") == (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/httproutes.gateway.networking.k8s.io"
    )


def writable(items: list[objects.Object]) -> set[str]:
    return {
        resource
        for item in items
        for rule in item.get("rules", ())
        for resource in rule["resources"]
        if set(rule["verbs"]) - {"get", "list", "watch"}
    }


def test_the_edge_may_write_nothing_but_status() -> None:
    found = writable(objects.access_objects())

    assert found
    assert all(resource.endswith("/status") for resource in found)


def test_kwok_may_write_what_kubelets_write() -> None:
    assert writable(fakenodes.access_objects()) == {
        "nodes",
        "nodes/status",
        "pods",
        "pods/status",
        "events",
        "leases",
    }


def test_each_volume_belongs_to_the_nodes() -> None:
    _, *volumes = objects.storage_objects(["genai-x", "a100-80g-0"], ["/v/00", "/v/01"])

    assert [volume["spec"]["local"]["path"] for volume in volumes] == ["/v/00", "/v/01"]
    terms = volumes[0]["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["genai-x", "a100-80g-0"]


def volume(phase: str, path: str) -> dict[str, Any]:
    return {
        "metadata": {"name": path.rpartition("/")[2]},
        "spec": {"local": {"path": path}},
        "status": {"phase": phase},
    }


def test_only_released_volumes_of_ours_are_emptied() -> None:
    volumes = [
        volume("Released", "/v/00"),
        volume("Bound", "/v/01"),
        volume("Available", "/v/02"),
        volume("Released", "/elsewhere/03"),
        volume("Released", "/v/deep/04"),
        {"metadata": {"name": "other"}, "spec": {"nfs": {}}, "status": {"phase": "Released"}},
    ]

    assert find_released(volumes, Path("/v")) == {"00": Path("/v/00")}


@both_runtimes
def test_every_component_waits_for_something_that_comes(plan: Plan) -> None:
    known = {component.name for component in plan.components} | set(milestones(plan))
    reached: set[str] = set(milestones(plan))
    for _ in plan.components:
        reached |= {each.name for each in plan.components if set(each.after) <= reached}

    assert all(set(component.after) <= known for component in plan.components)
    assert reached == known


def test_nothing_but_the_node_itself_listens_for_the_host() -> None:
    listening = [
        part for component in PLANS[CONTAINERS].components for part in component.argv if "0.0.0.0" in part
    ]

    assert listening == ["--bind-address=0.0.0.0"]


def test_a_simulated_cluster_listens_on_the_loopback_only_and_on_ports_of_its_own() -> None:
    arguments = [part for component in PLANS[SIMULATED].components for part in component.argv]
    addresses = [part for part in arguments if "address=" in part or "-urls=" in part]

    told_only = {"--advertise-address=198.19.0.2"}
    assert all("127.0.0.1" in part for part in addresses if part not in told_only), addresses
    ports = SITES[SIMULATED].ports.all()
    assert len(set(ports)) == len(ports)
    assert not set(ports) & set(site_of(Settings("y", SIMULATED, 81, 16, ())).ports.all())
    assert max(site_of(Settings("z", SIMULATED, 255, 16, ())).ports.all()) < 32768


@both_runtimes
def test_nobody_reads_etcd_without_a_certificate(plan: Plan) -> None:
    etcd = next(each for each in plan.components if each.name == "etcd")

    assert {"--client-cert-auth=true", "--peer-client-cert-auth=true"} <= set(etcd.argv)
    assert not [part for part in etcd.argv if "http:" in part]


@both_runtimes
def test_an_aggregated_server_can_check_who_asks(plan: Plan) -> None:
    server = next(each for each in plan.components if each.name == "kube-apiserver")
    flags = dict(part.removeprefix("--").split("=", 1) for part in server.argv[1:])

    assert flags["requestheader-client-ca-file"] != flags["client-ca-file"]
    assert flags["requestheader-allowed-names"] == "front-proxy-client"
    assert flags["proxy-client-cert-file"].endswith("/front-proxy.crt")


@both_runtimes
def test_a_plan_survives_its_file(plan: Plan, tmp_path: Path) -> None:
    folder = ClusterFolder("x", tmp_path)

    write_plan(folder, plan)

    assert read_plan(folder) == plan


def test_the_culprit_is_what_waits_for_nothing_else() -> None:
    parts = (
        Component("a", ("a",), "exit"),
        Component("b", ("b",), "exit", after=("a",)),
        Component("c", ("c",), "exit"),
    )
    plan = Plan("n", SITE, parts, ())

    assert find_culprits(plan, {"a", "b"}) == ["a"]
    assert find_culprits(plan, {"b", "node"}) == ["b"]
    assert find_culprits(plan, {"node"}) == []


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_only_two_identities_are_masters(site: Site) -> None:
    masters = {name for name, who in identities("genai-x", site).items() if "system:masters" in who.groups}

    assert masters == {"admin", "kubelet-client"}
