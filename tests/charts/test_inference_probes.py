"""Inference servers are probed by what they complete: out of service 60 s after a hang, restarted within 300."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.charts.rendering import ALL, Renderer, Stack, component_of, find_template, list_cases
from tests.charts.schemas import CHART

SCRIPT = CHART / "charts/inference/files/probe.py"
KINDS = {"startupProbe": "startup", "readinessProbe": "ready", "livenessProbe": "live"}
MODEL = "inference.models.smollm2"
PYTHON_SECONDS = 2
"""What Python may take to start, and to end, beside the deadline of all that it asks."""


def walk_servers(stack: Stack) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every inference server: its model, its container, its pod."""
    for manifest in stack.workloads:
        if component_of(manifest) == "inference":
            pod = find_template(manifest)["spec"]
            yield manifest["metadata"]["labels"]["genai-stack/model"], pod["containers"][0], pod


def read_option(probe: dict[str, Any], name: str) -> str:
    values = [word.partition("=")[2] for word in probe["exec"]["command"] if word.startswith(f"--{name}=")]
    assert len(values) == 1, probe
    return values[0]


def find_default(renderer: Renderer, *settings: str) -> dict[str, Any]:
    """The server container of the default values."""
    default = next(case for case in list_cases() if case.name == "ci/default")
    stack = Stack(default, {ALL: renderer.render(default, ALL, *settings)})
    return next(container for _, container, _ in walk_servers(stack))


def test_every_server_is_asked_for_completions_under_its_served_name(stack: Stack) -> None:
    for model, container, _ in walk_servers(stack):
        for probe, kind in KINDS.items():
            if "exec" not in container[probe]:
                continue
            assert container[probe]["exec"]["command"][:5] == ["python3", "-I", "-S", "/probe/probe.py", kind]
            entry = stack.case.values.get("inference", {}).get("models", {}).get(model, {})
            assert read_option(container[probe], "model") == (entry.get("servedName") or model)


def test_a_probe_ends_before_the_kubelet_loses_patience_with_it(stack: Stack) -> None:
    for model, container, _ in walk_servers(stack):
        for probe in KINDS:
            if "exec" in container[probe]:
                deadline = int(read_option(container[probe], "deadline"))
                assert deadline + PYTHON_SECONDS <= container[probe]["timeoutSeconds"], f"{model} {probe}"


@pytest.mark.parametrize(("probe", "promise"), [("readinessProbe", 60), ("livenessProbe", 300)])
def test_a_hang_is_answered_in_time_by_default(renderer: Renderer, probe: str, promise: int) -> None:
    found = find_default(renderer)[probe]
    look = max(found["timeoutSeconds"], found["periodSeconds"])
    # Just after a look the engine moves and hangs: the next look takes that for progress. Then each look takes as
    # long as it may, the first begins just too early to count, and the container ends by force.
    seen = found["periodSeconds"] + look
    counted = int(read_option(found, "patience")) + found["failureThreshold"] * look
    assert seen + counted + found.get("terminationGracePeriodSeconds", 0) <= promise


def test_the_script_is_where_the_probes_look_for_it(stack: Stack) -> None:
    scripts = {
        manifest["metadata"]["name"]: manifest["data"]["probe.py"]
        for manifest in stack.manifests
        if manifest["kind"] == "ConfigMap" and "probe.py" in manifest.get("data", {})
    }
    for _, container, pod in walk_servers(stack):
        volume = next(volume for volume in pod["volumes"] if volume["name"] == "probe")
        assert scripts[volume["configMap"]["name"]].strip() == SCRIPT.read_text(encoding="utf-8").strip()
        assert {"name": "probe", "mountPath": "/probe", "readOnly": True} in container["volumeMounts"]


def test_a_hung_server_is_killed_without_the_long_grace(stack: Stack) -> None:
    for model, container, pod in walk_servers(stack):
        for probe in ("startupProbe", "livenessProbe"):
            assert container[probe]["terminationGracePeriodSeconds"] <= 10, model
        assert pod["terminationGracePeriodSeconds"] > 10, model


@pytest.mark.parametrize("seconds", [5, 299, 300, 900, 1200])
@pytest.mark.parametrize("kind", ["completion", "http"])
def test_a_start_may_take_what_the_values_say_and_hardly_more(renderer: Renderer, seconds: int, kind: str) -> None:
    settings = (f"{MODEL}.startupSeconds={seconds}", f'{MODEL}.probes.kind="{kind}"')
    probe = find_default(renderer, *settings)["startupProbe"]
    looks, period, timeout = probe["failureThreshold"], probe["periodSeconds"], probe["timeoutSeconds"]
    assert (looks - 1) * period >= seconds, "the last look began before the time was over"
    # The kubelet runs probes one after another: a look of an engine that hangs takes all its timeout.
    worst = looks * max(period, timeout) + probe["terminationGracePeriodSeconds"]
    assert worst <= seconds + 50


def test_times_are_the_models_own(renderer: Renderer) -> None:
    settings = f'{MODEL}.probes={{"unreadyAfterSeconds": 90, "restartAfterSeconds": 900}}'
    container = find_default(renderer, settings)
    assert read_option(container["readinessProbe"], "patience") == "90"
    assert read_option(container["livenessProbe"], "patience") == "900"


def test_an_image_without_python_is_probed_by_http(renderer: Renderer) -> None:
    container = find_default(renderer, f'{MODEL}.probes.kind="http"')
    for probe in KINDS:
        assert container[probe]["httpGet"] == {"path": "/health", "port": "http"}
    source = {"image": None, "pvc": {"claimName": "w"}}
    own = {"engine": "custom", "command": ["serve"], "source": source, "image": {"repository": "own", "tag": "1"}}
    custom = f"{MODEL}={json.dumps(own)}"
    assert "httpGet" in find_default(renderer, custom)["readinessProbe"]


def test_a_restart_before_traffic_stops_is_refused(renderer: Renderer) -> None:
    message = renderer.refuse(f"{MODEL}.probes.restartAfterSeconds=30")
    assert "killed while it still gets requests" in message
    assert "probes: {restartAfterSeconds: 150}" in message


def test_a_served_name_reaches_the_probe_as_it_is(renderer: Renderer) -> None:
    name = "org/Model-7B:v1.0_x"
    container = find_default(renderer, f"{MODEL}.servedName={json.dumps(name)}")
    assert read_option(container["startupProbe"], "model") == name
