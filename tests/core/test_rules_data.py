"""Rules on weights, backups, suites and Secrets: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.data import find_data_findings
from tooling.core.rules.secrets import find_secret_findings
from tooling.core.values import Layered, merge

PROMPTS = [
    {"id": "a", "prompt": "?", "expect": {"contains": "a"}},
    {"id": "b", "prompt": "?", "expect": {"contains": "b"}},
]
GOOD = {
    "gateway": {"models": {"chat": {"aliases": ["gpt"]}, "gone": None}},
    "inference": {"weights": {"enabled": True, "accessMode": "ReadWriteMany", "existingClaim": ""}},
    "vectordb": {
        "replicas": 1,
        "minimumReplicationFactor": 0,
        "persistence": {"size": "10Gi"},
        "backup": {
            "enabled": True,
            "target": "filesystem",
            "keep": 7,
            "filesystem": {"size": "80Gi", "existingClaim": ""},
            "s3": {"bucket": "", "existingSecret": ""},
        },
        "restore": {"from": "b1"},
    },
    "evals": {
        "suite": "golden",
        "endpoint": "",
        "onDemand": {"now": {"suite": "golden"}, "gone": None},
        "suites": {"golden": {"prompts": PROMPTS, "model": "gpt"}, "off": {"enabled": False}, "gone": None},
    },
}
S3 = {"target": "s3", "s3": {"bucket": "b"}}


def suite(**settings):
    return {"evals": {"suites": {"golden": settings}}}


TABLE = [
    ({}, []),
    (
        {"inference": "broken", "vectordb": "broken", "evals": {"suites": "broken", "suite": 5}, "gateway": {}},
        ["error evals.onDemand.now.suite"],
    ),
    ({"inference": {"weights": {"accessMode": "ReadWriteOnce"}}}, ["error inference.weights.accessMode"]),
    ({"inference": {"weights": {"accessMode": "ReadWriteOnce", "singleNode": True}}}, []),
    ({"inference": {"weights": {"accessMode": "ReadWriteOnce", "enabled": False}}}, []),
    ({"inference": {"weights": {"accessMode": "ReadWriteOnce"}, "enabled": False}}, []),
    ({"inference": {"weights": {"accessMode": "ReadOnlyMany"}}}, ["error inference.weights.accessMode"]),
    ({"inference": {"weights": {"accessMode": "ReadOnlyMany", "existingClaim": "c"}}}, []),
    ({"vectordb": {"backup": {"enabled": False}}}, ["error vectordb.restore.from"]),
    ({"vectordb": {"backup": {"enabled": False}, "restore": {"from": ""}}}, []),
    ({"vectordb": {"backup": {"enabled": False}, "enabled": False}}, []),
    ({"vectordb": {"replicas": 3}}, ["error vectordb.backup.target"]),
    ({"vectordb": {"replicas": 3, "backup": S3}}, []),
    ({"vectordb": {"backup": {"target": "s3"}}}, ["error vectordb.backup.s3.bucket"]),
    ({"vectordb": {"backup": {"target": "tape"}}}, []),
    ({"vectordb": {"backup": {"keep": 8}}}, ["warning vectordb.backup.filesystem.size"]),
    ({"vectordb": {"backup": {"keep": 8, "filesystem": {"existingClaim": "c"}}}}, []),
    ({"vectordb": {"backup": {"keep": "all"}}}, []),
    ({"vectordb": {"minimumReplicationFactor": 2}}, ["error vectordb.minimumReplicationFactor"]),
    (suite(prompts=[]), ["error evals.suites.golden"]),
    (suite(dataset={"url": {"url": "x"}, "pvc": None}), []),
    (suite(dataset={"url": {}, "pvc": {}}), ["error evals.suites.golden.dataset"]),
    (suite(prompts=[*PROMPTS, PROMPTS[0]]), ["error evals.suites.golden.prompts[2].id"]),
    (suite(prompts="many"), []),
    (suite(enabled=False), ["error evals.suite", "error evals.onDemand.now.suite"]),
    ({"evals": {"suite": "silver"}}, ["error evals.suite"]),
    ({"evals": {"suite": "silver", "enabled": False}}, []),
    ({"evals": {"suite": "silver", "suites": None, "onDemand": None}}, ["error evals.suite"]),
    (suite(model="other"), ["warning evals.suites.golden.model"]),
    (merge(suite(model="other"), {"evals": {"endpoint": "http://x"}}), []),
    (merge(suite(model="other"), {"gateway": {"enabled": False}}), []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_data_findings(Layered(merge(GOOD, change)))
    assert [f"{one.severity} {one.path}" for one in found] == expected


SECRETS = {
    "vectordb": {
        "auth": {"existingSecret": "db", "secretKey": "api-key"},
        "backup": {"enabled": True, "s3": {"existingSecret": "bucket"}},
    },
    "inference": {
        "models": {
            "a": {"source": {"hf": {"existingSecret": "hub"}}},
            "b": {"source": {"s3": {"existingSecret": "bucket"}}},
            "gone": None,
        }
    },
    "route": {"tls": {"secretName": "cert"}},
}


def variable(name, key, **more):
    reference = {"secretKeyRef": {"name": name, "key": key, **more}}
    return {"gateway": {"extraEnv": ["odd", {"name": "A", "valueFrom": reference}]}}


KEY = "gateway.extraEnv[1].valueFrom.secretKeyRef.key"
KEYS = [
    ({}, []),
    ({"vectordb": "broken", "inference": {"models": "broken"}}, []),
    ({"vectordb": {"auth": {"existingSecret": "cert"}}}, ["error route.tls.secretName"]),
    ({"vectordb": {"auth": {"existingSecret": "hub"}}}, ["warning inference.models.a.source.hf.existingSecret"]),
    ({"vectordb": {"auth": {"existingSecret": "hub", "secretKey": "token"}}}, []),
    ({"vectordb": {"auth": {"existingSecret": "cert"}, "enabled": False}}, []),
    ({"inference": {"enabled": False}}, []),
    ({"vectordb": {"backup": {"enabled": False, "s3": {"existingSecret": "cert"}}}}, []),
    (variable("db", "api-key"), []),
    (variable("db", "apikey"), [f"warning {KEY}"]),
    (variable("db", "apikey", optional=True), []),
    (variable("other", "apikey"), []),
    ({"gateway": {"extraEnv": "none"}}, []),
]


@pytest.mark.parametrize(("change", "expected"), KEYS)
def test_a_secret_is_read_by_the_keys_that_it_has(change, expected):
    found = find_secret_findings(Layered(merge(SECRETS, change)))
    assert [f"{one.severity} {one.path}" for one in found] == expected
