"""What all pods of an environment ask for together."""

from __future__ import annotations

from decimal import Decimal

from tests.core.policies.sample import make
from tooling.core.policies.tops import read_tops
from tooling.core.policies.totals import Totals, find_totals

GIB = 1 << 30
CHAT, WEB = "Deployment/chat", "Deployment/web"
PRICES = {"nvidia.com/gpu": 2.5, "cpu": "0.04", "memory": 0.01}


def amounts(totals: Totals) -> dict[str, tuple[Decimal, Decimal]]:
    return {one.resource: (one.least, one.most) for one in totals.amounts}


def test_replicas_scalers_jobs_and_claims_are_added_up() -> None:
    totals = find_totals(make())
    assert amounts(totals) == {
        "nvidia.com/gpu": (2, 8),
        "cpu": (Decimal("8.2"), Decimal("34.2")),
        "memory": (32 * GIB + 128 * 2**20, 128 * GIB + 128 * 2**20),
        "storage": (110 * GIB, 110 * GIB),
    }
    assert next(one.resource for one in totals.amounts) == "nvidia.com/gpu"
    assert (totals.least_pods, totals.most_pods) == (4, 9)
    assert totals.unknown == ()
    assert totals.apis == ("custom.metrics.k8s.io: waiting",)


def test_costs_are_by_the_hour_as_far_as_prices_go() -> None:
    totals = find_totals(make(), prices=PRICES)
    assert totals.least_cost == Decimal("5.0") + Decimal("0.328") + Decimal("0.32125")
    assert totals.most_cost == Decimal("20.0") + Decimal("1.368") + Decimal("1.28125")
    assert totals.unpriced == ("storage",)


def test_without_prices_there_is_no_cost() -> None:
    totals = find_totals(make())
    assert totals.least_cost is totals.most_cost is None
    assert len(totals.unpriced) == 4


def test_a_number_beyond_64_bits_is_none() -> None:
    assert find_totals(make(f"{WEB} spec.replicas: 1{'0' * 400}")).most_pods == find_totals(make()).most_pods - 1


def test_a_price_that_is_none_is_passed_over() -> None:
    assert find_totals(make(), prices={"cpu": "cheap"}).most_cost is None


def test_the_largest_init_container_counts_in_place_of_the_rest() -> None:
    init = (
        f"{WEB} pod.initContainers: [{{name: big, resources: {{requests: {{cpu: 1}}, limits: {{memory: 32Mi}}}}}}]"
    )
    assert amounts(find_totals(make(init)))["cpu"][0] == 10
    side = (
        f"{WEB} pod.initContainers: [{{name: side, restartPolicy: Always, resources: {{requests: {{cpu: 1}}}}}}]"
    )
    assert amounts(find_totals(make(side)))["cpu"][0] == Decimal("10.2")


def test_other_resources_are_not_added_up() -> None:
    other = WEB + " container.resources: {requests: {ephemeral-storage: 1Gi, example.com/fpga: 1, cpu: many}}"
    assert set(amounts(find_totals(make(other)))) == {"nvidia.com/gpu", "cpu", "memory", "storage"}


def test_what_the_pod_itself_asks_for_wins() -> None:
    assert amounts(find_totals(make(f"{WEB} pod.resources: {{requests: {{cpu: 2}}}}")))["cpu"][0] == 12


def test_hooks_do_not_count_and_pods_do() -> None:
    pod = "Pod/one: {apiVersion: v1, metadata: {annotations: %s}, spec: {containers: [{image: 'one:1'}]}}"
    assert find_totals(make(pod % "{helm.sh/hook: test}")).most_pods == 9
    totals = find_totals(make(pod % "{}"))
    assert (totals.least_pods, totals.most_pods) == (5, 10)


def test_the_pods_of_a_slot_are_those_that_the_values_declare() -> None:
    def slot(labels: str) -> str:
        return f"{WEB} spec.template.metadata.labels: {{app: web, genai-stack/slot: blue, {labels}}}"

    free = f"{WEB} spec.replicas: null"
    totals = find_totals(make(free, slot("app.kubernetes.io/component: gateway")), declared={"gateway": 5})
    assert (totals.least_pods, totals.unknown) == (7, ())
    higher = find_totals(
        make(free, slot("app.kubernetes.io/component: gateway")),
        declared={"gateway": 5},
        tops={"gateway": 7, "x": 9},
    )
    assert (higher.least_pods, higher.most_pods) == (7, 14)
    model = slot("app.kubernetes.io/component: inference, genai-stack/model: chat")
    assert find_totals(make(free, model), declared={"inference/chat": 3}).least_pods == 5
    unknown = find_totals(make(free, model))
    assert (unknown.least_pods, unknown.unknown) == (3, (WEB,))


def test_the_values_say_how_far_a_slot_scales() -> None:
    on = {"enabled": True, "maxReplicas": 6}
    values = {
        "gateway": {"autoscaling": on},
        "inference": {
            "modelDefaults": {"autoscaling": {"maxReplicas": 4}},
            "models": {"a": {"autoscaling": {"enabled": True}}, "b": {}, "c": None, "d": {"autoscaling": "on"}},
        },
    }
    assert read_tops(values) == {"gateway": 6, "inference/a": 4}
    assert read_tops({"gateway": {"autoscaling": {"enabled": True, "maxReplicas": "many"}}}) == {}
