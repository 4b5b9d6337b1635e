"""Rules on the quota, as a table of what breaks each."""

from __future__ import annotations

import pytest

from tooling.core.rules.quota import find_quota_findings
from tooling.core.values import Layered, Origin, merge

GPU, MIG = "requests.nvidia.com/gpu", "requests.nvidia.com/mig-1g.10gb"
HARD = "quota.resourceQuota.hard."
GOOD = {
    "inference": {
        "modelDefaults": {"profile": "", "gpu": {"resource": "nvidia.com/gpu", "count": 0}},
        "profiles": {"a100": {"gpu": {"resource": "nvidia.com/gpu", "count": 2}}, "gone": None},
        "models": {
            "big": {"replicas": 3, "profile": "a100"},
            "small": {"replicas": 1, "gpu": {"resource": "nvidia.com/mig-1g.10gb", "count": 1}},
            "cpu": {"replicas": 9},
            "off": None,
        },
    },
    "quota": {"resourceQuota": {"enabled": True, "hard": {GPU: 12, MIG: "2", "pods": 50}}},
    "rollout": {"capacity": {"floor": 1.0, "maxSurgeGpus": None}},
}


def hard(**amounts):
    return {"quota": {"resourceQuota": {"hard": amounts}}}


def big(**settings):
    return {"inference": {"models": {"big": settings}}}


def capacity(**settings):
    return {"rollout": {"capacity": settings}}


def halved(gpus):
    steps = [{"approval": {}}, {"weight": 50}, {"weight": 400}]
    return {"rollout": {"steps": steps, "capacity": {"abortFloor": 0.5, "maxSurgeGpus": gpus}}}


def scaled(least, most):
    return big(autoscaling={"enabled": True, "minReplicas": least, "maxReplicas": most})


# A slot takes 6 whole GPUs and one slice; a rollout twice that.
TABLE = [
    ({}, []),
    (hard(**{GPU: 11}), [f"error {HARD}{GPU}"]),
    (hard(**{GPU: 11.0}), [f"error {HARD}{GPU}"]),
    (hard(**{GPU: "5"}), [f"error {HARD}{GPU}"]),
    (hard(**{MIG: 1}), [f"error {HARD}{MIG}"]),
    (hard(**{GPU: None}), []),
    (hard(**{GPU: "many"}), []),
    (hard(**{GPU: True}), []),
    (hard(**{GPU: 11.5}), []),
    ({"quota": {"resourceQuota": {"enabled": False, "hard": {GPU: 1}}}}, []),
    (merge(hard(**{GPU: 10}), capacity(floor=0.5)), []),
    (merge(hard(**{GPU: 9}), capacity(floor=0.5)), [f"error {HARD}{GPU}"]),
    (merge(hard(**{GPU: 9}), capacity(floor="half")), [f"error {HARD}{GPU}"]),
    (merge(hard(**{GPU: 10}), capacity(floor=2 / 3)), []),
    (merge(hard(**{GPU: 9}), capacity(floor=2 / 3)), [f"error {HARD}{GPU}"]),
    (capacity(maxSurgeGpus=7), []),
    (capacity(maxSurgeGpus=6), ["error rollout.capacity.maxSurgeGpus"]),
    # With a lower abortFloor stable gives pods up as the candidate grows: 4 GPUs and a slice.
    (halved(5), []),
    (halved(4), ["error rollout.capacity.maxSurgeGpus"]),
    (merge(halved(6), {"rollout": {"strategy": "blueGreen"}}), ["error rollout.capacity.maxSurgeGpus"]),
    (merge(halved(6), {"route": {"kind": "service"}}), ["error rollout.capacity.maxSurgeGpus"]),
    (merge(halved(6), {"rollout": {"steps": "broken"}}), ["error rollout.capacity.maxSurgeGpus"]),
    (capacity(maxSurgeGpus=0), ["error rollout.capacity.maxSurgeGpus"]),
    (merge(hard(**{GPU: 10}), capacity(maxSurgeGpus=4)), ["error rollout.capacity.maxSurgeGpus"]),
    (hard(**{"limits.nvidia.com/gpu": 4}), [f"error {HARD}limits.nvidia.com/gpu"]),
    (hard(**{"nvidia.com/gpu": 4}), [f"error {HARD}nvidia.com/gpu"]),
    (scaled(2, 4), []),
    (scaled(2, 7), [f"warning {HARD}{GPU}"]),
    (scaled(4, 7), [f"error {HARD}{GPU}"]),
    (scaled(2, None), []),
    # A slot starts with the greater of replicas (3) and minReplicas.
    (merge(hard(**{GPU: 8}), scaled(1, 3)), [f"error {HARD}{GPU}"]),
    (merge(scaled(1, 2), capacity(maxSurgeGpus=5)), ["error rollout.capacity.maxSurgeGpus"]),
    (merge(hard(**{GPU: 12}), scaled(1, 2)), []),
    (scaled("many", 4), []),
    (big(replicas="many"), []),
    (big(profile="gone"), []),
    (big(profile="unknown"), []),
    (big(profile=7), []),
    (big(gpu={"count": 9}), [f"error {HARD}{GPU}"]),
    (big(gpu={"resource": 5}), []),
    ({"inference": {"enabled": False}, **hard(**{GPU: 1})}, []),
    ({"inference": "broken"}, []),
    ({"quota": "broken"}, []),
    ({"rollout": "broken"}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_quota_findings(Layered(merge(GOOD, change)))
    assert [f"{one.severity} {one.path}".replace('"', "") for one in found] == expected


def test_a_finding_points_at_the_line_and_says_what_to_write():
    path = ("quota", "resourceQuota", "hard", GPU)
    (found,) = find_quota_findings(Layered(merge(GOOD, hard(**{GPU: 8})), {path: Origin("values/prod.yaml", 12)}))
    assert str(found) == (
        f'values/prod.yaml:12: error: quota.resourceQuota.hard."{GPU}": is 8, and a rollout takes 12: 6 that serve'
        f' and 6 on trial. Write quota: {{resourceQuota: {{hard: {{"{GPU}": 12}}}}}}. [quota-gpu]'
    )
