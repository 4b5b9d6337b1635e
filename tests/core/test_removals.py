"""APIs that Kubernetes takes out."""

from __future__ import annotations

import pytest

from tooling.core.removals import REMOVALS, find_removal, is_preview, list_stable_first


@pytest.mark.parametrize(
    ("api_version", "kind", "removed", "use"),
    [
        ("extensions/v1beta1", "Ingress", (1, 22), "networking.k8s.io/v1"),
        ("apps/v1beta2", "Deployment", (1, 16), "apps/v1"),
        ("policy/v1beta1", "PodDisruptionBudget", (1, 25), "policy/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", (1, 25), ""),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", (1, 26), "autoscaling/v2"),
        ("batch/v1beta1", "CronJob", (1, 25), "batch/v1"),
        ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", (1, 32), "flowcontrol.apiserver.k8s.io/v1"),
        ("v1", "Endpoints", None, "discovery.k8s.io/v1"),
    ],
)
def test_table_knows_when_and_what_instead(
    api_version: str, kind: str, removed: tuple[int, int] | None, use: str
) -> None:
    found = find_removal(api_version, kind)
    assert found is not None
    assert (found.removed, found.use) == (removed, use)


def test_what_stays_is_not_in_the_table() -> None:
    assert find_removal("apps/v1", "Deployment") is None
    assert find_removal("v1", "Pod") is None


def test_every_row_is_deprecated_before_it_goes_and_says_what_to_do() -> None:
    for kinds in REMOVALS.values():
        for removal in kinds.values():
            assert removal.removed is None or removal.deprecated < removal.removed
            assert removal.use or removal.advice


def test_versions_are_sorted_as_people_would_take_them() -> None:
    given = ("g/v1alpha1", "g/v2", "g/v1beta2", "g/v1", "g/v1beta10")
    assert list_stable_first(given) == ("g/v2", "g/v1", "g/v1beta10", "g/v1beta2", "g/v1alpha1")


def test_a_version_that_is_none_has_a_place_too() -> None:
    odd = ("g/v²", f"g/v{'9' * 5000}", "g/", "")
    assert set(list_stable_first(odd)) == set(odd)


def test_alphas_and_betas_are_previews() -> None:
    assert is_preview("batch/v1beta1")
    assert is_preview("resource.k8s.io/v1alpha3")
    assert not is_preview("beta.example.com/v1")
    assert not is_preview("v1")
