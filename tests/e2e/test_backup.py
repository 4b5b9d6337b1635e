"""A vector database loses its volume, and gets everything back out of a backup."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import ClusterUnderTest
from tests.e2e.conftest import wait_until
from tests.e2e.plain import run_helm
from tooling.local.binaries import build
from tooling.local.images import build_images, image_values
from tooling.local.loading import load_images

pytestmark = pytest.mark.e2e

NAMESPACE = "backup"
POD = "genai-vectordb-0"

# Runs in the database's own pod, where the key is. Prints what the collection holds, ids and vectors.
CLIENT = """
import json, os, sys, urllib.request, uuid
def call(path, body=None):
    headers = {"content-type": "application/json"}
    headers["authorization"] = "Bearer " + os.environ["AUTHENTICATION_APIKEY_ALLOWED_KEYS"]
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request("http://127.0.0.1:8080" + path, data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")
if sys.argv[1:] == ["write"]:
    call("/v1/schema", {"class": "Drill", "vectorizer": "none"})
    call("/v1/batch/objects", {"objects": [
        {"class": "Drill", "id": str(uuid.UUID(int=n)), "properties": {"n": n}, "vector": [n / 7, 1.0, n % 5]}
        for n in range(1, 501)
    ]})
names = [entry["class"] for entry in call("/v1/schema")["classes"]]
found = call("/v1/objects?class=Drill&include=vector&limit=1000")["objects"] if names else []
query = "{Get {Drill(nearVector: {vector: [42.0, 1.0, 4.0]}, limit: 3) {n}}}"
near = call("/v1/graphql", {"query": query})["data"]["Get"]["Drill"] if names else []
print(json.dumps({"classes": names, "near": near, "all": {e["id"]: e["vector"] for e in found}}, sort_keys=True))
"""


@dataclass(frozen=True)
class Database:
    """A database alone, in a namespace of its own, with backups switched on."""

    cluster: ClusterUnderTest
    values: Path

    def install(self, *settings: str) -> None:
        """Install or upgrade it with `helm`."""
        files = ["-f", "values/local.yaml", "-f", str(self.values)]
        sets = [part for setting in settings for part in ("--set", setting)]
        where = ["--namespace", NAMESPACE, "--kubeconfig", self.cluster.kubeconfig]
        run_helm(
            "upgrade", "--install", "genai", "charts/genai-stack", *files, *sets, "--create-namespace", *where
        )

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace and insist on success."""
        kubectl = build(["kubectl"])["kubectl"]
        command = [str(kubectl), "--kubeconfig", self.cluster.kubeconfig, "-n", NAMESPACE, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_ready(self, but: str = "") -> str:
        """Wait until the pod is ready; return its uid, which differs from `but`."""

        def look() -> str:
            selector = "app.kubernetes.io/component=vectordb"
            for pod in json.loads(self.kubectl("get", "pods", "-o", "json", "-l", selector))["items"]:
                states = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
                if states.get("Ready") == "True" and pod["metadata"]["uid"] != but:
                    return str(pod["metadata"]["uid"])
            return ""

        wait_until(lambda: bool(look()), 120, "the database becoming ready")
        return look()

    def ask(self, *arguments: str) -> dict[str, object]:
        """Run the client in the pod and return what the database holds."""
        held: dict[str, object] = json.loads(self.kubectl("exec", POD, "--", "python3", "-c", CLIENT, *arguments))
        return held

    def finish(self, job: str) -> str:
        """Wait for a Job to end, insist on success, and return its log."""

        def look() -> set[str]:
            status = json.loads(self.kubectl("get", "job", job, "-o", "json"))["status"]
            return {each["type"] for each in status.get("conditions", ()) if each["status"] == "True"}

        wait_until(lambda: bool(look() & {"Complete", "Failed"}), 90, f"the end of Job {job}")
        log = self.kubectl("logs", f"job/{job}")
        assert "Complete" in look(), log
        return log

    def back_up(self, job: str) -> str:
        """Start a scheduled backup by hand; return its log."""
        self.kubectl("create", "job", "--from=cronjob/genai-vectordb-backup", job)
        return self.finish(job)

    def find_restore(self) -> str:
        """Name of the one Job that restores; Helm took away that of another rendering."""
        selector = "app.kubernetes.io/component=vectordb-restore"
        found = [
            job["metadata"]
            for job in json.loads(self.kubectl("get", "job", "-o", "json", "-l", selector))["items"]
        ]
        (name,) = (metadata["name"] for metadata in found if "deletionTimestamp" not in metadata)
        return str(name)


@pytest.fixture
def database(test_cluster: ClusterUnderTest, tmp_path: Path) -> Iterator[Database]:
    images = build_images(only=["vectordb"])
    load_images(test_cluster.name, [image.archive for image in images])
    values = image_values(images)
    values["global"] = {**values.get("global", {}), "role": "base"}
    for section in ("gateway", "inference", "evals"):
        values[section] = {"enabled": False}
    values["vectordb"]["auth"] = {"existingSecret": "key"}
    values["vectordb"]["backup"] = {"enabled": True, "keep": 1, "filesystem": {"size": "1Gi"}}
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    database = Database(test_cluster, path)
    database.kubectl("create", "namespace", NAMESPACE)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key"},
        "stringData": {"api-key": secrets.token_hex(16)},
    }
    database.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    yield database
    database.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_a_lost_volume_is_restored_from_the_backup(database: Database) -> None:
    began = time.monotonic()
    database.install()
    pod = database.wait_ready()
    written = database.ask("write")
    assert written["classes"] == ["Drill"]
    assert len(written["all"]) == 500  # type: ignore[arg-type]

    first = re.search(r"backup (auto-\S+) done", database.back_up("first"))
    log = database.back_up("second")
    second = re.search(r"backup (auto-\S+) done", log)
    assert first
    assert second
    assert f"deleted old backup {first[1]}" in log

    lost = time.monotonic()
    database.kubectl("delete", "pvc", f"data-{POD}", "--wait=false")
    database.kubectl("delete", "pod", POD, "--wait=true")
    database.wait_ready(but=pod)
    assert database.ask() == {"classes": [], "near": [], "all": {}}

    database.install(f"vectordb.restore.from={second[1]}")
    log = database.finish(database.find_restore())
    assert f"restore of backup {second[1]} done: 1 classes" in log
    assert database.ask() == written
    seconds = [round(time.monotonic() - since) for since in (lost, began)]
    sys.stdout.write(f"back {seconds[0]} s after the loss, {seconds[1]} s in all\n")

    # The setting may stay: another Job for the same backup finds the collection there, and changes nothing.
    database.install(f"vectordb.restore.from={second[1]}", "vectordb.backup.podLabels.another=job")
    assert "nothing to restore" in database.finish(database.find_restore())
    assert database.ask() == written
