"""Rules on models, their engines and the routes to them: each row changes one thing in values that are right."""

import pytest

from tooling.core.rules.engines import find_engine_findings, find_servers
from tooling.core.rules.routes import find_route_findings
from tooling.core.values import Layered, Origin, merge

GOOD = {
    "gateway": {"models": {"chat": {}, "tiny": {}, "far": {"url": "http://far"}}, "defaultModel": "tiny"},
    "inference": {
        "models": {
            "chat": {"profile": "l4", "source": {"hf": {"repository": "a/b"}}, "engine": None},
            "tiny": {"source": {"image": {"repository": "x"}, "pvc": None}},
            "gone": None,
        },
        "profiles": {"l4": {"gpu": {"count": 1}, "peakMemory": "9Gi"}},
        "modelDefaults": {
            "threads": 2,
            "strategy": {"maxSurge": "", "maxUnavailable": ""},
            "probes": {"unreadyAfterSeconds": 30, "restartAfterSeconds": 150},
            "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}},
            "autoscaling": {"enabled": False, "provider": "keda", "minReplicas": 1, "metrics": {"queueDepth": 5}},
        },
    },
}
KEDA = {"serverAddress": "http://prometheus"}
CHAT, TINY = "inference.models.chat", "inference.models.tiny"


def chat(**settings):
    return {"inference": {"models": {"chat": settings}}}


def tiny(**settings):
    return {"inference": {"models": {"tiny": settings}}}


def scaled(**settings):
    return chat(autoscaling={"enabled": True, "keda": KEDA, **settings})


TABLE = [
    ({}, []),
    ({"inference": "broken"}, []),
    ({"inference": {"models": ["broken"]}}, []),
    (chat(engine="custom"), [f"error {CHAT}.image"]),
    (chat(engine="custom", image={"repository": "x"}, command=["serve"]), []),
    (chat(command=["serve"]), [f"error {CHAT}.command"]),
    (chat(lora={"tone": {"source": {"s3": {"uri": "s3://x"}}}}), []),
    (tiny(lora={"tone": {"source": {"s3": {"uri": "s3://x"}}}}), []),
    (chat(engine="tensorrtllm", lora={"tone": {"source": {"hf": {}}}}), [f"error {CHAT}.lora"]),
    (chat(engine="tensorrtllm", lora={"tone": None}), []),
    (chat(**{"with": {"more": {"source": {"hf": {}}}}}), [f"error {CHAT}.with"]),
    (chat(engine="tensorrtllm", servedName="other"), [f"error {CHAT}.servedName", "error gateway.models.chat"]),
    (chat(engine="tensorrtllm", servedName="chat"), []),
    (chat(engine="tensorrtllm", aliases=["other"]), [f"error {CHAT}.aliases"]),
    (tiny(source={"image": None}), [f"error {TINY}.source"]),
    (tiny(source={"pvc": {"claimName": "x"}}), [f"error {TINY}.source"]),
    (tiny(source="x"), []),
    (tiny(**{"with": {"more": {"source": {}}, "gone": None}}), [f"error {TINY}.with.more.source"]),
    (tiny(probes={"restartAfterSeconds": 30}), [f"error {TINY}.probes.restartAfterSeconds"]),
    (tiny(probes={"restartAfterSeconds": "soon"}), []),
    (tiny(strategy={"maxSurge": 0, "maxUnavailable": "0%"}), [f"error {TINY}.strategy"]),
    (tiny(strategy={"maxSurge": 0, "maxUnavailable": 1}), []),
    (tiny(threads=3), [f"warning {TINY}.threads"]),
    (tiny(threads=3, resources={"limits": {"cpu": "2500m"}}), []),
    (chat(threads=3), []),
    (scaled(), []),
    (scaled(minReplicas=0), []),
    (scaled(minReplicas=0, provider="hpa"), [f"error {CHAT}.autoscaling.minReplicas"]),
    (scaled(minReplicas=0, metrics={"queueDepth": None, "cpu": 80}), [f"error {CHAT}.autoscaling.minReplicas"]),
    (scaled(keda={"serverAddress": ""}), [f"error {CHAT}.autoscaling.keda.serverAddress"]),
    (scaled(keda={"serverAddress": ""}, provider="hpa"), []),
    (merge(scaled(), chat(engine="tensorrtllm")), [f"error {CHAT}.autoscaling.metrics"]),
    (scaled(metrics={"cpu": 80}), []),
    (scaled(metrics={"memory": 80}), [f"error {CHAT}.autoscaling.metrics.memory"]),
    (chat(servedName="big"), ["error gateway.models.chat"]),
    (chat(servedName="big", aliases=["chat"]), []),
    (chat(servedName="big", aliases="chat"), ["error gateway.models.chat"]),
    (merge(chat(servedName="big"), {"gateway": {"models": {"chat": {"servedName": "big"}}}}), []),
    (merge(chat(servedName="big"), {"gateway": {"models": {"chat": {"model": "tiny"}}}}), []),
    (merge(chat(servedName="big"), {"gateway": {"models": {"chat": None}}}), []),
    (merge(chat(servedName="big"), {"gateway": {"enabled": False}}), []),
    (tiny(servedName="big"), []),
    (chat(peakMemory=""), [f"warning {CHAT}.peakMemory"]),
    (chat(peakMemory="", engine="custom", image={"repository": "x"}), []),
    (chat(engine="llamacpp"), [f"warning {CHAT}.engine"]),
    (chat(engine="llamacpp", image={"repository": "llama-cuda"}), []),
    (chat(engine="llamacpp", gpu={"count": 0}), []),
    (tiny(engine="vllm"), [f"warning {TINY}.engine"]),
    (tiny(engine="vllm", resources={"limits": {"gpu.intel.com/i915": 1}}), []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_engine_findings(Layered(merge(GOOD, change)))
    assert [f"{one.severity} {one.path}" for one in found] == expected


def test_a_server_answers_to_all_its_names():
    change = chat(aliases=["b", "a", 5], lora={"tone": {}}, **{"with": {"more": {}}})
    server, _ = find_servers(merge(GOOD, change))
    assert (server.engine, server.names) == ("vllm", ("chat", "b", "a", "more", "tone"))


ASLEEP = {"enabled": True, "minReplicas": 0}
MINIMUM = f"{CHAT}.autoscaling.minReplicas"
ROUTES = [
    (chat(autoscaling=ASLEEP), []),
    (merge(chat(autoscaling=ASLEEP), {"gateway": {"models": {"chat": {"model": "tiny"}}}}), [MINIMUM, CHAT]),
    (merge(chat(autoscaling=ASLEEP), {"gateway": {"models": {"chat": {"url": "http://x"}}}}), [MINIMUM]),
    (merge(chat(autoscaling=ASLEEP), {"gateway": {"enabled": False}}), [MINIMUM]),
    (merge(chat(autoscaling=ASLEEP), {"gateway": {"defaultModel": "chat"}}), [MINIMUM]),
    (
        merge(
            chat(autoscaling=ASLEEP),
            {"gateway": {"models": {"chat": {"required": False}}, "defaultModel": "chat"}},
        ),
        [],
    ),
    (merge(chat(autoscaling=ASLEEP), {"gateway": {"defaultModel": ["chat"]}}), []),
    ({"gateway": {"defaultModel": "far"}}, []),
    ({"gateway": {"defaultModel": ""}}, ["gateway.defaultModel"]),
]


@pytest.mark.parametrize(("change", "expected"), ROUTES)
def test_a_model_that_sleeps_is_woken_by_its_own_route(change, expected):
    found = find_route_findings(Layered(merge(GOOD, change)))
    assert sorted({one.path for one in found}) == sorted(expected)


def test_a_server_under_another_name_is_pointed_at_where_the_route_is_the_charts():
    origins = {("inference", "models", "chat", "servedName"): Origin("mine.yaml", 4)}
    (found,) = find_engine_findings(Layered(merge(GOOD, chat(servedName="big")), origins))
    assert (found.path, found.line) == (f"{CHAT}.servedName", 4)


def test_an_image_of_ones_own_for_an_engine_may_compute_on_anything():
    origins = {("inference", "engines", "vllm", "image", "repository"): Origin("mine.yaml", 4)}
    assert find_engine_findings(Layered(merge(GOOD, tiny(engine="vllm")), origins)) == ()
