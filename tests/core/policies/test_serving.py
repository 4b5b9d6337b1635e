"""Policies on pods that serve a model."""

from __future__ import annotations

import pytest

from tests.core.policies.sample import assert_found, find

CHAT = "Deployment/chat"
AT = "spec.template.spec.containers[0]"
PLAIN = f"{CHAT} spec.template.metadata.annotations: {{}}"
MEMORY = f"{CHAT} container.resources: "
READY = f"{CHAT} container.readinessProbe: "
LIVE = f"{CHAT} container.livenessProbe: "
STOP = f"{CHAT} container.lifecycle: "
GRACE = f"{CHAT} pod.terminationGracePeriodSeconds: "
WEB_STOP = "Deployment/web container.lifecycle: "


@pytest.mark.parametrize(
    ("rule", "edits", "path", "text"),
    [
        (
            "memory-under-peak",
            (MEMORY + "{limits: {memory: 44Gi, nvidia.com/gpu: 2}, requests: {cpu: 1}}",),
            f"{AT}.resources.limits.memory",
            "the limit is 44Gi, and the pod's annotation genai-stack/peak-memory says that 40Gi are used."
            " Write limits: {memory: 48Gi}.",
        ),
        (
            "memory-under-peak",
            (MEMORY + "{limits: {nvidia.com/gpu: 2}, requests: {cpu: 1}}",),
            f"{AT}.resources.limits.memory",
            "there is no memory limit",
        ),
        (
            "memory-headroom",
            (PLAIN, MEMORY + "{limits: {memory: 2200Mi}, requests: {cpu: 1, memory: 2Gi}}"),
            f"{AT}.resources.limits.memory",
            "the limit 2.15Gi is less than 20 % above the 2Gi requested. Write limits: {memory: 2458Mi}.",
        ),
        (
            "probe-without-inference",
            (READY + "{httpGet: {path: /v1/models, port: http}, timeoutSeconds: 5}",),
            f"{AT}.readinessProbe",
            "looks at /v1/models: vLLM that hangs in its first token still passes.",
        ),
        ("probe-without-inference", (READY + "{tcpSocket: {port: 8080}}",), f"{AT}.readinessProbe", "at a port:"),
        (
            "probe-without-inference",
            (READY + "{grpc: {port: 8080}}",),
            f"{AT}.readinessProbe",
            "a health service:",
        ),
        (
            "probe-without-inference",
            (READY + "{exec: {command: [/bin/sh, -c, 'curl -f http://localhost:8080/health']}}",),
            f"{AT}.readinessProbe",
            "looks at the process:",
        ),
        ("probe-without-inference", (READY + "null",), f"{AT}.readinessProbe", "is missing:"),
        (
            "engine-without-startup-probe",
            (f"{CHAT} container.startupProbe: null",),
            f"{AT}.startupProbe",
            "so the livenessProbe kills vLLM when loading takes over 45 s."
            " Write startupProbe: {httpGet: as in livenessProbe",
        ),
        (
            "liveness-trips-under-load",
            (LIVE + "{tcpSocket: {port: http}}",),
            f"{AT}.livenessProbe",
            "kills vLLM after 30 s of answers over 1 s, which load causes.",
        ),
        (
            "liveness-equals-readiness",
            (LIVE + "{exec: {command: [python3, /probe.py]}, periodSeconds: 5, timeoutSeconds: 8}",),
            f"{AT}.livenessProbe",
            "Write livenessProbe: {failureThreshold: 6}, or another question.",
        ),
        (
            "grace-below-drain",
            (GRACE + "60",),
            "spec.template.spec.terminationGracePeriodSeconds",
            "60 s end before the drain: 5 s of preStop and 60 s of the server's own."
            " Write terminationGracePeriodSeconds: 70.",
        ),
        (
            "grace-below-drain",
            (GRACE + "null", STOP + "{preStop: {exec: {command: [sh, -c, 'sleep 10; stop; sleep 5']}}}"),
            "spec.template.spec.terminationGracePeriodSeconds",
            "30 s end before the drain: 15 s of preStop and 60 s",
        ),
        (
            "engine-without-shm",
            (f"{CHAT} container.volumeMounts: []",),
            f"{AT}.volumeMounts",
            "the 2 workers of vLLM talk through it",
        ),
        (
            "engine-without-shm",
            (f"{CHAT} pod.volumes: [{{name: weights, emptyDir: {{}}}}]", f"{CHAT} container.volumeMounts: []"),
            f"{AT}.volumeMounts",
            "mount it at /dev/shm.",
        ),
    ],
)
def test_what_is_wrong_is_found(rule: str, edits: tuple[str, ...], path: str, text: str) -> None:
    assert_found(rule, CHAT, edits, path, text)


@pytest.mark.parametrize(
    "edits",
    [
        # The request that is the limit is a reservation and says nothing of the peak.
        (PLAIN, MEMORY + "{limits: {memory: 2Gi}, requests: {cpu: 1, memory: 2Gi}}"),
        (PLAIN, MEMORY + "{limits: {cpu: 2}, requests: {cpu: 1, memory: 2Gi}}"),
        (
            PLAIN,
            f"{CHAT} container.image: 'other/server:1'",
            MEMORY + "{limits: {memory: 33Gi}, requests: {cpu: 1}}",
        ),
        (READY + "{exec: {command: [sh, -c, 'curl -f localhost:8080/v1/completions -d ...']}}",),
        (READY + "{exec: {command: [/opt/alive]}}",),
        (READY + "{exec: {command: []}}",),
        # Liveness may be what asks for a token.
        (READY + "{httpGet: {path: /health, port: http}}", LIVE + "{exec: {command: [ask]}, timeoutSeconds: 5}"),
        (LIVE + "null", f"{CHAT} container.startupProbe: null"),
        (LIVE + "{tcpSocket: {port: http}, initialDelaySeconds: 600, timeoutSeconds: 2}",),
        (LIVE + "{tcpSocket: {port: http}, failureThreshold: 6}",),
        (LIVE + "{exec: {command: [python3, /probe.py]}, periodSeconds: 5, failureThreshold: 9}",),
        (f"{CHAT} pod.hostIPC: true", f"{CHAT} container.volumeMounts: []"),
        (f"{CHAT} container.args: [/models]", f"{CHAT} container.volumeMounts: []"),
    ],
    ids=str,
)
def test_what_is_right_is_not(edits: tuple[str, ...]) -> None:
    assert find(*edits) == []


@pytest.mark.parametrize(
    ("image", "command", "path", "is_found"),
    [
        ("lmsysorg/sglang:v1", "[python3, -m, sglang.launch_server]", "/health", False),
        ("lmsysorg/sglang:v1", "[python3, -m, sglang.launch_server]", "/get_model_info", True),
        ("ghcr.io/huggingface/text-generation-inference:3.0", "[]", "/health?x=1", False),
        ("ghcr.io/huggingface/text-generation-inference:3.0", "[]", "/info", True),
        ("ghcr.io/ggml-org/llama.cpp:server-b5000", "[]", "/health", True),
        ("ollama/ollama:0.9", "[]", "/", True),
        ("nvcr.io/nvidia/tritonserver:25.01-py3", "[]", "/v2/health/ready", True),
        ("nvcr.io/nvidia/tensorrt-llm/release:1.2.1", "[]", "/health", True),
        ("registry:5000/own/server", "[sh, -c, 'exec vllm serve /models']", "/health", True),
        ("own/server:1", "[serve]", "/health", False),
        ("vllm/router:1", "[]", "/health", False),
    ],
)
def test_engines_are_known_by_image_or_command(image: str, command: str, path: str, is_found: bool) -> None:
    found = find(
        f"{CHAT} container.image: {image}",
        f"{CHAT} container.command: {command}",
        f"{CHAT} container.args: []",
        READY + f"{{httpGet: {{path: '{path}', port: http}}}}",
        LIVE + "null",
    )
    assert ("probe-without-inference" in [one[0] for one in found]) is is_found


def test_what_runs_once_is_no_server() -> None:
    assert find("CronJob/report job.template.spec.containers.0.image: 'vllm/vllm-openai:v1'") == []


@pytest.mark.parametrize(
    ("args", "grace", "is_found"),
    [
        ("[uvicorn, 'app:main', --timeout-graceful-shutdown, '40']", 45, True),
        ("[uvicorn, 'app:main', --timeout-graceful-shutdown, '40']", 60, False),
        ("[gunicorn, --graceful-timeout=50]", 45, True),
        ("[gunicorn, --bind=0.0.0.0]", 45, False),
        ("[server, --graceful-timeout, '5000']", 45, False),
        ("[uvicorn, --timeout-graceful-shutdown]", 45, False),
    ],
)
def test_web_servers_for_python_drain_as_their_flags_say(args: str, grace: int, is_found: bool) -> None:
    found = find(
        f"Deployment/web container.args: {args}",
        f"Deployment/web pod.terminationGracePeriodSeconds: {grace}",
        WEB_STOP + "{preStop: {sleep: {seconds: 10}}}",
    )
    assert [one[:2] for one in found] == [("grace-below-drain", "Deployment/web")] * is_found


def test_a_pause_as_long_as_the_grace_leaves_no_time_to_end() -> None:
    (found,) = find(WEB_STOP + "{preStop: {sleep: {seconds: 30}}}")
    assert found[0] == "grace-below-drain"


def test_engines_are_found_in_the_pods_of_other_kinds() -> None:
    start = "./start.sh; python3 -m vllm.entrypoints.openai.api_server"
    pod = f"{{containers: [{{name: %s, command: [sh, -c, '{start}'%s]}}]}}"
    leader, worker = pod % ("leader", ""), pod % ("worker", ", --tensor-parallel-size, '8'")
    found = find(
        "LeaderWorkerSet/big: {apiVersion: leaderworkerset.x-k8s.io/v1, spec: {replicas: 1, leaderWorkerTemplate:"
        f" {{leaderTemplate: {{spec: {leader}}}, others: [{{template: {{spec: {worker}}}}}]}}}}}}"
    )
    top = "spec.leaderWorkerTemplate"
    assert [one[:3] for one in found] == [
        (
            "probe-without-inference",
            "LeaderWorkerSet/big",
            f"{top}.leaderTemplate.spec.containers[0].readinessProbe",
        ),
        (
            "probe-without-inference",
            "LeaderWorkerSet/big",
            f"{top}.others[0].template.spec.containers[0].readinessProbe",
        ),
        ("engine-without-shm", "LeaderWorkerSet/big", f"{top}.others[0].template.spec.containers[0].volumeMounts"),
    ]


@pytest.mark.parametrize("image", ["docker.io/vllm/vllm-openai:v0.11.0", "own/server:1"])
def test_a_peak_is_of_the_server_and_not_of_a_sidecar_with_a_gpu(image: str) -> None:
    sidecar = "{name: watch, image: 'watch:1', restartPolicy: Always, resources: {limits: {nvidia.com/gpu: 1}}}"
    found = find(
        f"{CHAT} container.image: {image}",
        MEMORY + "{limits: {memory: 44Gi}, requests: {cpu: 1}}",
        f"{CHAT} pod.initContainers: [{sidecar}]",
    )
    assert [one[2] for one in found if one[0] == "memory-under-peak"] == [f"{AT}.resources.limits.memory"]


def test_a_peak_is_of_an_engine_that_is_a_sidecar_itself() -> None:
    engine = "{name: engine, image: 'vllm/vllm-openai:v1', restartPolicy: Always}"
    found = find(f"{CHAT} container.image: 'own/front:1'", f"{CHAT} pod.initContainers: [{engine}]")
    assert "spec.template.spec.initContainers[0].resources.limits.memory" in [one[2] for one in found]
