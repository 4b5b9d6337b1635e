"""The Role of a releaser as manifests, with the least that the needs take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tooling.core.access import Need, merge_needs

_API = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who gets the Role: a user by the name that the API server knows, else a ServiceAccount of the namespace."""

    name: str
    is_user: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Manifests that belong together, what they are for in one line, and what each resource is needed for."""

    title: str
    manifests: tuple[Mapping[str, Any], ...]
    reasons: tuple[str, ...] = ()
    is_optional: bool = False


def make_grants(needs: Iterable[Need], *, instance: str, namespace: str, subject: Subject) -> tuple[Grant, ...]:
    """Return what lets the subject release: the Role, then what it needs, or may do without, in the cluster."""
    asked = tuple(needs)
    inside = [need for need in asked if not need.is_wide]
    wide = [need for need in asked if need.is_wide and not need.is_optional]
    spare = [need for need in asked if need.is_wide and need.is_optional]
    name = f"{instance}-releaser"
    labels = {
        "app.kubernetes.io/name": "genai-stack",
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/component": "releaser",
    }

    def bind(role: str, scope: str, rules: list[Need], title: str, *, is_optional: bool = False) -> Grant:
        place = {} if scope else {"namespace": namespace}
        metadata = {"name": role, **place, "labels": labels}
        made = (
            {
                "apiVersion": f"{_API}/v1",
                "kind": f"{scope}Role",
                "metadata": metadata,
                "rules": make_rules(rules),
            },
            {
                "apiVersion": f"{_API}/v1",
                "kind": f"{scope}RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": _API, "kind": f"{scope}Role", "name": role},
                "subjects": [_refer(subject, namespace)],
            },
        )
        return Grant(title, made, _list_reasons(rules), is_optional)

    grants = [bind(name, "", inside, f"All that a release of {instance} does in the namespace {namespace}.")]
    if not subject.is_user:
        metadata = {"name": subject.name, "namespace": namespace, "labels": labels}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        grants.insert(0, Grant("Who releases.", (account,)))
    if wide:
        title = "Needed too: what these values apply outside of the namespace."
        grants.append(bind(f"{namespace}-{name}", "Cluster", wide, title))
    if spare:
        title = "Optional: without it a release says what it could not compare, and goes on."
        grants.append(bind(f"{namespace}-{name}-view", "Cluster", spare, title, is_optional=True))
    return tuple(grants)


def make_rules(needs: Iterable[Need]) -> list[dict[str, Any]]:
    """Return the rules of a Role; resources of a group with the same verbs and names share one."""
    shared: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for need in merge_needs(replace(need, without="") for need in needs):
        shared.setdefault((need.group, need.verbs, need.names), []).append(need.resource)
    return [
        {
            "apiGroups": [group],
            "resources": sorted(resources),
            **({"resourceNames": list(names)} if names else {}),
            "verbs": list(verbs),
        }
        for (group, verbs, names), resources in sorted(shared.items())
    ]


def _list_reasons(needs: Iterable[Need]) -> tuple[str, ...]:
    """Return one line per reason with its resources."""
    reasons: dict[str, list[str]] = {}
    for need in needs:
        names = reasons.setdefault(need.why, [])
        names += [need.resource] if need.resource not in names else []
    return tuple(f"{', '.join(names)}: {why}" for why, names in reasons.items())


def _refer(subject: Subject, namespace: str) -> Mapping[str, Any]:
    if subject.is_user:
        return {"kind": "User", "apiGroup": _API, "name": subject.name}
    return {"kind": "ServiceAccount", "name": subject.name, "namespace": namespace}
