"""Names fit Kubernetes, are never shared, and stay the same between roles."""

from __future__ import annotations

import re
from collections import Counter

from tests.charts.rendering import ALL, BLUE, GREEN, Manifest, Stack, identify

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LIMITS = {"CronJob": 52, "StatefulSet": 52}
CONFIG_MAPS = {"ConfigMap genai-blue-gateway", "ConfigMap genai-gateway", "ConfigMap genai-evals"}


def test_names_are_dns_labels_within_the_limit_of_their_kind(stack: Stack) -> None:
    for manifest in stack.manifests:
        name = manifest["metadata"]["name"]
        assert DNS_LABEL.fullmatch(name), identify(manifest)
        assert len(name) <= LIMITS.get(manifest["kind"], 63), identify(manifest)


def test_no_two_objects_of_a_namespace_share_kind_and_name(stack: Stack) -> None:
    apart = [manifest for view, part in stack.parts.items() if view != ALL for manifest in part]
    for together in (stack.parts[ALL], apart):
        counts = Counter(identify(manifest) for manifest in together)
        assert not [name for name, count in counts.items() if count > 1]


def find_names(manifests: tuple[Manifest, ...]) -> set[str]:
    """Kinds and names of what other objects, tools and people refer to by name."""
    kinds = {"Deployment", "StatefulSet", "Service", "ServiceAccount", "CronJob", "HTTPRoute"}
    return {identify(m) for m in manifests if m["kind"] in kinds or identify(m) in CONFIG_MAPS}


def test_short_names_follow_the_convention(stack: Stack) -> None:
    if stack.case.name != "values/local":
        return
    assert find_names(stack.parts[BLUE]) == {
        "ConfigMap genai-blue-gateway",
        "Deployment genai-blue-gateway",
        "Service genai-blue-gateway",
        "ServiceAccount genai-blue-gateway",
        "Deployment genai-blue-inference-smollm2",
        "Service genai-blue-inference-smollm2",
        "ServiceAccount genai-blue-inference",
    }
    assert find_names(stack.parts[ALL]) == {
        "ConfigMap genai-gateway",
        "Deployment genai-gateway",
        "Service genai-gateway",
        "ServiceAccount genai-gateway",
        "Deployment genai-inference-smollm2",
        "Service genai-inference-smollm2",
        "ServiceAccount genai-inference",
        "StatefulSet genai-vectordb",
        "Service genai-vectordb",
        "ServiceAccount genai-vectordb",
        "CronJob genai-evals",
        "ConfigMap genai-evals",
        "ServiceAccount genai-evals",
        "HTTPRoute genai",
        "Service genai",
    }


def test_slots_share_no_name(stack: Stack) -> None:
    blue, green = ({identify(manifest) for manifest in stack.parts[view]} for view in (BLUE, GREEN))
    assert not blue & green
