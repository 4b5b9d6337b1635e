"""TLS at a Gateway that the chart makes: a real certificate, listener and requests. And what a cluster lacks."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Stack, wait_until
from tests.e2e.plain import run_helm
from tooling.local.certificates import Authority, Identity
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.e2e

HOST = "tls.example"
NAMESPACE = "tls"
PLAIN, SECURE = 80, 443


class Edge:
    """The edge of the cluster as a client sees it that knows one authority."""

    def __init__(self, address: str, authority: str) -> None:
        self._address = address
        self._context = ssl.create_default_context(cadata=authority)

    def send(self, port: int, method: str = "POST") -> tuple[int, dict[str, str], bytes]:
        """Ask one question under the host name of the certificate; 0 while nobody answers as that host."""
        connection = http.client.HTTPConnection(self._address, port, timeout=60)
        try:
            connection.connect()
            if port == SECURE:
                connection.sock = self._context.wrap_socket(connection.sock, server_hostname=HOST)
            body = json.dumps({"message": "What is 2+2?", "max_tokens": 4})
            connection.request(method, "/chat", body, {"host": HOST, "content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        except (ssl.SSLError, ConnectionError):
            return 0, {}, b""
        finally:
            connection.close()


@pytest.fixture
def edge(stack: Stack, tmp_path: Path) -> Iterator[Edge]:
    """A plain install of the gateway alone, before the model that the stack serves already."""
    authority = Authority("test")
    pair = authority.issue(Identity(HOST, hosts=(HOST,)))
    for name, content in (("tls.crt", pair.certificate), ("tls.key", pair.key)):
        (tmp_path / name).write_bytes(content)
    model = f"http://genai-{stack.status()['serving']}-inference-smollm2.genai:8080"
    settings = {
        "gateway.models.smollm2.url": model,
        "inference.enabled": "false",
        "vectordb.enabled": "false",
        "evals.enabled": "false",
        "route.hostnames": f"{{{HOST}}}",
        "route.tls.secretName": "cert",
        "route.gateway.create": "true",
        "route.gateway.className": "traefik",
    }
    flags = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    images = str(ClusterFolder.of(stack.cluster.name).images)
    where = ("--namespace", NAMESPACE, "--kubeconfig", stack.cluster.kubeconfig)
    stack.kubectl("create", "namespace", NAMESPACE)
    try:
        files = (f"--cert={tmp_path / 'tls.crt'}", f"--key={tmp_path / 'tls.key'}")
        stack.kubectl("create", "secret", "tls", "cert", *files, "--namespace", NAMESPACE)
        run_helm("install", "front", "charts/genai-stack", "-f", "values/local.yaml", "-f", images, *flags, *where)
        yield Edge(str(urlsplit(stack.cluster.edge).hostname), authority.certificate.decode())
    finally:
        stack.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_answers_come_over_tls_and_plain_http_is_sent_there(stack: Stack, edge: Edge) -> None:
    wait_until(lambda: edge.send(SECURE)[0] == 200, 90, "an answer over TLS")
    status, headers, body = edge.send(SECURE)
    assert (status, headers["x-genai-slot"]) == (200, "all")
    assert json.loads(body)["response"]
    status, headers, _ = edge.send(PLAIN, "GET")
    target = urlsplit(headers["location"])
    assert (status, target.scheme, target.hostname) == (301, "https", HOST)
    gateway = json.loads(stack.kubectl("get", "gateway", "front", "--namespace", NAMESPACE, "-o", "json"))
    states = {
        c["type"]: c["status"] for listener in gateway["status"]["listeners"] for c in listener["conditions"]
    }
    assert states["ResolvedRefs"] == "True", gateway["status"]


def test_a_kind_that_the_cluster_lacks_is_said_before_anything_is_written(stack: Stack) -> None:
    settings = ("route.tls.certManager.issuer=x", "route.ingress.enabled=true", "route.hostnames={a.example}")
    flags = [part for setting in settings for part in ("--set", setting)]
    before = stack.kubectl("get", "configmaps,secrets", "-o", "name")
    ended = stack.run("release", "--yes", *flags)
    assert ended.exit_code == 2, ended.text
    assert "Certificate (cert-manager.io/v1), which route.tls.certManager.issuer asks for" in ended.text
    assert "Install cert-manager" in ended.text
    assert "Traceback" not in ended.text
    assert stack.kubectl("get", "configmaps,secrets", "-o", "name") == before
