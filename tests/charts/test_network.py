"""NetworkPolicies: exactly the pairs of the table in docs/network.md may talk, in every case and every role."""

from __future__ import annotations

from itertools import product

import pytest

from tests.charts.network_policy import Network, Place
from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    GREEN,
    Case,
    Manifest,
    Renderer,
    View,
    find_case,
    find_template,
    identify,
    list_cases,
)

NAMESPACE = "genai-ns"
KNOWN = (
    'network.edge={"namespaces": ["edge-ns"], "podLabels": {"app": "proxy"}, "cidrs": ["198.51.100.0/24"]}',
    'network.metrics={"namespaces": ["prom-ns"]}',
    'network.apiServer={"cidrs": ["192.0.2.10/32"], "ports": [443, 6443]}',
    "network.allow={}",
    'network.dns={"namespaces": ["kube-system"], "podLabels": {"k8s-app": "kube-dns"}, "ports": [53]}',
)
"""Settings that name every neighbour, so that the table is exact."""

CLOSED = KNOWN[1:]
"""The same, with the edge as the route says."""

TCP = (22, 53, 80, 443, 2112, 6443, 7100, 7101, 8080, 8300, 8301, 9000, 50051)
PEERS = (7100, 7101, 8300, 8301)
OUTSIDE = (
    Place("neighbour", "10.1.0.1", NAMESPACE, {"app": "other"}),
    Place("app elsewhere", "10.1.0.2", "apps", {"app": "caller"}),
    Place("proxy", "10.1.0.3", "edge-ns", {"app": "proxy"}),
    Place("beside the proxy", "10.1.0.4", "edge-ns", {"app": "other"}),
    Place("prometheus", "10.1.0.5", "prom-ns", {"app": "prometheus"}),
    Place("dns", "10.1.0.6", "kube-system", {"k8s-app": "kube-dns"}),
    Place("beside dns", "10.1.0.7", "kube-system", {"k8s-app": "other"}),
    Place("api server", "192.0.2.10"),
    Place("load balancer", "198.51.100.7"),
    Place("internet", "203.0.113.9"),
    Place("metadata", "169.254.169.254"),
    Place("metadata v6", "fd00:ec2::254"),
)
ALLOWED: list[tuple[str, str, tuple[int, ...]]] = [
    ("gateway", "inference", (8080,)),
    ("evals", "gateway", (8080,)),
    ("evals", "api server", (443, 6443)),
    ("test", "gateway", (8080,)),
    ("test", "vectordb", (8080,)),
    ("vectordb", "vectordb", PEERS),
    ("vectordb-backup", "vectordb", (8080,)),
    ("vectordb-restore", "vectordb", (8080,)),
    ("proxy", "gateway", (8080,)),
    ("load balancer", "gateway", (8080,)),
    ("api server", "gateway", (8080,)),
    ("prometheus", "gateway", (8080,)),
    ("prometheus", "inference", (8080,)),
    ("prometheus", "vectordb", (2112,)),
]
"""All that may be opened: from, to, TCP ports. DNS and what is fetched from outside are looked at apart."""

ASKS_DNS = {"gateway", "evals", "test", "vectordb", "vectordb-backup", "vectordb-restore", "model-prefetch"}
JOBS = ("vectordb-backup", "vectordb-restore")
"""There with backups or a restore only; then one policy is for both."""


PLAIN, ROLLOUT = (ALL,), (BASE, BLUE, GREEN)
INTERNET = next(place for place in OUTSIDE if place.name == "internet")


def pick_policies(manifests: tuple[Manifest, ...]) -> tuple[Manifest, ...]:
    return tuple(manifest for manifest in manifests if manifest["kind"] == "NetworkPolicy")


def make_pods(manifests: tuple[Manifest, ...], instance: str, slots: tuple[str, ...]) -> list[Place]:
    """A pod of every workload that is rendered, of every job that may be, and one of no known component."""
    found: dict[str, dict[str, str]] = {}
    for manifest in manifests:
        template = find_template(manifest)
        if template:
            found[identify(manifest)] = template["metadata"]["labels"]
    common = {"app.kubernetes.io/name": "genai-stack", "app.kubernetes.io/instance": instance}
    for slot, component in product(slots, ("test", "stranger")):
        found[f"{component} of {slot}"] = _label(common, component, slot)
    if any(labels["app.kubernetes.io/component"] in JOBS for labels in found.values()):
        for component in JOBS:
            found[component] = _label(common, component, "all")
    return [
        Place(name, f"10.0.{index // 250}.{index % 250 + 1}", NAMESPACE, labels)
        for index, (name, labels) in enumerate(found.items())
    ]


def _label(common: dict[str, str], component: str, slot: str) -> dict[str, str]:
    return {**common, "app.kubernetes.io/component": component, "genai-stack/slot": slot}


def kind_of(place: Place) -> str:
    """The component of a pod of ours, else the place's own name."""
    return place.labels.get("app.kubernetes.io/component", place.name)


def is_expected(source: Place, target: Place, port: int) -> bool:
    """What the table says; slots are kept apart, but whoever asks the serving gateway may ask every slot's."""
    ours, theirs = kind_of(source), kind_of(target)
    if not any((ours, theirs) == row[:2] and port in row[2] for row in ALLOWED):
        return False
    slots = source.labels.get("genai-stack/slot"), target.labels.get("genai-stack/slot")
    if ours == "gateway":
        return slots[0] == slots[1]
    return ours != "test" or slots[0] in ("all", slots[1])


def look(renderer: Renderer, case: Case, views: tuple[View, ...], *settings: str) -> tuple[Network, list[Place]]:
    manifests = tuple(one for view in views for one in renderer.render(case, view, *settings))
    slots = tuple(view.slot or "all" for view in views)
    return Network(pick_policies(manifests)), make_pods(manifests, case.instance, slots)


@pytest.mark.parametrize("views", [PLAIN, ROLLOUT], ids=["plain", "rollout"])
def test_exactly_the_pairs_of_the_table_may_talk(renderer: Renderer, case: Case, views: tuple[View, ...]) -> None:
    network, pods = look(renderer, case, views, *KNOWN)
    if not network.policies:
        return
    # Ports that some pod may reach on the internet: what is fetched from outside has tests of its own.
    fetched = {port for pod in pods for port in TCP if network.is_allowed(pod, INTERNET, port)}
    places = (*pods, *OUTSIDE)
    faults = [
        f"{source} -> {target}:{port}, expected {is_expected(source, target, port)}"
        for source, target in product(places, places)
        if source is not target and (source in pods or target in pods)
        for port in (TCP if target in pods else set(TCP) - fetched - {53})
        if network.is_allowed(source, target, port) != is_expected(source, target, port)
    ]
    assert not faults


def test_each_end_alone_says_the_same(renderer: Renderer, case: Case) -> None:
    for views in (PLAIN, ROLLOUT):
        network, pods = look(renderer, case, views, *KNOWN)
        for source, target in product(pods if network.policies else (), pods):
            for port in TCP if source is not target else ():
                wanted, pair = is_expected(source, target, port), f"{source} -> {target}:{port}"
                assert network.may_enter(source, target, port) == wanted, f"into {pair}"
                # A port that is open to the internet may be open to pods as well, as far as this end goes.
                is_open = network.may_leave(source, INTERNET, port)
                assert network.may_leave(source, target, port) == (wanted or is_open), f"out of {pair}"


def test_every_pod_of_the_instance_is_isolated_in_both_directions(renderer: Renderer, case: Case) -> None:
    for views in (PLAIN, ROLLOUT):
        network, pods = look(renderer, case, views)
        for pod, direction in product(pods, ("Ingress", "Egress")):
            assert not network.policies or network.is_isolated(pod, direction), f"{pod} {direction}"


def test_names_are_asked_only_of_the_dns_servers(renderer: Renderer, case: Case) -> None:
    network, pods = look(renderer, case, ROLLOUT, *KNOWN)
    downloads = {labels_of(policy) for policy in network.policies if fetches(policy)}
    for pod, place, protocol in product(pods if network.policies else (), OUTSIDE, ("UDP", "TCP")):
        component = kind_of(pod)
        wanted = place.name == "dns" and (component in ASKS_DNS or component in downloads)
        assert network.is_allowed(pod, place, 53, protocol) == wanted, f"{pod} -> {place} {protocol}"


def labels_of(policy: Manifest) -> str:
    component: str = policy["metadata"]["labels"]["app.kubernetes.io/component"]
    return component


def fetches(policy: Manifest) -> bool:
    """Whether the policy opens the internet."""
    return any("ipBlock" in peer for rule in policy["spec"].get("egress") or () for peer in rule["to"])


def test_no_pod_reaches_the_metadata_service(renderer: Renderer, case: Case) -> None:
    # Where the case itself opens more, what the chart opens is looked at.
    known = KNOWN if case.values.get("network", {}).get("allow") else ()
    network, pods = look(renderer, case, ROLLOUT, *known)
    if network.policies:
        places = [place for place in OUTSIDE if place.name.startswith("metadata")]
        for pod, place, port in product(pods, places, (53, 80, 443, 8080)):
            assert not network.is_allowed(pod, place, port), f"{pod} -> {place}:{port}"


def test_gossip_of_the_database_is_udp_too(renderer: Renderer) -> None:
    network, pods = look(renderer, find_case("ci/default"), PLAIN, *KNOWN)
    database, gateway = (next(pod for pod in pods if kind_of(pod) == name) for name in ("vectordb", "gateway"))
    assert network.is_allowed(database, database, 7100, "UDP")
    assert not network.is_allowed(gateway, database, 7100, "UDP")


@pytest.mark.parametrize("view", [ALL, BASE, BLUE], ids=str)
def test_what_denies_all_comes_last(renderer: Renderer, view: View) -> None:
    # An upgrade makes objects of one kind in the order of the manifest: what may talk never stops.
    policies = pick_policies(renderer.render(find_case("ci/full"), view))
    denying = [policy["metadata"]["name"].endswith("-deny") for policy in policies]
    assert denying == [False] * (len(policies) - 1) + [True]


def test_without_known_addresses_of_the_api_server_only_gateways_are_open(renderer: Renderer) -> None:
    network, pods = look(renderer, find_case("ci/default"), (BASE, BLUE))
    for pod, place, port in product(pods, OUTSIDE, TCP):
        wanted = kind_of(pod) == "gateway" and port == 8080 and not place.name.startswith("metadata")
        assert network.is_allowed(place, pod, port) == wanted, f"{place} -> {pod}:{port}"


def test_switched_off_there_are_none(renderer: Renderer) -> None:
    for view in (ALL, BASE, BLUE):
        assert not pick_policies(renderer.render(find_case("ci/default"), view, "network.policies.enabled=false"))


def test_base_leaves_slots_of_a_chart_without_policies_alone(renderer: Renderer, case: Case) -> None:
    # The upgrade from such a chart installs base first, while the old slot serves.
    base = Network(pick_policies(renderer.render(case, BASE)))
    for pod in make_pods(renderer.render(case, BLUE), case.instance, ("blue",)):
        if kind_of(pod) not in JOBS:
            assert not any(base.is_isolated(pod, direction) for direction in ("Ingress", "Egress")), f"{pod}"


def test_some_case_allows_more() -> None:
    assert any(case.values.get("network", {}).get("allow") for case in list_cases())
