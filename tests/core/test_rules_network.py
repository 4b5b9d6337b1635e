"""Rules on addresses, host names and ports: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.network import find_network_findings
from tooling.core.values import Layered, merge

GOOD = {
    "network": {
        "dns": {"cidrs": ["169.254.20.10/32"]},
        "edge": {"cidrs": ["10.0.0.0/8", "2001:DB8::/32"]},
        "apiServer": {"cidrs": []},
        "blocked": ["169.254.0.0/16", "fd00:ec2::254/128"],
        "allow": {"sink": {"cidrs": ["192.0.2.0/24"]}, "gone": None},
    },
    "route": {
        "hostnames": ["a.example.com", "*.example.org"],
        "gateway": {"create": True, "ports": {"http": 80, "https": 443}},
        "service": {"sourceRanges": ["203.0.113.0/24"]},
    },
}

TABLE = [
    ({}, []),
    ({"network": "broken", "route": ["broken"]}, []),
    ({"network": {"edge": {"cidrs": ["10.0.0.1/8"]}}}, ["network.edge.cidrs[0]"]),
    ({"network": {"edge": {"cidrs": ["10.0.0.0/8", "999.0.0.0/8", 5]}}}, ["network.edge.cidrs[1]"]),
    ({"network": {"dns": {"cidrs": ["10.0.0.0/64"]}}}, ["network.dns.cidrs[0]"]),
    ({"network": {"apiServer": {"cidrs": ["1.2.3/8"]}}}, ["network.apiServer.cidrs[0]"]),
    ({"network": {"allow": {"sink": {"cidrs": ["x/8"]}}}}, ["network.allow.sink.cidrs[0]"]),
    ({"network": {"blocked": ["0.0.0.0/0"]}}, ["network.blocked[0]"]),
    ({"network": {"blocked": ["1.2.3/0", 3]}}, ["network.blocked[0]"]),
    ({"route": {"service": {"sourceRanges": ["10.0.0.1/8"]}}}, ["route.service.sourceRanges[0]"]),
    ({"route": {"hostnames": ["a.example.com", "b.example.com", "a.example.com"]}}, ["route.hostnames[0]"]),
    ({"route": {"hostnames": ["b.example.com", "10.0.0.1"]}}, ["route.hostnames[1]"]),
    ({"route": {"hostnames": [5]}}, []),
    ({"route": {"hostnames": [5, None, "10.0.0.1", "10.0.0.1"]}}, ["route.hostnames[2]", "route.hostnames[2]"]),
    ({"route": {"gateway": {"ports": {"https": 80}}}}, ["route.gateway.ports.https"]),
    ({"route": {"gateway": {"ports": {"https": 80}, "create": False}}}, []),
    ({"route": {"gateway": {"ports": {"http": None, "https": None}}}}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    assert [one.path for one in find_network_findings(Layered(merge(GOOD, change)))] == expected


class Name(str):
    """A host name that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other):
        type(self).compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_many_host_names_are_not_compared_with_each_other():
    names = [Name(f"{number}.example.com") for number in range(1000)]
    assert find_network_findings(Layered({"route": {"hostnames": names}})) == ()
    assert Name.compared < 10 * len(names)


def test_a_range_with_bits_to_spare_is_answered_with_the_right_one():
    (found,) = find_network_findings(Layered({"network": {"blocked": ["10.1.2.3/8"]}}))
    assert found.hint == "Write 10.0.0.0/8."
