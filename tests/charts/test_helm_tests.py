"""`helm test` has a pod for each component that answers, in the release that holds it; nothing else is a hook."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    ROUTE,
    Manifest,
    Renderer,
    Stack,
    component_of,
    find_case,
    find_template,
)

SECRET = 'vectordb.auth.existingSecret="my-key"'


def list_hooks(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    hooks = (m for m in manifests if "helm.sh/hook" in (m["metadata"].get("annotations") or {}))
    return {manifest["metadata"]["name"]: manifest for manifest in hooks}


def find_hooks(renderer: Renderer, view: Any, *settings: str, case: str = "ci/default") -> dict[str, Manifest]:
    return list_hooks(renderer.render(find_case(case), view, *settings))


def read_args(pod: Manifest) -> list[str]:
    args: list[str] = pod["spec"]["containers"][0]["args"]
    return args


@pytest.mark.parametrize(
    ("view", "names"),
    [
        (ALL, ["genai-evals-test", "genai-gateway-test", "genai-vectordb-test"]),
        (BASE, ["genai-evals-test", "genai-vectordb-test"]),
        (BLUE, ["genai-blue-gateway-test"]),
        (ROUTE, []),
    ],
    ids=["all", "base", "blue", "route"],
)
def test_each_release_tests_what_it_holds(renderer: Renderer, view: Any, names: list[str]) -> None:
    assert sorted(find_hooks(renderer, view)) == names


def test_the_only_hooks_are_test_pods_that_go_when_they_passed(stack: Stack) -> None:
    for manifest in list_hooks(stack.manifests).values():
        annotations = manifest["metadata"]["annotations"]
        assert (manifest["kind"], annotations["helm.sh/hook"]) == ("Pod", "test")
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        assert annotations["helm.sh/hook-output-log-policy"] == "hook-failed"
        assert component_of(manifest) == ("evals" if read_args(manifest)[0] == "run" else "test")
        assert manifest["spec"]["restartPolicy"] == "Never"
        assert 0 < manifest["spec"]["activeDeadlineSeconds"] < 300, "helm gives up after 5 minutes"


def test_a_check_goes_to_a_service_of_its_own_release(stack: Stack) -> None:
    for view in (ALL, BLUE, BASE):
        services = {m["metadata"]["name"] for m in stack.parts[view] if m["kind"] == "Service"}
        for pod in list_hooks(stack.parts[view]).values():
            args = read_args(pod)
            if args[0] == "check":
                host = args[args.index("--endpoint") + 1].removeprefix("http://").split(":")[0]
                assert host in services, f"{pod['metadata']['name']} as {view}"


def test_the_slot_is_asked_and_not_the_route(renderer: Renderer) -> None:
    pod = find_hooks(renderer, BLUE)["genai-blue-gateway-test"]
    assert read_args(pod) == ["check", "chat", "--endpoint", "http://genai-blue-gateway"]
    assert pod["metadata"]["labels"]["genai-stack/slot"] == "blue"


def test_the_key_of_the_database_comes_as_a_file(renderer: Renderer) -> None:
    pod = find_hooks(renderer, BASE, SECRET, 'vectordb.auth.secretKey="k"')["genai-vectordb-test"]
    (volume,) = (volume for volume in pod["spec"]["volumes"] if "secret" in volume)
    assert volume["secret"] == {"secretName": "my-key", "items": [{"key": "k", "path": "api-key"}]}
    (mount,) = (m for m in pod["spec"]["containers"][0]["volumeMounts"] if m["name"] == volume["name"])
    assert f"--key-file={mount['mountPath']}/api-key" in read_args(pod)
    assert mount["readOnly"] is True
    assert "env" not in pod["spec"]["containers"][0]
    assert "--key-file" not in str(find_hooks(renderer, BASE)["genai-vectordb-test"])


def test_the_evals_run_a_few_prompts_against_the_instance_and_keep_nothing(renderer: Renderer) -> None:
    pod = find_hooks(renderer, BASE, case="ci/evals")["genai-evals-test"]
    args = read_args(pod)
    assert args[args.index("--limit") + 1] == "2"
    assert not {"--publish", "--results-dir", "--threshold"} & set(args), "a short run is no result"
    assert {"name": "GENAI_ENDPOINT", "value": "http://genai"} in pod["spec"]["containers"][0]["env"]
    assert not [volume for volume in pod["spec"]["volumes"] if volume["name"] in ("api", "results")]


def test_the_checks_run_the_image_of_the_evals_where_the_evals_run(renderer: Renderer) -> None:
    settings = (
        'evals.image.tag="v9"',
        'evals.image.registry="mirror.example.com"',
        'evals.nodeSelector={"pool": "cpu"}',
        'evals.tolerations=[{"operator": "Exists"}]',
        'global.podLabels={"team": "ml"}',
    )
    for view in (ALL, BLUE):
        for pod in find_hooks(renderer, view, *settings).values():
            assert pod["spec"]["containers"][0]["image"] == "mirror.example.com/evals:v9"
            assert pod["spec"]["nodeSelector"] == {"pool": "cpu"}
            assert pod["spec"]["tolerations"] == [{"operator": "Exists"}]
            assert pod["metadata"]["labels"]["team"] == "ml"


def test_what_is_off_is_not_tested(renderer: Renderer) -> None:
    settings = ("evals.enabled=false", "vectordb.enabled=false")
    hooks = find_hooks(renderer, ALL, *settings)
    assert set(hooks) == {"genai-gateway-test"}
    assert hooks["genai-gateway-test"]["spec"]["containers"][0]["image"].startswith("docker.io/genaistack/evals:")


def test_no_service_budget_or_policy_of_a_server_takes_a_test_pod_for_one(stack: Stack) -> None:
    pods = [find_template(pod)["metadata"]["labels"] for pod in list_hooks(stack.manifests).values()]
    for manifest in stack.manifests:
        if manifest["kind"] in ("Service", "Deployment", "StatefulSet", "PodDisruptionBudget"):
            selector = manifest["spec"].get("selector") or {}
            wanted = selector.get("matchLabels", selector)
            assert not wanted or not [labels for labels in pods if wanted.items() <= labels.items()]
