"""What a pod asks of a node, read from its spec: live pods and the pod templates of rendered manifests alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tooling.core.policies.bundle import child, read_labels, rows, whole
from tooling.core.quantity import parse_quantity

Amounts = Mapping[str, Decimal]
"""By resource, in its base unit: cores, bytes, pieces."""

PODS = "pods"
"""The resource of which every pod takes one."""

HASH_LABEL = "pod-template-hash"


@dataclass(frozen=True, slots=True)
class Expression:
    """One requirement on labels: `operator` is In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def agrees(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it."""
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt":
                return self._compares(value)
        return value is not None

    def _compares(self, value: str | None) -> bool:
        found, limit = parse_quantity(value), parse_quantity(self.values[0] if self.values else None)
        if found is None or limit is None:
            return False
        return found > limit if self.operator == "Gt" else found < limit


@dataclass(frozen=True, slots=True)
class Term:
    """One alternative of a required node affinity; `fields` speak of the node's name."""

    expressions: tuple[Expression, ...] = ()
    fields: tuple[Expression, ...] = ()

    def admits(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node is one of those meant; a term that says nothing means none."""
        named = {"metadata.name": name}
        return bool(self.expressions or self.fields) and (
            all(one.agrees(labels) for one in self.expressions) and all(one.agrees(named) for one in self.fields)
        )


@dataclass(frozen=True, slots=True)
class Toleration:
    """A taint that a pod bears; an empty key bears every one, an empty effect each effect."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A label selector; one that says nothing selects every pod."""

    expressions: tuple[Expression, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether pods with these labels are meant."""
        return all(one.agrees(labels) for one in self.expressions)


@dataclass(frozen=True, slots=True)
class Apart:
    """A required anti-affinity: no second pod of the query within the same value of a node label."""

    topology: str
    query: Query


@dataclass(frozen=True, slots=True)
class Spread:
    """A required spread: pods of the query may differ by `skew` between values of a node label.

    `is_own`: only pods of the same template count. `bears_taints`: nodes whose taints the pod does not bear are
    left out. `least` values count as there even where there are fewer.
    """

    topology: str
    skew: int
    query: Query
    is_own: bool = False
    bears_taints: bool = False
    least: int = 1


@dataclass(frozen=True, slots=True)
class PodShape:
    """What one pod takes, and where it may go. `gates` keep it from being scheduled at all."""

    labels: Mapping[str, str] = field(default_factory=dict)
    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)
    selector: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[Term, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    apart: tuple[Apart, ...] = ()
    spread: tuple[Spread, ...] = ()
    gates: tuple[str, ...] = ()
    priority_class: str = ""


def read_shape(labels: object, spec: Mapping[str, Any]) -> PodShape:
    """Read a pod's labels and spec; what has not the shape of the API is passed over."""
    affinity = child(spec, "affinity")
    required = child(affinity, "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return PodShape(
        labels=read_labels(labels),
        requests=read_requests(spec),
        limits=read_limits(spec),
        selector=read_labels(spec.get("nodeSelector")),
        terms=tuple(_read_terms(required)) if required else None,
        tolerations=tuple(_read_toleration(one) for one in rows(spec, "tolerations")),
        apart=tuple(_read_apart(child(affinity, "podAntiAffinity"))),
        spread=tuple(_read_spread(spec, read_labels(labels))),
        gates=tuple(str(one.get("name")) for one in rows(spec, "schedulingGates")),
        priority_class=str(spec.get("priorityClassName") or ""),
    )


def read_requests(spec: Mapping[str, Any]) -> Amounts:
    """Return what a scheduler reserves for a pod, itself as one of PODS included."""
    return {**_sum_pod(spec, "requests"), PODS: Decimal(1)}


def read_limits(spec: Mapping[str, Any]) -> Amounts:
    """Return the limits of a pod, as a quota counts them."""
    return _sum_pod(spec, "limits")


def _sum_pod(spec: Mapping[str, Any], part: str) -> dict[str, Decimal]:
    """Add up containers and sidecars; an init container needs its own beside the sidecars before it."""
    total: dict[str, Decimal] = {}
    for container in rows(spec, "containers"):
        _add(total, _read_amounts(container, part))
    sidecars: dict[str, Decimal] = {}
    peak: dict[str, Decimal] = {}
    for container in rows(spec, "initContainers"):
        own = dict(_read_amounts(container, part))
        _add(own, sidecars)
        if container.get("restartPolicy") == "Always":
            sidecars = own
        _raise(peak, own)
    _add(total, sidecars)
    _raise(total, peak)
    # What a pod says of itself counts in place of what its containers say.
    total.update(_read_amounts(spec, part))
    overhead = {str(name): amount for name, amount in _parse(child(spec, "overhead"))}
    if part == "requests" or total:
        _add(total, overhead)
    return {name: amount for name, amount in total.items() if amount}


def _read_amounts(owner: Mapping[str, Any], part: str) -> Amounts:
    resources = child(owner, "resources")
    asked = dict(_parse(child(resources, part)))
    return asked if part == "limits" else {**dict(_parse(child(resources, "limits"))), **asked}


def _parse(amounts: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for name, value in amounts.items():
        amount = parse_quantity(value)
        if amount is not None:
            yield str(name), amount


def _add(total: dict[str, Decimal], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, Decimal(0)) + amount


def _raise(total: dict[str, Decimal], amounts: Amounts) -> None:
    for name, amount in amounts.items():
        total[name] = max(total.get(name, Decimal(0)), amount)


def _read_terms(required: Mapping[str, Any]) -> Iterator[Term]:
    for term in rows(required, "nodeSelectorTerms"):
        yield Term(
            tuple(_read_expressions(rows(term, "matchExpressions"))),
            tuple(_read_expressions(rows(term, "matchFields"))),
        )


def _read_expressions(found: Iterable[Mapping[str, Any]]) -> Iterator[Expression]:
    for one in found:
        values = one.get("values")
        listed = tuple(str(value) for value in values) if isinstance(values, list) else ()
        yield Expression(str(one.get("key")), str(one.get("operator") or ""), listed)


def _read_toleration(one: Mapping[str, Any]) -> Toleration:
    return Toleration(
        str(one.get("key") or ""),
        str(one.get("operator") or "Equal"),
        str(one.get("value") or ""),
        str(one.get("effect") or ""),
    )


def _read_query(selector: Mapping[str, Any], *, own: Mapping[str, str], keys: object = None) -> Query:
    """Read a selector; `keys` are labels whose value is the pod's own."""
    wanted = [Expression(key, "In", (value,)) for key, value in read_labels(selector.get("matchLabels")).items()]
    shared = keys if isinstance(keys, list) else []
    wanted += [Expression(key, "In", (own[key],)) for key in shared if key in own]
    return Query((*wanted, *_read_expressions(rows(selector, "matchExpressions"))))


def _read_apart(anti: Mapping[str, Any]) -> Iterator[Apart]:
    for one in rows(anti, "requiredDuringSchedulingIgnoredDuringExecution"):
        yield Apart(str(one.get("topologyKey")), _read_query(child(one, "labelSelector"), own={}))


def _read_spread(spec: Mapping[str, Any], own: Mapping[str, str]) -> Iterator[Spread]:
    for one in rows(spec, "topologySpreadConstraints"):
        if one.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
            continue
        keys = one.get("matchLabelKeys")
        yield Spread(
            str(one.get("topologyKey")),
            max(1, whole(one.get("maxSkew"), 1)),
            _read_query(child(one, "labelSelector"), own=own, keys=keys),
            is_own=isinstance(keys, list) and HASH_LABEL in keys,
            bears_taints=one.get("nodeTaintsPolicy") == "Honor",
            least=whole(one.get("minDomains"), 1),
        )
