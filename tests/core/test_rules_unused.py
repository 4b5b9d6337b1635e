"""The rule on settings that count for nothing: what a user has written, and what makes it count."""

import pytest

from tooling.core.rules.unused import find_unused_findings
from tooling.core.values import Layered, Origin, merge

CHART = {
    "gateway": {"autoscaling": {"enabled": False, "maxReplicas": 10, "metrics": {"cpu": 70}}},
    "inference": {
        "models": {"small": {"source": {"image": {"repository": "x"}}}},
        "profiles": {"l4": {"gpu": {"count": 1}}, "spare": {"gpu": {"count": 1}}},
        "weights": {"enabled": False, "existingClaim": ""},
        "modelDefaults": {"autoscaling": {"enabled": False, "provider": "hpa"}},
    },
    "vectordb": {
        "replicas": 1,
        "auth": {"existingSecret": ""},
        "persistence": {"enabled": True},
        "backup": {"enabled": False, "target": "filesystem", "filesystem": {"existingClaim": ""}},
    },
    "evals": {"suite": "golden", "suites": {"golden": {"prompts": ["x"]}, "spare": {"prompts": ["x"]}}},
    "route": {"enabled": True, "gateway": {"create": False}, "service": {"type": "ClusterIP"}},
    "network": {"policies": {"enabled": True}},
}


def backup(**settings):
    return {"vectordb": {"backup": {"enabled": True, **settings}}}


def small(**settings):
    return {"inference": {"models": {"small": settings}}}


GPUS = {"gpu": {"count": 1}}
HF = {"source": {"hf": {"repository": "a/b"}}}
TABLE = [
    ({}, []),
    ({"gateway": {"autoscaling": {"maxReplicas": 3}}}, ["gateway.autoscaling.maxReplicas"]),
    ({"gateway": {"autoscaling": {"maxReplicas": 3, "metrics": {"cpu": 5}}}}, ["gateway.autoscaling.maxReplicas"]),
    ({"gateway": {"autoscaling": {"maxReplicas": 3, "enabled": True}}}, []),
    ({"gateway": {"autoscaling": {"behavior": {}}}}, []),
    ({"gateway": {"enabled": False, "autoscaling": {"maxReplicas": 3}}}, ["gateway.autoscaling"]),
    ({"inference": {"enabled": False, "weights": {"size": "1Gi"}}}, ["inference.weights"]),
    ({"evals": {"enabled": False, "tolerations": ["x"], "suite": "x"}}, ["evals.suite"]),
    ({"route": {"gateway": {"className": "x"}}}, ["route.gateway.className"]),
    ({"route": {"gateway": {"create": True, "className": "x"}}}, []),
    ({"route": {"gateway": {"create": True, "name": "x"}}}, ["route.gateway.name"]),
    ({"route": {"enabled": False, "annotations": {"a": "b"}}}, ["route.annotations"]),
    ({"route": {"enabled": False, "hostnames": ["a.b"]}}, ["route.hostnames"]),
    ({"route": {"enabled": False, "hostnames": ["a.b"], "ingress": {"enabled": True}}}, []),
    ({"route": {"enabled": False, "hostnames": ["a.b"], "gateway": {"create": True}}}, []),
    ({"route": {"ingress": {"className": "x"}}}, ["route.ingress.className"]),
    ({"route": {"service": {"sourceRanges": ["10.0.0.0/8"]}}}, ["route.service.sourceRanges"]),
    ({"route": {"service": {"sourceRanges": ["10.0.0.0/8"], "type": "LoadBalancer"}}}, []),
    ({"network": {"policies": {"enabled": False}, "blocked": ["x"]}}, ["network.blocked"]),
    ({"observability": {"alerts": {"for": {"queue": "1m"}}}}, ["observability.alerts.for"]),
    ({"rollout": {"load": {"rate": 5}}}, ["rollout.load.rate"]),
    ({"vectordb": {"backup": {"keep": 3}}}, ["vectordb.backup.keep"]),
    (backup(keep=3), []),
    (backup(s3={"bucket": "x"}), ["vectordb.backup.s3.bucket"]),
    (backup(target="s3", keep=3), ["vectordb.backup.keep"]),
    (backup(target="s3", filesystem={"size": "1Gi"}), ["vectordb.backup.filesystem.size"]),
    (backup(filesystem={"size": "1Gi", "existingClaim": "c"}), ["vectordb.backup.filesystem.size"]),
    (
        {"vectordb": {"persistence": {"enabled": False, "storageClass": "x"}}},
        ["vectordb.persistence.storageClass"],
    ),
    ({"vectordb": {"auth": {"secretKey": "x"}}}, ["vectordb.auth.secretKey"]),
    ({"vectordb": {"auth": {"secretKey": "x", "existingSecret": "y"}}}, []),
    ({"vectordb": {"topologySpread": {"node": ""}}}, ["vectordb.topologySpread"]),
    ({"vectordb": {"topologySpread": {"node": ""}, "replicas": 3}}, []),
    ({"inference": {"weights": {"enabled": True, "size": "1Gi"}}}, ["inference.weights.size"]),
    (merge(small(**HF), {"inference": {"weights": {"enabled": True, "size": "1Gi"}}}), []),
    (
        merge(small(**HF), {"inference": {"weights": {"enabled": True, "size": "1Gi", "existingClaim": "c"}}}),
        ["inference.weights.size"],
    ),
    ({"inference": {"fetch": {"timeoutSeconds": 5}}}, ["inference.fetch.timeoutSeconds"]),
    (merge(small(lora={"x": HF}, source=None), {"inference": {"fetch": {"timeoutSeconds": 5}}}), []),
    (
        {"evals": {"results": {"persistence": {"enabled": True, "existingClaim": "c", "size": "1Gi"}}}},
        ["evals.results.persistence.size"],
    ),
    (small(autoscaling={"maxReplicas": 3}), ["inference.models.small.autoscaling.maxReplicas"]),
    (small(autoscaling={"maxReplicas": 3, "enabled": True}), []),
    (
        small(autoscaling={"enabled": True, "keda": {"authentication": "x"}}),
        ["inference.models.small.autoscaling.keda.authentication"],
    ),
    (small(autoscaling={"enabled": True, "provider": "keda", "keda": {"authentication": "x"}}), []),
    (
        small(cacheSize="1Gi", minCuda="12.4"),
        ["inference.models.small.cacheSize", "inference.models.small.minCuda"],
    ),
    (small(cacheSize="1Gi", minCuda="12.4", **GPUS), []),
    (small(threads=3, **GPUS), ["inference.models.small.threads"]),
    ({"inference": {"profiles": {"mine": {"gpu": {}}}}}, ["inference.profiles.mine"]),
    (merge(small(profile="mine"), {"inference": {"profiles": {"mine": {"startupSeconds": 9}}}}), []),
    ({"inference": {"profiles": {"spare": {"startupSeconds": 9}}}}, []),
    ({"inference": {"profiles": {"mine": None}}}, []),
    ({"evals": {"suites": {"mine": {"prompts": ["x"]}}}}, ["evals.suites.mine"]),
    ({"evals": {"suites": {"mine": {"prompts": ["x"], "schedule": "@daily"}}}}, []),
    ({"evals": {"suites": {"mine": {"prompts": ["x"], "enabled": False}}}}, []),
    ({"evals": {"suites": {"mine": {"prompts": ["x"]}}, "onDemand": {"now": {"suite": "mine"}}}}, []),
    ({"evals": {"suites": {"mine": {"prompts": ["x"]}}}, "rollout": {"quality": {"suite": "mine"}}}, []),
    (
        {
            "evals": {"suites": {"mine": {"prompts": ["x"]}}},
            "rollout": {"steps": [{"quality": {"suite": "mine"}}]},
        },
        [],
    ),
]


def walk(values, path=()):
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from walk(value, (*path, key))


def lay(change):
    origins = {path: Origin("chart.yaml", 1) for path in walk(CHART)}
    origins |= {path: Origin("mine.yaml", 2) for path in walk(change)}
    return Layered(merge(CHART, change), origins)


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_what_counts_for_nothing_is_told(change, expected):
    found = find_unused_findings(lay(change), frozenset({"chart.yaml"}))
    assert [one.path for one in found] == expected
    assert {str(one.severity) for one in found} <= {"warning"}


def test_keys_with_one_reason_are_one_finding_that_says_what_makes_them_count():
    change = {"gateway": {"autoscaling": {"maxReplicas": 3, "minReplicas": 2}}}
    (found,) = find_unused_findings(lay(change), frozenset({"chart.yaml"}))
    assert str(found) == (
        "mine.yaml:2: warning: gateway.autoscaling.maxReplicas: is not used (and minReplicas):"
        " gateway.autoscaling.enabled is false."
        " Write gateway: {autoscaling: {enabled: true}}, or take it out. [unused]"
    )


def test_what_the_chart_sets_itself_is_not_told():
    assert find_unused_findings(lay({}), frozenset({"chart.yaml", "mine.yaml"})) == ()
