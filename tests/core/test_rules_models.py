"""Rules on models, as a table of what breaks each."""

from __future__ import annotations

import pytest

from tooling.core.rules.models import find_model_findings
from tooling.core.values import Layered, Origin, merge

SCALED = {"enabled": True, "minReplicas": 1, "maxReplicas": 4, "metrics": {"queueDepth": 5}}
GOOD = {
    "gateway": {"terminationGracePeriodSeconds": 75},
    "inference": {
        "modelDefaults": {"terminationGracePeriodSeconds": 70, "profile": ""},
        "profiles": {"a100-80g": {}, "gone": None},
        "models": {"llama": {"profile": "a100-80g", "autoscaling": SCALED}, "off": None, "odd": "text"},
    },
}
ALL = "inference.models.llama"


def llama(**settings):
    return {"inference": {"models": {"llama": settings}}}


TABLE = [
    ({}, []),
    (llama(profile="h100"), [f"{ALL}.profile"]),
    (llama(profile="gone"), [f"{ALL}.profile"]),
    (llama(terminationGracePeriodSeconds=300), [f"{ALL}.terminationGracePeriodSeconds"]),
    (merge(llama(terminationGracePeriodSeconds=300), {"gateway": {"enabled": False}}), []),
    ({"gateway": {"models": {"llama": {"timeoutSeconds": 65}, "odd": "text"}}}, []),
    ({"gateway": {"models": {"llama": {"timeoutSeconds": 66}}}}, ["gateway.models.llama.timeoutSeconds"]),
    ({"gateway": {"models": {"far": {"timeoutSeconds": 66}}}}, []),
    (llama(autoscaling={"minReplicas": 5}), [f"{ALL}.autoscaling.maxReplicas"]),
    (llama(autoscaling={"metrics": {"queueDepth": None}}), [f"{ALL}.autoscaling.metrics"]),
    (llama(autoscaling={"enabled": False, "minReplicas": 9}), []),
    ({"inference": {"enabled": False, **llama(profile="h100")["inference"]}}, []),
    (llama(lora={"tone": {"hf": {}}}), [f"{ALL}.lora.tone"]),
    (llama(lora={"tone": None}), []),
    (merge(llama(lora={"tone": {}}), {"gateway": {"enabled": False}}), []),
    (merge(llama(lora={"tone": {}}), {"gateway": {"models": {"tone": {"model": "llama"}, "odd": "text"}}}), []),
    (
        merge(llama(lora={"tone": {}}), {"gateway": {"models": {"t": {"model": "llama", "servedName": "tone"}}}}),
        [],
    ),
    (
        merge(llama(lora={"tone": {}}), {"gateway": {"models": {"tone": {"model": "llama", "url": "http://x"}}}}),
        [f"{ALL}.lora.tone"],
    ),
    ({"inference": "broken"}, []),
    ({"gateway": "broken"}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    assert [one.path for one in find_model_findings(Layered(merge(GOOD, change)))] == expected


def test_a_finding_points_at_the_line_and_names_what_there_is():
    path = ("inference", "models", "llama", "profile")
    values = merge(GOOD, llama(profile="h100"))
    (found,) = find_model_findings(Layered(values, {path: Origin("values/prod.yaml", 7)}))
    assert str(found) == (
        "values/prod.yaml:7: error: inference.models.llama.profile: is `h100`, which inference.profiles does not"
        " have. Known are: a100-80g. [model-profile]"
    )


def test_without_any_profile_the_hint_says_where_to_add_one():
    values = merge(GOOD, {"inference": {"profiles": {"a100-80g": None}}})
    (found,) = find_model_findings(Layered(values))
    assert found.hint == "Add it to inference.profiles."
