"""Weights on a shared claim: one folder per digest, one Job per folder, kept when the release goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.rendering import ALL, BASE, BLUE, ROUTE, Manifest, Renderer, component_of, find_template
from tests.charts.test_inference import SOURCES, find_deployments, render_models

SHARED = "inference.weights.enabled=true"
HUB: dict[str, Any] = SOURCES["hf"]["hf"]


def render(renderer: Renderer, *sources: dict[str, Any], more: tuple[str, ...] = (), view: Any = ALL) -> Any:
    models = {f"m{number}": {"source": source} for number, source in enumerate(sources)}
    return render_models(renderer, models, SHARED, *more, view=view)


def find_jobs(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    """Prefetch Jobs by the digest that they bring."""
    jobs = (m for m in manifests if m["kind"] == "Job" and component_of(m) == "model-prefetch")
    return {m["metadata"]["annotations"]["genai-stack/digest"]: m for m in jobs}


def find_claims(manifests: tuple[Manifest, ...]) -> list[Any]:
    return [m for m in manifests if m["kind"] == "PersistentVolumeClaim" and component_of(m) == "model-prefetch"]


def test_the_claim_outlives_the_release(renderer: Renderer) -> None:
    more = ('inference.weights.size="500Gi"', 'inference.weights.storageClass="files"')
    (claim,) = find_claims(render(renderer, SOURCES["hf"], more=more))
    assert claim["metadata"]["name"] == "genai-weights"
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "files",
        "resources": {"requests": {"storage": "500Gi"}},
    }


def test_each_role_has_its_part(renderer: Renderer) -> None:
    for view, has_jobs in ((ALL, True), (BASE, True), (BLUE, False), (ROUTE, False)):
        manifests = render(renderer, SOURCES["hf"], view=view)
        assert bool(find_jobs(manifests)) is has_jobs, view
        assert bool(find_claims(manifests)) is has_jobs, view
    accounts = {m["metadata"]["name"] for m in render(renderer, view=BASE) if m["kind"] == "ServiceAccount"}
    assert "genai-model-prefetch" in accounts


def test_pods_wait_for_the_folder_that_a_job_brings_and_read_it_only(renderer: Renderer) -> None:
    manifests = render(renderer, SOURCES["hf"], SOURCES["s3"], SOURCES["pvc"])
    jobs = find_jobs(manifests)
    assert len(jobs) == 2, "what lies on a claim already needs no Job"
    for model in ("m0", "m1"):
        pod = find_template(find_deployments(manifests)[model])["spec"]
        (volume,) = (v for v in pod["volumes"] if v["name"] == "weights")
        assert volume["persistentVolumeClaim"] == {"claimName": "genai-weights", "readOnly": True}
        (mount,) = (m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "weights")
        assert mount["subPath"] in jobs
        assert mount["readOnly"] is True
        (init,) = pod["initContainers"]
        assert init["args"][:3] == ["wait", "--to", f"/weights/{mount['subPath']}"]
        assert not [v for v in pod["volumes"] if "secret" in v], "only the Job has the credentials"


def test_a_job_writes_the_claim_with_the_credentials_as_files(renderer: Renderer) -> None:
    for digest, job in find_jobs(render(renderer, SOURCES["hf"], SOURCES["s3"])).items():
        pod = find_template(job)["spec"]
        args = pod["containers"][0]["args"]
        assert args[args.index("--to") + 1] == f"/weights/{digest}"
        volumes = {v["name"]: v for v in pod["volumes"]}
        assert volumes["weights"]["persistentVolumeClaim"] == {"claimName": "genai-weights"}
        (secret,) = (v["secret"]["secretName"] for v in volumes.values() if "secret" in v)
        assert secret in ("hub", "keys")
        assert pod["restartPolicy"] == "Never"
        assert job["spec"]["podReplacementPolicy"] == "Failed", "two pods would write one folder"
        assert job["spec"]["activeDeadlineSeconds"] == 7200
        assert "ttlSecondsAfterFinished" not in job["spec"], "a Job that is gone would be made again by an upgrade"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({**HUB}, True),
        ({**HUB, "existingSecret": "another", "secretKey": "t"}, True),
        ({**HUB, "files": []}, True),
        ({**HUB, "revision": "1" * 40}, False),
        ({**HUB, "repository": "o/other"}, False),
        ({**HUB, "files": ["*.json"]}, False),
    ],
)
def test_the_digest_changes_with_the_bytes_and_with_nothing_else(
    renderer: Renderer, other: dict[str, Any], is_same: bool
) -> None:
    jobs = find_jobs(render(renderer, SOURCES["hf"], {"hf": other}))
    assert len(jobs) == (1 if is_same else 2)


def test_a_new_revision_is_a_new_folder_and_leaves_the_old(renderer: Renderer) -> None:
    s3 = SOURCES["s3"]["s3"]
    uris = [{"s3": s3}, {"s3": {**s3, "uri": "s3://models/x/"}}, {"s3": {**s3, "revision": "v2"}}]
    assert len(find_jobs(render(renderer, *uris))) == 2, "a slash at the end is the same place"
    assert len(find_jobs(render(renderer, {"s3": s3}, {"s3": {**s3, "endpoint": "https://other"}}))) == 2


def test_a_job_with_other_pods_has_another_name(renderer: Renderer) -> None:
    (before,) = find_jobs(render(renderer, SOURCES["hf"])).values()
    (after,) = find_jobs(render(renderer, SOURCES["hf"], more=('inference.fetch.image.tag="v9"',))).values()
    assert before["metadata"]["annotations"] == after["metadata"]["annotations"]
    assert before["metadata"]["name"] != after["metadata"]["name"], (
        "Kubernetes refuses to change the pods of a Job"
    )


def test_a_claim_of_the_users_is_taken_and_not_made(renderer: Renderer) -> None:
    manifests = render(renderer, SOURCES["hf"], more=('inference.weights.existingClaim="mine"',))
    assert not find_claims(manifests)
    claims = {v["persistentVolumeClaim"]["claimName"] for v in _volumes(manifests) if "persistentVolumeClaim" in v}
    assert claims == {"mine"}


def test_a_claim_that_can_only_be_read_gets_no_job(renderer: Renderer) -> None:
    more = ('inference.weights.existingClaim="full"', 'inference.weights.accessMode="ReadOnlyMany"')
    manifests = render(renderer, SOURCES["hf"], more=more)
    assert not find_jobs(manifests)
    assert find_deployments(manifests)["m0"]


def test_one_node_may_share_a_claim_that_one_node_mounts(renderer: Renderer) -> None:
    more = ('inference.weights.accessMode="ReadWriteOnce"', "inference.weights.singleNode=true")
    (claim,) = find_claims(render(renderer, SOURCES["hf"], more=more))
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_what_the_downloads_need_reaches_the_job_and_the_init_container(renderer: Renderer) -> None:
    more = (
        'inference.fetch.extraEnv=[{"name": "HF_ENDPOINT", "value": "https://mirror"}]',
        'inference.fetch.extraVolumes=[{"name": "ca", "configMap": {"name": "company"}}]',
        'inference.fetch.extraVolumeMounts=[{"name": "ca", "mountPath": "/ca"}]',
        'inference.fetch.extraArgs=["--workers", "8"]',
    )
    (job,) = find_jobs(render(renderer, SOURCES["hf"], more=more)).values()
    own = render_models(renderer, {"chat": {"source": SOURCES["hf"]}}, *more)
    (init,) = find_template(find_deployments(own)["chat"])["spec"]["initContainers"]
    for container in (find_template(job)["spec"]["containers"][0], init):
        assert {"name": "HF_ENDPOINT", "value": "https://mirror"} in container["env"]
        assert {"name": "ca", "mountPath": "/ca"} in container["volumeMounts"]
        assert container["args"][-2:] == ["--workers", "8"]
    waiting = find_template(find_deployments(render(renderer, SOURCES["hf"], more=more))["m0"])["spec"]
    assert "--workers" not in waiting["initContainers"][0]["args"]


def _volumes(manifests: tuple[Manifest, ...]) -> list[Any]:
    return [volume for m in manifests for volume in find_template(m).get("spec", {}).get("volumes", ())]
