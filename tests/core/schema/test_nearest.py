"""Which key was meant: its neighbour, one of the same name elsewhere, or what other charts call it."""

import pytest

from tooling.core.schema.nearest import ask_for, find_meant, find_nearest, index_keys, suggest_word

TEXT = {"type": "string"}
IMAGE = {"properties": {"tag": TEXT, "repository": TEXT}}
SCHEMA = {
    "properties": {
        "global": {"properties": {"image": {"properties": {"pullPolicy": TEXT}}}},
        "gateway": {
            "properties": {
                "replicas": TEXT,
                "image": IMAGE,
                "extraEnv": {"items": {"properties": {"name": TEXT}}},
                "resources": {"properties": {"limits": TEXT, "requests": TEXT}},
                "autoscaling": {"properties": {"metrics": {"properties": {"memory": TEXT}}}},
            }
        },
        "inference": {
            "properties": {"models": {"additionalProperties": {"properties": {"image": IMAGE, "context": TEXT}}}}
        },
        "rollout": {
            "properties": {
                "readyTimeout": TEXT,
                "capacity": {"properties": {"maxSurgeGpus": TEXT}},
                "analysis": {"properties": {"maxHold": TEXT}},
            }
        },
        "route": {"properties": {"hostnames": TEXT}},
        "wide": {"properties": {f"key{number}": TEXT for number in range(20)}},
    }
}


@pytest.mark.parametrize(
    ("where", "word", "meant"),
    [
        ((), "gatway", ("gateway",)),
        ((), "ingress", ("route",)),
        ((), "replicaCount", ("gateway", "replicas")),
        ((), "image", ("global", "image")),
        (("gateway",), "replcas", ("gateway", "replicas")),
        (("gateway",), "replicaCount", ("gateway", "replicas")),
        (("gateway",), "env", ("gateway", "extraEnv")),
        (("gateway",), "tag", ("gateway", "image", "tag")),
        (("gateway",), "ingress", ("route",)),
        (("gateway", "image"), "pullPolicy", ("global", "image", "pullPolicy")),
        (("gateway", "resources"), "memory", ("gateway", "resources", "limits")),
        (("gateway", "autoscaling"), "name", None),
        (("inference", "models", "mine"), "tag", ("inference", "models", "mine", "image", "tag")),
        (("inference",), "context", ("inference", "models", "<name>", "context")),
        (("rollout",), "ready_timeout", ("rollout", "readyTimeout")),
        (("rollout",), "maxSurgeGpus", ("rollout", "capacity", "maxSurgeGpus")),
        (("rollout", "analysis"), "maxSurgeGpus", ("rollout", "capacity", "maxSurgeGpus")),
        (("rollout", "analysis"), "max", ("rollout", "analysis", "maxHold")),
        (("rollout", "analysis"), "hostnames", None),
        (("nowhere",), "zzz", None),
    ],
)
def test_the_key_that_was_meant_is_found(where, word, meant):
    assert find_meant(SCHEMA, index_keys(SCHEMA), where, word) == meant


@pytest.mark.parametrize(
    ("where", "word", "text"),
    [
        (("gateway",), "replcas", "Did you mean `replicas`?"),
        (("gateway",), "tag", "Did you mean `gateway.image.tag`?"),
        (("route",), "zzz", "Known are: hostnames."),
        (("wide",), "zzz", "It has 20 keys: `genai-stack validate --explain wide` lists them."),
        (("route", "hostnames"), "zzz", ""),
        (("nowhere",), "zzz", ""),
    ],
)
def test_a_suggestion_is_named_in_full_where_it_is_elsewhere(where, word, text):
    assert ask_for(SCHEMA, where, find_meant(SCHEMA, index_keys(SCHEMA), where, word)) == text


def test_words_are_alike_whatever_their_case():
    assert find_nearest("BlueGreen", ["canary", "blueGreen"]) == "blueGreen"
    assert find_nearest("zzz", ["canary", "blueGreen"]) == ""
    assert suggest_word("canry", ["canary"]) == "Did you mean `canary`?"
    assert suggest_word("zzz", ["canary"]) == "Known are: canary."
    assert suggest_word("zzz", ["canary"], is_listed=False) == ""
