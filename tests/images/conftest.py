"""The apps in images/ are imported by path: they are not part of the tooling package."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

IMAGES = Path(__file__).resolve().parents[2] / "images"
for _name in ("gateway", "inference-cpu", "evals", "vectordb", "fetch"):
    sys.path.insert(0, str(IMAGES / _name))

CONFIG: dict[str, Any] = {
    "instance": "genai",
    "slot": "green",
    "defaultModel": "small",
    "models": {
        "small": {
            "url": "http://small:8080",
            "servedName": "small-served",
            "timeoutSeconds": 5,
            "aliases": ["vendor/small"],
        },
        "large": {"url": "http://large:8080/", "timeoutSeconds": 0.05},
    },
    "flags": {},
}


def completion(text: str = "four", prompt: int = 7, answer: int = 3) -> dict[str, Any]:
    """What an OpenAI server answers."""
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    return {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}


@dataclass
class FakeServer:
    """Stands for the inference servers; `reply` says what a completion request gets."""

    reply: Callable[[httpx.Request], httpx.Response | Coroutine[Any, Any, httpx.Response]] = field(
        default=lambda _: httpx.Response(200, json=completion())
    )
    is_healthy: bool = True
    requests: list[httpx.Request] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health":
            return httpx.Response(200 if self.is_healthy else 503)
        self.requests.append(request)
        result = self.reply(request)
        return result if isinstance(result, httpx.Response) else await result

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


class Gateway:
    """The gateway in this process, in front of a fake server."""

    def __init__(self, server: FakeServer, document: dict[str, Any]) -> None:
        from genai_gateway.app import create_app
        from genai_gateway.config import parse

        self.server = server
        self.app = create_app(parse(document), httpx.MockTransport(server.answer))

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                return await client.request(method, path, **options)

        # Far above what an answer takes and below every timeout in the app: a hang is a failure, not a slow test.
        return asyncio.run(asyncio.wait_for(run(), 20))

    def chat(self, **body: Any) -> httpx.Response:
        return self.send("POST", "/chat", json=body)

    def count(self, metric: str, **labels: str) -> float | None:
        value: float | None = self.app.state.metrics.registry.get_sample_value(metric, labels)
        return value

    def counted(self) -> dict[tuple[str, str, str], float]:
        """Every count of requests there is, as (endpoint, model, code)."""
        samples = (
            sample
            for family in self.app.state.metrics.registry.collect()
            for sample in family.samples
            if sample.name == "genai_gateway_requests_total"
        )
        return {(s.labels["endpoint"], s.labels["model"], s.labels["code"]): s.value for s in samples}


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def make_gateway(server: FakeServer) -> Callable[..., Gateway]:
    return lambda **changes: Gateway(server, {**CONFIG, **changes})


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway]) -> Gateway:
    return make_gateway()
