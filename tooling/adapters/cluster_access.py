"""What an account may do, asked of the API server: its rules first, then whatever they leave open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tooling.adapters.kube_client import KubeClient
from tooling.core.access import AccessReview, Permission, Rule, find_uncovered
from tooling.errors import ClusterError

_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_AT_ONCE = 12


class AccessReviews:
    """Implements the cluster port's `review_access`."""

    _client: KubeClient

    def review_access(self, namespace: str, permissions: Iterable[Permission]) -> AccessReview:
        """Return which permissions the account lacks.

        The rules of the namespace answer most at once. For the rest the server is asked one by one: an authorizer
        may decide without telling its rules, and those of the whole cluster are not among them.
        """
        open_ones = find_uncovered(permissions, self._read_rules(namespace))
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="access") as pool:
            account = pool.submit(self._find_account)
            allowed = tuple(pool.map(self._is_allowed, open_ones))
        denied = tuple(one for one, is_fine in zip(open_ones, allowed, strict=True) if not is_fine)
        return AccessReview(account.result(), denied)

    def _read_rules(self, namespace: str) -> tuple[Rule, ...]:
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        path = f"{_AUTHORIZATION}/selfsubjectrulesreviews"
        try:
            answer = self._client.create(path, body, what="the rules for this account")
        except ClusterError as error:
            if error.is_retryable:
                raise
            return ()  # each permission is asked for by itself then
        return tuple(_read_rule(rule) for rule in answer.get("status", {}).get("resourceRules") or ())

    def _is_allowed(self, permission: Permission) -> bool:
        resource, _, subresource = permission.resource.partition("/")
        attributes = {
            "verb": permission.verb,
            "group": permission.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": permission.namespace,
            "name": permission.name,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        path = f"{_AUTHORIZATION}/selfsubjectaccessreviews"
        answer = self._client.create(path, body, what="whether this account may do what a rollout does")
        return bool(answer.get("status", {}).get("allowed"))

    def _find_account(self) -> str:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        try:
            answer = self._client.create(_SELF, body, what="the name of this account")
        except ClusterError:
            return ""  # only a message says less: servers before 1.28 do not tell
        return str(answer.get("status", {}).get("userInfo", {}).get("username") or "")


def _read_rule(rule: Mapping[str, Any]) -> Rule:
    def read(key: str) -> tuple[str, ...]:
        return tuple(str(one) for one in rule.get(key) or ())

    return Rule(read("verbs"), read("apiGroups"), read("resources"), read("resourceNames"))
