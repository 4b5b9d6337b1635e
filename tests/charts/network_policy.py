"""What rendered NetworkPolicies mean: who may open a connection to whom, as the API's documentation defines it.

Where network plugins differ the answer is the more permissive one: an ipBlock takes in pods, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from tests.charts.rendering import Manifest

OPERATORS = {"In", "NotIn", "Exists", "DoesNotExist"}


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a connection: a pod, or with no namespace an address that is none of the cluster's pods."""

    name: str
    ip: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Network:
    """Some policies together: a connection is allowed when both of its ends let it pass."""

    policies: tuple[Manifest, ...]
    _chosen: dict[tuple[str, str], list[Manifest]] = field(default_factory=dict)

    def is_allowed(self, source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
        """Whether `source` may open a connection to `port` of `target`."""
        may_leave = self.may_leave(source, target, port, protocol)
        return may_leave and self.may_enter(source, target, port, protocol)

    def may_leave(self, source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
        """What the policies of `source` say."""
        return self._permits("Egress", source, target, (target, port, protocol))

    def may_enter(self, source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
        """What the policies of `target` say."""
        return self._permits("Ingress", target, source, (target, port, protocol))

    def is_isolated(self, place: Place, direction: str) -> bool:
        """Whether any policy speaks for the pod in the direction, Ingress or Egress."""
        return bool(self._choose(place, direction))

    def _choose(self, place: Place, direction: str) -> list[Manifest]:
        key = (place.name, direction)
        if key not in self._chosen:
            self._chosen[key] = [policy for policy in self.policies if _applies(policy, direction, place)]
        return self._chosen[key]

    def _permits(self, direction: str, own: Place, other: Place, at: tuple[Place, int, str]) -> bool:
        if not own.namespace:
            return True  # outside: no policy of the cluster speaks for it
        chosen = self._choose(own, direction)
        rules = ((policy, rule) for policy in chosen for rule in policy["spec"].get(direction.lower()) or ())
        return not chosen or any(_rule_fits(policy, rule, direction, other, at) for policy, rule in rules)


def _applies(policy: Manifest, direction: str, place: Place) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    same = policy["metadata"]["namespace"] == place.namespace
    return same and direction in types and _matches(spec["podSelector"], place.labels)


def _rule_fits(
    policy: Manifest, rule: Mapping[str, Any], direction: str, other: Place, at: tuple[Place, int, str]
) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to") or []
    ports = rule.get("ports") or []
    if ports and not any(_port_fits(port, *at) for port in ports):
        return False
    return not peers or any(_peer_fits(peer, other, policy["metadata"]["namespace"]) for peer in peers)


def _port_fits(port: Mapping[str, Any], target: Place, number: int, protocol: str) -> bool:
    if port.get("protocol", "TCP") != protocol:
        return False
    wanted = port.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return target.ports.get(wanted) == number
    return bool(wanted <= number <= port.get("endPort", wanted))


def _peer_fits(peer: Mapping[str, Any], place: Place, home: str) -> bool:
    block = peer.get("ipBlock")
    if block is not None:
        assert set(peer) == {"ipBlock"}, "an ipBlock stands alone"
        return _holds(block["cidr"], place.ip) and not any(
            _holds(cidr, place.ip) for cidr in block.get("except", ())
        )
    if not place.namespace:
        return False
    spaces = peer.get("namespaceSelector")
    if spaces is None and place.namespace != home:
        return False
    if spaces is not None and not _matches(spaces, {"kubernetes.io/metadata.name": place.namespace}):
        return False
    return _matches(peer.get("podSelector") or {}, place.labels)


def _holds(cidr: str, ip: str) -> bool:
    network, address = ip_network(cidr), ip_address(ip)
    return network.version == address.version and address in network


def _matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    if not (selector.get("matchLabels") or {}).items() <= labels.items():
        return False
    return all(_expression_fits(one, labels) for one in selector.get("matchExpressions") or ())


def _expression_fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator = expression["key"], expression["operator"]
    assert operator in OPERATORS, operator
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    return (labels.get(key) in expression["values"]) == (operator == "In")
