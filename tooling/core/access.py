"""What an account may do in the Kubernetes API, against what a rollout is going to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
"""The verbs of the API in the order in which they are told."""

ANY = "*"


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing to do; `resource` with its subresource, as in a Role: `pods/proxy`; `namespace` "": in all."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an account may do in a namespace, as the API server tells it; `names` empty: with every object."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...] = ()

    def covers(self, permission: Permission) -> bool:
        """Whether the rule allows it."""
        _, slash, subresource = permission.resource.partition("/")
        resources = {ANY, permission.resource, *([f"{ANY}/{subresource}"] if slash else [])}
        return (
            not {ANY, permission.verb}.isdisjoint(self.verbs)
            and not {ANY, permission.group}.isdisjoint(self.groups)
            and not resources.isdisjoint(self.resources)
            and (not self.names or permission.name in self.names)
        )


@dataclass(frozen=True, slots=True)
class AccessReview:
    """Who asks ("" where the server does not tell), and what of the permissions in question it has not."""

    account: str = ""
    denied: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """Verbs on a resource, and what for. `names`: only these objects; `is_wide`: in the whole cluster.

    `without` is what happens when it is denied: an optional need has one, all others stop the rollout.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()
    is_wide: bool = False
    without: str = ""

    @property
    def is_optional(self) -> bool:
        """Whether a rollout goes on without."""
        return bool(self.without)

    def list_permissions(self, namespace: str) -> Iterator[Permission]:
        """Return each single permission that it takes in a namespace."""
        where = "" if self.is_wide else namespace
        for verb in self.verbs:
            for name in self.names or ("",):
                yield Permission(verb, self.group, self.resource, where, name)


@dataclass(frozen=True, slots=True)
class Denial:
    """A need, and those of its verbs that the account has not."""

    need: Need
    verbs: tuple[str, ...]

    def __str__(self) -> str:
        group = f".{self.need.group}" if self.need.group else ""
        wide = " in the cluster" if self.need.is_wide else ""
        return f"{', '.join(self.verbs)} {self.need.resource}{group}{wide} ({self.need.why})"


def list_permissions(needs: Iterable[Need], namespace: str) -> tuple[Permission, ...]:
    """Return every permission that the needs take, each once."""
    return tuple(dict.fromkeys(one for need in needs for one in need.list_permissions(namespace)))


def find_uncovered(permissions: Iterable[Permission], rules: Iterable[Rule]) -> tuple[Permission, ...]:
    """Return the permissions that no rule of their namespace gives; those of the whole cluster are among them."""
    known = tuple(rules)
    return tuple(one for one in permissions if not one.namespace or not any(rule.covers(one) for rule in known))


def find_denials(needs: Iterable[Need], namespace: str, denied: Iterable[Permission]) -> tuple[Denial, ...]:
    """Return the needs that are not met, in their order."""
    missing = frozenset(denied)
    found = []
    for need in needs:
        verbs = {one.verb for one in need.list_permissions(namespace) if one in missing}
        if verbs:
            found.append(Denial(need, order_verbs(verbs)))
    return tuple(found)


def merge_needs(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Return needs of the same objects as one each, with all verbs; the first one says why."""
    merged: dict[tuple[object, ...], Need] = {}
    for need in needs:
        key = (need.group, need.resource, need.names, need.is_wide, need.is_optional)
        before = merged.get(key, need)
        merged[key] = Need(
            before.group,
            before.resource,
            order_verbs({*before.verbs, *need.verbs}),
            before.why,
            before.names,
            before.is_wide,
            before.without,
        )
    return tuple(merged.values())


def order_verbs(verbs: Iterable[str]) -> tuple[str, ...]:
    """Return verbs in the order in which they are told."""
    return tuple(sorted(set(verbs), key=VERBS.index))
