"""What a user finds after the first release: answers, a vector database, evals."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Stack, wait_until

pytestmark = pytest.mark.e2e

PROBE = """
import json, os, urllib.request
def call(path, body=None):
    data = json.dumps(body).encode() if body else None
    headers = {"content-type": "application/json"}
    request = urllib.request.Request("http://genai-vectordb:8080" + path, data, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"{}")
call("/v1/schema", {"class": "Probe", "vectorizer": "none"})
call("/v1/objects", {"class": "Probe", "properties": {"text": "far"}, "vector": [0.0, 1.0]})
call("/v1/objects", {"class": "Probe", "properties": {"text": "near"}, "vector": [1.0, 0.0]})
query = "{Get {Probe(nearVector: {vector: [0.9, 0.1]}, limit: 1) {text}}}"
print("FOUND", call("/v1/graphql", {"query": query})["data"]["Get"]["Probe"][0]["text"])
"""


def test_a_question_gets_an_answer_of_the_model(stack: Stack) -> None:
    answer, slot = stack.chat()
    assert answer["model"] == "smollm2"
    assert answer["response"].strip()
    assert answer["tokens_used"] > 0
    assert slot in {"blue", "green"}


def test_the_vector_database_takes_a_write_and_answers_a_search(stack: Stack) -> None:
    deployment = f"deploy/genai-{stack.status()['serving']}-gateway"
    assert stack.kubectl("exec", deployment, "--", "python3", "-c", PROBE).strip() == "FOUND near"


def test_the_eval_job_started_by_hand_completes(stack: Stack) -> None:
    stack.kubectl("create", "job", "--from=cronjob/genai-evals", "by-hand")
    try:
        stack.kubectl("wait", "--for=condition=complete", "job/by-hand", "--timeout=180s")
        pods = stack.kubectl("logs", "job/by-hand")
        assert '"accuracy"' in pods
    finally:
        stack.kubectl("delete", "job", "by-hand", "--wait=false")


def test_every_pod_of_the_namespace_is_admitted_as_restricted(stack: Stack) -> None:
    pods = json.loads(stack.kubectl("get", "pods", "-o", "json"))["items"]
    assert pods
    for pod in pods:
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert not pod["spec"].get("automountServiceAccountToken", True)


def test_a_plain_helm_install_works_beside_and_is_not_taken_over(stack: Stack) -> None:
    from tests.e2e.plain import plain_install

    with plain_install(stack, "plain") as ready:
        wait_until(ready, 120, "the plain install's pods becoming ready")
        ended = stack.run("release", "--namespace", "plain", "--yes")
        assert ended.exit_code == 2
        assert "plain helm" in ended.text
        assert "Traceback" not in ended.text
