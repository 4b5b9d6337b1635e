"""An API of somebody else's server, such as a metrics adapter's, is served through the API server."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tooling.local import containers
from tooling.local.certificates import Authority, Identity, write_pairs
from tooling.local.folders import ClusterFolder

pytestmark = pytest.mark.local

GROUP = "sizes.genai-stack.test"
VERSION = f"/apis/{GROUP}/v1"


@dataclass
class Adapter:
    """A server on loopback that answers only to the API server's own certificate."""

    port: int
    authority: bytes
    askers: list[str] = field(default_factory=list)


@pytest.fixture
def namespace(gpu_kubectl: Callable[..., str]) -> Iterator[str]:
    name = f"adapter-{secrets.token_hex(4)}"
    gpu_kubectl("create", "namespace", name)
    yield name
    gpu_kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def adapter(gpu_cluster: containers.Cluster, namespace: str, tmp_path: Path) -> Iterator[Adapter]:
    authority = Authority("adapter")
    write_pairs(tmp_path, [("server", authority.issue(Identity("x", hosts=(f"sizes.{namespace}.svc",))))])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    context.load_verify_locations(ClusterFolder.of(gpu_cluster.name).certificates / "front-proxy-ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    found: dict[str, Adapter] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found["it"].askers.append(self.headers.get("X-Remote-User", ""))
            resources = [
                {"name": "sizes", "singularName": "size", "namespaced": True, "kind": "Size", "verbs": ["get"]}
            ]
            body: dict[str, Any] = {"kind": "APIResourceList", "apiVersion": "v1", "resources": resources}
            if self.path != VERSION:
                body = {"kind": "Size", "apiVersion": f"{GROUP}/v1", "metadata": {"name": "shoe"}, "value": 42}
            answer = json.dumps(body | {"groupVersion": f"{GROUP}/v1"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found["it"] = Adapter(server.server_address[1], authority.certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found["it"]
    server.shutdown()
    server.server_close()


def test_an_api_service_leads_to_another_server_which_learns_who_asks(
    gpu_kubectl: Callable[..., str], namespace: str, adapter: Adapter
) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "sizes", "namespace": namespace}}
    service["spec"] = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": adapter.port}]}
    api = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1.{GROUP}"}}
    api["spec"] = {
        "group": GROUP,
        "version": "v1",
        "service": {"name": "sizes", "namespace": namespace, "port": adapter.port},
        "caBundle": base64.b64encode(adapter.authority).decode(),
        "groupPriorityMinimum": 1000,
        "versionPriority": 10,
    }
    gpu_kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, api]})
    )
    try:
        gpu_kubectl("wait", "--for=condition=Available", f"apiservice/v1.{GROUP}", "--timeout=60s")

        size = json.loads(gpu_kubectl("get", "--raw", f"{VERSION}/namespaces/{namespace}/sizes/shoe"))
    finally:
        gpu_kubectl("delete", f"apiservice/v1.{GROUP}")

    assert size["value"] == 42
    assert "genai:admin" in adapter.askers
