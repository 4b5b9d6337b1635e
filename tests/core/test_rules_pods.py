"""Rules on what users add to pods: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.pods import find_pod_findings
from tooling.core.values import Layered, merge

GOOD = {
    "gateway": {
        "tolerations": [{"key": "a", "operator": "Equal", "value": "b"}, {"operator": "Exists"}],
        "extraEnv": [
            {"name": "A", "value": "1"},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "extraVolumes": [{"name": "ca", "configMap": {"name": "ca", "items": [{"key": "a", "path": "a"}]}}],
        "extraVolumeMounts": [{"name": "ca", "mountPath": "/ca"}, {"name": "tmp", "mountPath": "/scratch"}],
    },
    "inference": {
        "models": {"small": {"source": {}}, "gone": None, "big": {"profile": "l4"}},
        "profiles": {"l4": {"gpu": {"count": 1}, "shmSize": "1Gi"}},
        "modelDefaults": {"tolerations": []},
        "fetch": {"extraEnv": []},
    },
    "vectordb": {"auth": {"existingSecret": "key"}, "backup": {"enabled": True, "target": "filesystem"}},
    "evals": {"results": {"persistence": {"enabled": True}, "configMap": {"enabled": True}}},
}


def mount(section, name, path):
    return {section: {"extraVolumeMounts": [{"name": name, "mountPath": path}]}}


def variable(resource, divisor):
    field = {"resource": resource, "divisor": divisor}
    return {"gateway": {"extraEnv": [{"name": "A", "valueFrom": {"resourceFieldRef": field}}]}}


TABLE = [
    ({}, []),
    ({"gateway": {"tolerations": [{}]}}, ["gateway.tolerations[0]"]),
    ({"gateway": {"tolerations": [{"value": "x", "operator": "Equal"}]}}, ["gateway.tolerations[0]"]),
    ({"gateway": {"tolerations": [{"key": "a", "value": "x", "operator": "Exists"}]}}, ["gateway.tolerations[0]"]),
    ({"gateway": {"tolerations": [{"key": "a", "tolerationSeconds": 3}]}}, ["gateway.tolerations[0]"]),
    ({"gateway": {"tolerations": [{"key": "a", "tolerationSeconds": 3, "effect": "NoExecute"}]}}, []),
    ({"gateway": {"tolerations": [{}], "enabled": False}}, []),
    ({"gateway": {"tolerations": "all"}}, []),
    ({"gateway": {"tolerations": ["all"]}}, []),
    ({"evals": {"tolerations": [{}], "enabled": False}}, ["evals.tolerations[0]"]),
    ({"inference": {"modelDefaults": {"tolerations": [{}]}}}, ["inference.modelDefaults.tolerations[0]"]),
    ({"inference": {"models": {"big": {"tolerations": [{}]}}}}, ["inference.models.big.tolerations[0]"]),
    ({"inference": {"profiles": {"l4": {"tolerations": [{}]}}}}, ["inference.profiles.l4.tolerations[0]"]),
    ({"inference": {"modelDefaults": {"tolerations": [{}]}, "enabled": False}}, []),
    (
        {"gateway": {"extraEnv": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {}}}]}},
        ["gateway.extraEnv[0]"],
    ),
    ({"gateway": {"extraEnv": [{"name": "A", "value": ""}, {"name": "A"}]}}, ["gateway.extraEnv[1]"]),
    (variable("limits.cpu", "1m"), []),
    (variable("limits.cpu", 1), []),
    (variable("limits.cpu", "1Mi"), ["gateway.extraEnv[0]"]),
    (variable("limits.memory", "1Mi"), []),
    (variable("limits.memory", "1m"), ["gateway.extraEnv[0]"]),
    ({"gateway": {"extraVolumes": [{"name": "ca"}, {"name": "ca"}]}}, ["gateway.extraVolumes[1]"]),
    ({"gateway": {"extraVolumes": [{"name": "ca"}, {"name": "config"}]}}, ["gateway.extraVolumes[1]"]),
    (
        {"inference": {"models": {"small": {"extraVolumes": [{"name": "lora-x"}]}}}},
        ["inference.models.small.extraVolumes[0]"],
    ),
    ({"inference": {"fetch": {"extraVolumes": [{"name": "model-secret"}]}}}, ["inference.fetch.extraVolumes[0]"]),
    (
        {
            "gateway": {
                "extraVolumes": [
                    {"name": "ca", "secret": {"items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x"}]}}
                ]
            }
        },
        ["gateway.extraVolumes[0]"],
    ),
    (mount("gateway", "other", "/x"), ["gateway.extraVolumeMounts[0]"]),
    (mount("gateway", 3, "/x"), ["gateway.extraVolumeMounts[0]"]),
    (mount("gateway", "ca", "/tmp"), ["gateway.extraVolumeMounts[0]"]),
    (mount("gateway", "ca", "/etc/genai"), ["gateway.extraVolumeMounts[0]"]),
    (mount("evals", "tmp", "/results"), ["evals.extraVolumeMounts[0]"]),
    (mount("evals", "tmp", "/var/run/secrets/kubernetes.io/serviceaccount"), ["evals.extraVolumeMounts[0]"]),
    (merge(mount("evals", "tmp", "/results"), {"evals": {"results": {"persistence": {"enabled": False}}}}), []),
    (
        merge(
            mount("evals", "tmp", "/var/run/secrets/kubernetes.io/serviceaccount"),
            {"evals": {"results": {"configMap": {"enabled": False}}}},
        ),
        [],
    ),
    (mount("vectordb", "tmp", "/var/lib/weaviate-backups"), ["vectordb.extraVolumeMounts[0]"]),
    (
        merge(mount("vectordb", "tmp", "/var/lib/weaviate-backups"), {"vectordb": {"backup": {"enabled": False}}}),
        [],
    ),
    (
        {"vectordb": {"backup": mount("x", "tmp", "/etc/genai/vectordb")["x"]}},
        ["vectordb.backup.extraVolumeMounts[0]"],
    ),
    (
        {"vectordb": {"auth": {"existingSecret": ""}, "backup": mount("x", "tmp", "/etc/genai/vectordb")["x"]}},
        [],
    ),
    (
        {"inference": {"models": {"big": mount("x", "tmp", "/dev/shm")["x"]}}},
        ["inference.models.big.extraVolumeMounts[0]"],
    ),
    (
        {"inference": {"models": {"big": mount("x", "tmp", "/cache")["x"]}}},
        ["inference.models.big.extraVolumeMounts[0]"],
    ),
    ({"inference": {"models": {"small": mount("x", "tmp", "/cache")["x"]}}}, []),
    (
        {"inference": {"models": {"small": mount("x", "tmp", "/lora/x")["x"]}}},
        ["inference.models.small.extraVolumeMounts[0]"],
    ),
    (
        {"gateway": {"extraVolumeMounts": [{"name": "ca", "mountPath": "/a"}, {"name": "ca", "mountPath": "/a"}]}},
        ["gateway.extraVolumeMounts[1]"],
    ),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_pod_findings(Layered(merge(GOOD, change)))
    assert [one.path for one in found] == expected


def test_what_stands_for_all_models_is_told_once():
    values = merge(GOOD, {"inference": {"modelDefaults": {"tolerations": [{}]}, "models": {"more": {}}}})
    (found,) = find_pod_findings(Layered(values))
    assert "operator: Exists" in found.hint
