"""Rules on amounts: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.amounts import find_amount_findings
from tooling.core.values import Layered, merge

GOOD = {
    "gateway": {
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}
    },
    "inference": {
        "models": {"chat": {"profile": "l4", "source": {"image": {"repository": "x"}, "size": "4Gi"}}},
        "profiles": {"l4": {"gpu": {"count": 1}, "resources": {"limits": {"memory": "32Gi"}}}},
        "modelDefaults": {"cacheSize": "20Gi", "shmSize": "", "resources": {"requests": {"memory": "1Gi"}}},
        "weights": {"size": "200Gi"},
    },
    "vectordb": {"persistence": {"size": "10Gi"}},
    "evals": {"resources": {"requests": {"example.com/x": 2}, "limits": {"example.com/x": "2"}}},
    "quota": {
        "limitRange": {
            "enabled": True,
            "container": {"min": {"cpu": "10m"}, "default": {"cpu": "1"}, "max": {"cpu": 2}},
        },
        "resourceQuota": {"enabled": True, "hard": {"pods": "10", "requests.cpu": "1.5", "limits.memory": "1G"}},
    },
}


def resources(kind, name, amount):
    return {"gateway": {"resources": {kind: {name: amount}}}}


TABLE = [
    ({}, []),
    (resources("requests", "cpu", "2"), ["error gateway.resources.requests.cpu"]),
    (resources("requests", "memory", "1Gi"), ["error gateway.resources.requests.memory"]),
    (resources("requests", "ephemeral-storage", "1Gi"), []),
    (resources("requests", "memory", "0"), []),
    (resources("requests", "cpu", "many"), []),
    (
        resources("limits", "memory", "5"),
        ["warning gateway.resources.limits.memory", "error gateway.resources.requests.memory"],
    ),
    (resources("limits", "hugepages-2Mi", "4Mi"), []),
    (resources("limits", "hugepages-2Mi", "3Mi"), ["error gateway.resources.limits.hugepages-2Mi"]),
    (
        resources("limits", "memory", "512m"),
        ["error gateway.resources.limits.memory"],
    ),
    (resources("requests", "memory", "512"), ["warning gateway.resources.requests.memory"]),
    (resources("requests", "memory", "100k"), ["warning gateway.resources.requests.memory"]),
    (resources("limits", "cpu", "1000"), ["warning gateway.resources.limits.cpu"]),
    (resources("limits", "cpu", "1k"), ["warning gateway.resources.limits.cpu"]),
    (resources("limits", "example.com/x", "1"), []),
    (resources("requests", "example.com/x", "1"), ["error gateway.resources.requests.example.com/x"]),
    (resources("limits", "example.com/x", "0.5"), ["error gateway.resources.limits.example.com/x"]),
    ({"evals": {"resources": {"limits": {"example.com/x": 3}}}}, ["error evals.resources.requests.example.com/x"]),
    (
        {"inference": {"modelDefaults": {"resources": {"requests": {"memory": "64Gi"}}}}},
        ["error inference.modelDefaults.resources.requests.memory"],
    ),
    ({"vectordb": {"persistence": {"size": "0"}}}, ["error vectordb.persistence.size"]),
    ({"vectordb": {"persistence": {"size": "10"}}}, ["warning vectordb.persistence.size"]),
    ({"vectordb": {"persistence": {"size": "0"}, "enabled": False}}, []),
    ({"vectordb": {"persistence": {"size": "0.5"}}}, ["error vectordb.persistence.size"]),
    ({"inference": {"modelDefaults": {"shmSize": "2m"}}}, ["error inference.modelDefaults.shmSize"]),
    ({"inference": {"models": {"chat": {"source": {"size": "4m"}}}}}, ["error inference.models.chat.source.size"]),
    (
        {"inference": {"models": {"chat": {"lora": {"tone": {"source": {"size": "4m"}}}}}}},
        ["error inference.models.chat.lora.tone.source.size"],
    ),
    (
        {"gateway": {"extraVolumes": [{"name": "x", "emptyDir": {"sizeLimit": "1m"}}]}},
        ["error gateway.extraVolumes[0].emptyDir.sizeLimit"],
    ),
    (
        {"quota": {"limitRange": {"container": {"min": {"cpu": "3"}}}}},
        ["error quota.limitRange.container.min.cpu"] * 2,
    ),
    ({"quota": {"limitRange": {"container": {"min": {"cpu": "3"}}, "enabled": False}}}, []),
    ({"quota": {"limitRange": {"container": {"default": {"cpu": None}}}}}, []),
    ({"quota": {"resourceQuota": {"hard": {"pods": "1.5"}}}}, ["error quota.resourceQuota.hard.pods"]),
    ({"quota": {"resourceQuota": {"hard": {"pods": "1.5"}, "enabled": False}}}, []),
    ({"quota": {"resourceQuota": {"hard": {"pods": None}}}}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_amount_findings(Layered(merge(GOOD, change)))
    assert [f"{one.severity} {one.path.replace(chr(34), '')}" for one in found] == expected


@pytest.mark.parametrize(
    ("amount", "hint"),
    [("512m", "write 512Mi"), ("512", "write 512Mi"), ("100k", "512Mi"), ("0.5", "1Gi")],
)
def test_a_finding_says_what_was_meant(amount, hint):
    found = find_amount_findings(Layered({"gateway": {"resources": {"limits": {"memory": amount}}}}))
    assert hint in found[0].hint
