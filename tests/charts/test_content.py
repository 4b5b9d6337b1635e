"""The pieces fit: routes of the gateway lead to Services, arguments and environment are what the images expect."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.charts.rendering import ALL, BASE, BLUE, Case, Renderer, Stack, component_of, find_template, list_cases

HOSTILE = [
    'x"\n  injected: true',
    "{{ .Release.Name }}",
    "a: b # c",
    "'",
    "\\n",
    "%s",
    "- x",
    "&a *b",
    "\u00e4\u4e2d",
]


def find_case(name: str) -> Case:
    return next(case for case in list_cases() if case.name == name)


def read_config(manifests: Any) -> dict[str, Any]:
    (found,) = (m for m in manifests if m["kind"] == "ConfigMap" and component_of(m) == "gateway")
    config: dict[str, Any] = yaml.safe_load(found["data"]["config.yaml"])
    return config


def test_routes_of_the_gateway_lead_to_services_of_the_same_release(stack: Stack) -> None:
    for view in (ALL, BLUE):
        services = {m["metadata"]["name"]: m for m in stack.parts[view] if m["kind"] == "Service"}
        routes = stack.case.values.get("gateway", {}).get("models", {})
        for name, route in read_config(stack.parts[view])["models"].items():
            if not (routes.get(name) or {}).get("url"):
                host, port = route["url"].removeprefix("http://").split(":")
                assert services[host]["spec"]["ports"][0]["port"] == int(port)
                assert services[host]["metadata"]["labels"]["genai-stack/model"] == (
                    (routes.get(name) or {}).get("model") or name
                )


def test_gateway_config_of_a_slot(renderer: Renderer) -> None:
    assert read_config(renderer.render(find_case("values/local"), BLUE)) == {
        "instance": "genai",
        "slot": "blue",
        "defaultModel": "smollm2",
        "models": {
            "smollm2": {
                "url": "http://genai-blue-inference-smollm2:8080",
                "servedName": "smollm2",
                "timeoutSeconds": 60,
            }
        },
        "flags": {"exposeModels": True, "logPrompts": False},
        "limits": {},
    }


def test_numbers_are_never_written_in_powers_of_ten(stack: Stack, renderer: Renderer) -> None:
    for view in (ALL, BASE):
        assert "e+0" not in renderer.template(stack.case, view)


def test_inference_arguments(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("values/local"), BLUE)
    (pod,) = (find_template(m)["spec"] for m in manifests if find_template(m) and component_of(m) == "inference")
    args = pod["containers"][0]["args"]
    assert dict(zip(args[::2], args[1::2], strict=True)) == {
        "--model": "/models/model.gguf",
        "--alias": "smollm2",
        "--host": "0.0.0.0",
        "--port": "8080",
        "--context": "2048",
        "--parallel": "4",
        "--threads": "1",
        "--drain-seconds": "60",
    }
    assert pod["initContainers"][0]["command"] == ["cp", "/model/model.gguf", "/models/model.gguf"]


def test_image_volume_needs_no_copy(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/image-volume"), ALL)
    (pod,) = (find_template(m)["spec"] for m in manifests if find_template(m) and component_of(m) == "inference")
    assert "initContainers" not in pod
    (mount,) = (mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == "models")
    assert mount == {"name": "models", "mountPath": "/models", "subPath": "model", "readOnly": True}


@pytest.mark.parametrize("secret", ["", "my-key"])
def test_the_database_is_open_only_without_a_key(renderer: Renderer, secret: str) -> None:
    manifests = renderer.render(find_case("ci/default"), ALL, f'vectordb.auth.existingSecret="{secret}"')
    (pod,) = (find_template(m)["spec"] for m in manifests if find_template(m) and component_of(m) == "vectordb")
    variables = {v["name"]: v.get("value", v.get("valueFrom")) for v in pod["containers"][0]["env"]}
    assert variables["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == ("false" if secret else "true")
    key = variables.get("AUTHENTICATION_APIKEY_ALLOWED_KEYS")
    assert key == ({"secretKeyRef": {"name": secret, "key": "api-key"}} if secret else None)


def test_suites_are_json_lines(stack: Stack) -> None:
    for manifest in stack.parts[ALL]:
        if manifest["kind"] == "ConfigMap" and component_of(manifest) == "evals" and "data" in manifest:
            for text in manifest["data"].values():
                prompts = [json.loads(line) for line in text.splitlines()]
                assert len({prompt["id"] for prompt in prompts}) == len(prompts)
                assert all({"id", "prompt", "expect"} <= set(prompt) for prompt in prompts)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_users_stay_texts(renderer: Renderer, text: str) -> None:
    quoted = json.dumps(text)
    manifests = renderer.render(
        find_case("ci/default"),
        ALL,
        f'gateway.extraEnv=[{{"name": "A", "value": {quoted}}}]',
        f"gateway.extraArgs=[{quoted}]",
        f"gateway.podAnnotations.note={quoted}",
        f"gateway.models.smollm2.servedName={quoted}",
        f'evals.suites.golden.prompts=[{{"id": "a", "prompt": {quoted}, "expect": {{"exact": {quoted}}}}}]',
    )
    pod = next(find_template(m) for m in manifests if find_template(m) and component_of(m) == "gateway")
    container = pod["spec"]["containers"][0]
    assert container["env"] == [{"name": "A", "value": text}]
    assert container["args"] == [text]
    assert pod["metadata"]["annotations"]["note"] == text
    assert read_config(manifests)["models"]["smollm2"]["servedName"] == text
    maps = (m for m in manifests if m["kind"] == "ConfigMap" and component_of(m) == "evals")
    (suite,) = (m["data"] for m in maps if "data" in m)
    assert json.loads(suite["golden.jsonl"])["prompt"] == text
