"""Rules on gateway and edge: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.edge import find_edge_findings
from tooling.core.values import Layered, Origin, merge

GOOD = {
    "gateway": {
        "enabled": True,
        "models": {"small": {"timeoutSeconds": 60, "aliases": ["s", "small"]}, "far": {"url": "http://far"}},
        "autoscaling": {"enabled": False, "minReplicas": 9, "maxReplicas": 2, "metrics": {"cpu": 0}},
        "terminationGracePeriodSeconds": 75,
        "resources": {"requests": {"cpu": "100m"}},
    },
    "route": {"enabled": True, "hostnames": ["a.example.com"], "service": {"type": "ClusterIP"}},
}
SCALED = {"enabled": True, "minReplicas": 2, "maxReplicas": 9, "metrics": {"cpu": 70, "memory": 0}}
MADE = {"create": True, "className": "traefik"}
TLS = {"secretName": "cert"}

TABLE = [
    ({}, []),
    ({"gateway": {"enabled": False}}, ["error gateway.enabled"]),
    ({"gateway": {"enabled": False}, "route": {"enabled": False}}, []),
    (
        {
            "gateway": {"enabled": False},
            "route": {"enabled": False, "ingress": {"enabled": True}, "tls": TLS},
        },
        ["error gateway.enabled"],
    ),
    ({"gateway": "broken", "route": ["broken"]}, []),
    ({"gateway": {"models": {"far": {"aliases": ["s"]}}}}, ["error gateway.models.far.aliases"]),
    ({"gateway": {"models": {"far": {"aliases": ["small"]}}}}, ["error gateway.models.far.aliases"]),
    ({"gateway": {"models": {"far": {"aliases": "s"}, "gone": None}}}, []),
    ({"gateway": {"models": {"far": {"aliases": ["s"]}}, "enabled": False}, "route": {"enabled": False}}, []),
    ({"gateway": {"models": {"small": {"timeoutSeconds": 70}}}}, []),
    (
        {"gateway": {"models": {"small": {"timeoutSeconds": 70.5}}}},
        ["warning gateway.models.small.timeoutSeconds"],
    ),
    ({"gateway": {"models": {"small": {"timeoutSeconds": "long"}}}}, []),
    ({"gateway": {"terminationGracePeriodSeconds": "long"}}, []),
    ({"gateway": {"autoscaling": SCALED}}, []),
    ({"gateway": {"autoscaling": {**SCALED, "minReplicas": 10}}}, ["error gateway.autoscaling.maxReplicas"]),
    ({"gateway": {"autoscaling": {**SCALED, "minReplicas": "ten"}}}, []),
    ({"gateway": {"autoscaling": {**SCALED, "metrics": {"cpu": 0}}}}, ["error gateway.autoscaling.metrics"]),
    (
        {"gateway": {"autoscaling": {**SCALED, "metrics": {"memory": 80}}}},
        ["error gateway.autoscaling.metrics.memory"],
    ),
    ({"gateway": {"autoscaling": SCALED, "replicas": 9}}, []),
    ({"gateway": {"autoscaling": SCALED, "replicas": 10}}, ["warning gateway.autoscaling.maxReplicas"]),
    ({"route": {"requestTimeout": "0s"}}, []),
    ({"route": {"requestTimeout": "1m"}}, []),
    ({"route": {"requestTimeout": "59s"}}, ["warning route.requestTimeout"]),
    ({"route": {"requestTimeout": "59s", "enabled": False}}, []),
    ({"route": {"requestTimeout": "soon"}}, []),
    ({"route": {"requestTimeout": 5}}, []),
    ({"route": {"gateway": MADE, "tls": TLS}}, []),
    ({"route": {"gateway": MADE}}, ["warning route.gateway.create"]),
    ({"route": {"gateway": {"create": True}, "tls": TLS}}, ["error route.gateway.className"]),
    ({"route": {"gateway": MADE, "tls": TLS, "enabled": False}}, ["warning route.gateway.create"]),
    ({"route": {"ingress": {"enabled": True}, "tls": TLS, "enabled": False}}, []),
    ({"route": {"ingress": {"enabled": True}}}, ["warning route.ingress.enabled"]),
    ({"route": {"tls": TLS}}, ["warning route.tls"]),
    ({"route": {"tls": {"certManager": {"issuer": "ca"}}, "ingress": {"enabled": True}}}, []),
    (
        {"route": {"tls": {"certManager": {"issuer": "ca"}}, "ingress": {"enabled": True}, "hostnames": []}},
        ["error route.tls.certManager.issuer"],
    ),
    ({"route": {"service": {"type": "LoadBalancer"}}}, ["warning route.service.type"]),
    ({"route": {"service": {"type": "LoadBalancer", "sourceRanges": ["10.0.0.0/8"]}}}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_edge_findings(Layered(merge(GOOD, change), {}))
    assert [f"{one.severity} {one.path}" for one in found] == expected


def test_a_finding_names_the_line_and_the_yaml_to_write():
    values = merge(GOOD, {"gateway": {"models": {"small": {"timeoutSeconds": 300}}}})
    origins = {("gateway", "models", "small", "timeoutSeconds"): Origin("prod.yaml", 7)}
    (finding,) = find_edge_findings(Layered(values, origins))
    assert (finding.file, finding.line) == ("prod.yaml", 7)
    assert finding.hint == "Write gateway: {terminationGracePeriodSeconds: 315}."
