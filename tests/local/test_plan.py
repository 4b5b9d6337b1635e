"""What `up` writes before anything starts: configuration, objects, keys and the order of the processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.local import configs, dns, isolation, objects
from tooling.local.archive import read_references, write_image
from tooling.local.certificates import Authority, Identity
from tooling.local.components import Component, plan_components
from tooling.local.folders import ClusterFolder
from tooling.local.kubeconfig import render_kubeconfig
from tooling.local.plan import Plan, read_plan, write_plan
from tooling.local.preparation import BUILT, INSTALLED, identities
from tooling.local.readiness import Checks
from tooling.local.recycling import find_released
from tooling.local.settings import Network
from tooling.local.startup import find_culprits

NETWORK = Network(80)
FOLDER = ClusterFolder("x", Path("/state/x"))
BINARIES = {name: Path("/bin") / name for name in (*BUILT, *INSTALLED)}
COMPONENTS = plan_components(BINARIES, FOLDER, NETWORK, "genai-x")


def test_the_kubelet_stays_in_its_own_folders_and_cgroup() -> None:
    kubelet = yaml.safe_load(configs.render_kubelet(FOLDER))

    assert kubelet["cgroupRoot"] == "/genai-stack-x"
    assert kubelet["failCgroupV1"] is False
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


def test_the_edge_may_write_nothing_but_status() -> None:
    writable = {
        resource
        for item in objects.access_objects()
        for rule in item.get("rules", ())
        for resource in rule["resources"]
        if set(rule["verbs"]) - {"get", "list", "watch"}
    }

    assert writable
    assert all(resource.endswith("/status") for resource in writable)


def test_each_volume_belongs_to_the_node() -> None:
    _, *volumes = objects.storage_objects("genai-x", ["/v/00", "/v/01"])

    assert [volume["spec"]["local"]["path"] for volume in volumes] == ["/v/00", "/v/01"]
    terms = volumes[0]["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["genai-x"]


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


def test_every_component_waits_for_something_that_comes() -> None:
    known = {component.name for component in COMPONENTS} | set(Checks.milestones)
    reached: set[str] = set(Checks.milestones)
    for _ in COMPONENTS:
        reached |= {each.name for each in COMPONENTS if set(each.after) <= reached}

    assert all(set(component.after) <= known for component in COMPONENTS)
    assert reached == known


def test_nothing_but_the_node_itself_listens_for_the_host() -> None:
    listening = [part for component in COMPONENTS for part in component.argv if "0.0.0.0" in part]

    assert listening == ["--bind-address=0.0.0.0"]
    assert any("--listen-client-urls=http://127.0.0.1:2379" in component.argv for component in COMPONENTS)


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    folder = ClusterFolder("x", tmp_path)
    plan = Plan("genai-x", NETWORK, COMPONENTS, (("/api/v1/namespaces/edge", "000.json"),))

    write_plan(folder, plan)

    assert read_plan(folder) == plan


def test_the_culprit_is_what_waits_for_nothing_else() -> None:
    parts = (
        Component("a", ("a",), "exit"),
        Component("b", ("b",), "exit", after=("a",)),
        Component("c", ("c",), "exit"),
    )
    plan = Plan("n", NETWORK, parts, ())

    assert find_culprits(plan, {"a", "b"}) == ["a"]
    assert find_culprits(plan, {"b", "node"}) == ["b"]
    assert find_culprits(plan, {"node"}) == []


def test_certificates_serve_their_hosts_and_name_their_users() -> None:
    from cryptography import x509

    authority = Authority("x")
    certificate = x509.load_pem_x509_certificate(
        authority.issue(Identity("me", ("group",), ("198.18.80.2", "name.local"))).certificate
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert certificate.subject.rfc4514_string() == "CN=me,O=group"
    assert names.get_values_for_type(x509.DNSName) == ["name.local"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["198.18.80.2"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))


def test_only_two_identities_are_masters() -> None:
    masters = {name for name, who in identities("genai-x", NETWORK).items() if "system:masters" in who.groups}

    assert masters == {"admin", "kubelet-client"}


def test_a_kubeconfig_points_at_the_node_and_carries_its_keys() -> None:
    authority = Authority("x")
    text = render_kubeconfig(
        cluster="x", address="198.18.80.2", authority=authority.certificate, client=authority.issue(Identity("me"))
    )
    data = yaml.safe_load(text)

    assert data["current-context"] == "genai-x"
    assert data["clusters"][0]["cluster"]["server"] == "https://198.18.80.2:6443"
    assert set(data["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}


def test_an_image_of_one_binary_is_the_same_each_time(tmp_path: Path) -> None:
    binary = tmp_path / "tool"
    binary.write_bytes(b"\x7fELF")
    paths = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for path in paths:
        write_image(path, reference="localhost/x:1", binary=binary)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert read_references(paths[0]) == ("localhost/x:1",)
    assert read_references(binary) == ()


def answer(flags: int = 0x8180, addresses: tuple[bytes, ...] = (bytes([10, 96, 0, 1]),)) -> bytes:
    question = dns.encode_question("a.b")
    records = b"".join(b"\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04" + each for each in addresses)
    counts = b"\0\x01" + len(addresses).to_bytes(2, "big") + b"\0\0\0\0"
    return question[:2] + flags.to_bytes(2, "big") + counts + question[12:] + records


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (answer(), ("10.96.0.1",)),
        (answer(addresses=(bytes([1, 2, 3, 4]), bytes([5, 6, 7, 8]))), ("1.2.3.4", "5.6.7.8")),
        (answer(addresses=()), ()),
        (answer(flags=0x8183), ()),
        (answer(flags=0x0100), ()),
        (b"\0\0" + answer()[2:], ()),
        (b"short", ()),
    ],
    ids=["one", "two", "none", "NXDOMAIN", "a question", "another id", "short"],
)
def test_addresses_are_read_from_a_dns_answer(packet: bytes, found: tuple[str, ...]) -> None:
    assert dns.decode_answer(packet) == found
