"""Base is changed alone: a real backup first, the vector DB restarts and keeps its data, no traffic moves."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Ended, Stack

pytestmark = pytest.mark.e2e

POD = "genai-vectordb-0"
BACKUP = ("--set", "vectordb.backup.enabled=true,vectordb.backup.filesystem.size=1Gi")
CHANGED = (*BACKUP, "--set", "vectordb.podAnnotations.changed=yes")

# Runs in the database's own pod. Prints the classes that it holds.
CLIENT = """
import json, os, sys, urllib.request
def call(path, body=None):
    headers = {"content-type": "application/json"}
    key = os.environ.get("AUTHENTICATION_APIKEY_ALLOWED_KEYS")
    headers.update({"authorization": "Bearer " + key} if key else {})
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request("http://127.0.0.1:8080" + path, data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")
if sys.argv[1:] == ["write"]:
    call("/v1/schema", {"class": "Kept", "vectorizer": "none"})
print(json.dumps(sorted(one["class"] for one in call("/v1/schema")["classes"])))
"""


def ask(stack: Stack, *arguments: str) -> list[str]:
    """Run the client in the pod and return the classes."""
    found: list[str] = json.loads(stack.kubectl("exec", POD, "--", "python3", "-c", CLIENT, *arguments))
    return found


def read_uid(stack: Stack) -> str:
    return stack.kubectl("get", "pod", POD, "-o", "jsonpath={.metadata.uid}")


def change_base(stack: Stack, *arguments: str) -> Ended:
    ended = stack.run("release", "--base", "--yes", *arguments)
    assert ended.exit_code == 0, ended.text
    assert ended.result["phase"] == "Succeeded"
    return ended


def test_base_is_changed_alone_with_a_backup_first(stack: Stack) -> None:
    before = stack.status()["serving"]
    assert ask(stack, "write") == ["Kept"]
    refused = stack.run("release", "--yes", *BACKUP)
    assert refused.exit_code == 2, refused.text
    assert "StatefulSet/genai-vectordb" in refused.text
    assert "release --base" in refused.text

    nothing_to_back_up_with = stack.run("release", "--base", "--yes", *CHANGED)
    assert nothing_to_back_up_with.exit_code == 2, nothing_to_back_up_with.text
    assert "--without-backup" in nothing_to_back_up_with.text
    first = read_uid(stack)
    try:
        change_base(stack, "--without-backup", *BACKUP)
        second = read_uid(stack)
        assert second != first
        change_base(stack, *CHANGED)
        selector = ("-l", "app.kubernetes.io/component=vectordb-backup")
        (job,) = json.loads(stack.kubectl("get", "jobs", "-o", "json", *selector))["items"]
        assert [one["type"] for one in job["status"]["conditions"] if one["status"] == "True"][-1] == "Complete"
        assert read_uid(stack) != second
        assert ask(stack) == ["Kept"]
        assert stack.status()["weights"] == {before: 100}
        assert stack.chat()[1] == before
    finally:
        change_base(stack, "--without-backup")
    assert ask(stack) == ["Kept"]
