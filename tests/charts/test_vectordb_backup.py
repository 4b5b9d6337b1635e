"""Backups of the vector database: where they go, who makes them, and what a restore is."""

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
    component_of,
    find_case,
    find_template,
)

FILES = "vectordb.backup.enabled=true"
BUCKET = (FILES, 'vectordb.backup.target="s3"', 'vectordb.backup.s3.bucket="company"')
RESTORE = 'vectordb.restore.from="auto-20260101-021700"'
MOUNT = {"name": "vectordb-backups", "mountPath": "/var/lib/weaviate-backups"}


def pick(manifests: tuple[Manifest, ...], kind: str, component: str) -> dict[str, Any]:
    """The one object of that kind and component."""
    (found,) = (m for m in manifests if m["kind"] == kind and component_of(m) == component)
    return dict(found)


def find_pod(manifest: Manifest) -> dict[str, Any]:
    """Its pod spec."""
    pod: dict[str, Any] = find_template(manifest)["spec"]
    return pod


def read_options(manifest: Manifest) -> dict[str, str]:
    """The options of a Job's command, which is the first argument."""
    args = find_pod(manifest)["containers"][0]["args"]
    return dict(zip(args[1::2], args[2::2], strict=True))


def test_nothing_is_backed_up_unless_asked_for(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/default"), ALL)
    assert not [m for m in manifests if component_of(m).startswith("vectordb-")]
    variables = {
        v["name"]: v.get("value")
        for v in find_pod(pick(manifests, "StatefulSet", "vectordb"))["containers"][0]["env"]
    }
    assert variables["ENABLE_MODULES"] == ""


def test_backups_and_restores_are_of_base(renderer: Renderer) -> None:
    for view, count in ((ALL, 3), (BASE, 3), (BLUE, 0), (ROUTE, 0)):
        manifests = renderer.render(find_case("ci/default"), view, FILES, RESTORE)
        kinds = [m["kind"] for m in manifests if component_of(m) in ("vectordb-backup", "vectordb-restore")]
        assert len(kinds) == count, view


def test_files_are_on_a_volume_that_outlives_everything(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/default"), ALL, FILES, "vectordb.backup.keep=5")
    claim = pick(manifests, "PersistentVolumeClaim", "vectordb-backup")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    job = pick(manifests, "CronJob", "vectordb-backup")
    for manifest in (pick(manifests, "StatefulSet", "vectordb"), job):
        pod = find_pod(manifest)
        assert MOUNT in pod["containers"][0]["volumeMounts"]
        volume = {"name": MOUNT["name"], "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
        assert volume in pod["volumes"]
    options = read_options(job)
    assert (options["--folder"], options["--keep"]) == (MOUNT["mountPath"], "5")
    assert options["--backend"] == "filesystem"


def test_the_database_writes_where_the_volume_is(renderer: Renderer) -> None:
    container = find_pod(pick(renderer.render(find_case("ci/default"), ALL, FILES), "StatefulSet", "vectordb"))[
        "containers"
    ][0]
    variables = {v["name"]: v.get("value") for v in container["env"]}
    assert variables["BACKUP_FILESYSTEM_PATH"] == MOUNT["mountPath"]
    assert variables["ENABLE_MODULES"] == "backup-filesystem"


@pytest.mark.parametrize(("mode", "is_beside"), [("ReadWriteOnce", True), ("ReadWriteMany", False)])
def test_a_volume_of_one_node_puts_the_job_there(renderer: Renderer, mode: str, is_beside: bool) -> None:
    manifests = renderer.render(
        find_case("ci/default"), ALL, FILES, f'vectordb.backup.filesystem.accessMode="{mode}"'
    )
    job = find_pod(pick(manifests, "CronJob", "vectordb-backup"))
    assert ("affinity" in job) is is_beside
    if is_beside:
        (term,) = job["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["labelSelector"] == pick(manifests, "StatefulSet", "vectordb")["spec"]["selector"]


def test_the_job_may_run_where_the_database_may(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/backup"), ALL)
    database, job, restore = (
        find_pod(pick(manifests, kind, component))
        for kind, component in (
            ("StatefulSet", "vectordb"),
            ("CronJob", "vectordb-backup"),
            ("Job", "vectordb-restore"),
        )
    )
    for key in ("nodeSelector", "tolerations", "priorityClassName"):
        assert database[key] == job[key] == restore[key]


def test_a_claim_that_exists_is_used_and_not_made(renderer: Renderer) -> None:
    manifests = renderer.render(
        find_case("ci/default"), ALL, FILES, 'vectordb.backup.filesystem.existingClaim="nfs"'
    )
    assert not [
        m for m in manifests if m["kind"] == "PersistentVolumeClaim" and component_of(m) == "vectordb-backup"
    ]
    for kind, component in (("StatefulSet", "vectordb"), ("CronJob", "vectordb-backup")):
        claims = [v.get("persistentVolumeClaim") for v in find_pod(pick(manifests, kind, component))["volumes"]]
        assert {"claimName": "nfs"} in claims


def test_a_bucket_needs_no_volume_and_its_keys_are_references(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/replicated"), ALL)
    assert not [
        m for m in manifests if m["kind"] == "PersistentVolumeClaim" and component_of(m) == "vectordb-backup"
    ]
    container = find_pod(pick(manifests, "StatefulSet", "vectordb"))["containers"][0]
    variables = {v["name"]: v.get("value", v.get("valueFrom")) for v in container["env"]}
    assert {name: value for name, value in variables.items() if name.startswith(("BACKUP_", "AWS_"))} == {
        "BACKUP_S3_BUCKET": "company-backups",
        "BACKUP_S3_PATH": "genai/vectors",
        "BACKUP_S3_ENDPOINT": "s3.example.com:9000",
        "BACKUP_S3_USE_SSL": "false",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": {"secretKeyRef": {"name": "backup-bucket", "key": "access-key-id"}},
        "AWS_SECRET_ACCESS_KEY": {"secretKeyRef": {"name": "backup-bucket", "key": "secret-access-key"}},
    }
    options = read_options(pick(manifests, "CronJob", "vectordb-backup"))
    assert options["--backend"] == "s3"
    assert not {"--folder", "--keep"} & set(options)


def test_the_pods_own_identity_needs_no_keys(renderer: Renderer) -> None:
    container = find_pod(pick(renderer.render(find_case("ci/default"), ALL, *BUCKET), "StatefulSet", "vectordb"))[
        "containers"
    ][0]
    assert not [v["name"] for v in container["env"] if v["name"].startswith("AWS_")]


def test_jobs_wait_for_every_node_and_end_before_they_are_killed(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/replicated"), ALL, "vectordb.backup.extraArgs=[]")
    backup, restore = pick(manifests, "CronJob", "vectordb-backup"), pick(manifests, "Job", "vectordb-restore")
    for manifest, spec in ((backup, backup["spec"]["jobTemplate"]["spec"]), (restore, restore["spec"])):
        options = read_options(manifest)
        assert options["--nodes"] == "3"
        assert int(options["--timeout"]) < spec["activeDeadlineSeconds"]
    assert backup["spec"]["concurrencyPolicy"] == "Forbid"


def test_a_restore_is_another_job_when_anything_of_it_changes(renderer: Renderer) -> None:
    def name(*settings: str) -> str:
        manifests = renderer.render(find_case("ci/default"), ALL, FILES, RESTORE, *settings)
        return str(pick(manifests, "Job", "vectordb-restore")["metadata"]["name"])

    names = [
        name(),
        name('vectordb.restore.from="another"'),
        name('vectordb.image.tag="v2"'),
        name("vectordb.backup.timeoutSeconds=60"),
        name('vectordb.auth.existingSecret="key"'),
    ]
    assert len(set(names)) == len(names)
    assert name("vectordb.backup.keep=3", "gateway.replicas=2") == names[0]


def test_only_backups_take_more_arguments(renderer: Renderer) -> None:
    settings = (FILES, RESTORE, 'vectordb.backup.extraArgs=["--keep", "9"]')
    manifests = renderer.render(find_case("ci/default"), ALL, *settings)
    assert read_options(pick(manifests, "CronJob", "vectordb-backup"))["--keep"] == "9"
    assert read_options(pick(manifests, "Job", "vectordb-restore"))["--id"] == "auto-20260101-021700"
    assert "--keep" not in read_options(pick(manifests, "Job", "vectordb-restore"))


def test_what_is_added_reaches_both_jobs(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/replicated"), ALL)
    for kind, component in (("CronJob", "vectordb-backup"), ("Job", "vectordb-restore")):
        template = find_template(pick(manifests, kind, component))
        container = template["spec"]["containers"][0]
        assert {"name": "TZ", "value": "Europe/Vienna"} in container["env"]
        assert {"name": "ca", "mountPath": "/etc/ssl/company", "readOnly": True} in container["volumeMounts"]
        assert {"name": "ca", "configMap": {"name": "company-ca"}} in template["spec"]["volumes"]
        assert template["metadata"]["labels"]["tier"] == "batch"
        assert template["metadata"]["annotations"]["example.com/note"] == "backup"
        assert container["command"] == ["genai-backup"]


def test_names_of_jobs_leave_room_for_those_of_their_pods(renderer: Renderer) -> None:
    manifests = renderer.render(find_case("ci/long-names"), ALL, FILES, RESTORE)
    assert len(pick(manifests, "CronJob", "vectordb-backup")["metadata"]["name"]) <= 52
    assert len(pick(manifests, "Job", "vectordb-restore")["metadata"]["name"]) <= 63
