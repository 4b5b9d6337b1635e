"""Request bodies: what a caller may send, and what is sent on to the inference server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from .config import Config, Limits, Model


class RequestError(Exception):
    """The caller's own mistake: answered with `status` (4xx) and this text."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Completion:
    """A valid request, ready to be sent to `model`."""

    model: Model
    payload: dict[str, Any]
    is_stream: bool
    prompt: str


async def read_json(request: Request, limits: Limits) -> dict[str, Any]:
    """Read the body as a JSON object, at most `limits.max_request_bytes` of it."""
    too_large = RequestError(413, "request_too_large", f"the body may have {limits.max_request_bytes} bytes")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limits.max_request_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.max_request_bytes:
            raise too_large
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "invalid_json", "the body is not JSON") from error
    if not isinstance(document, dict):
        raise RequestError(400, "invalid_request", "the body must be a JSON object")
    return document


def pick_model(body: Mapping[str, Any], config: Config) -> Model:
    """The model that the body names, the default one when it names none; 404 for an unknown name."""
    name = body.get("model")
    if name is None:
        return config.models[config.default_model]
    if not isinstance(name, str):
        raise RequestError(400, "invalid_request", "model: must be a text")
    model = config.by_name.get(name)
    if model is None:
        raise RequestError(404, "unknown_model", "model: this gateway does not serve a model of that name")
    return model


def chat(body: Mapping[str, Any], model: Model, limits: Limits) -> Completion:
    """Read a POST /chat body: {message, max_tokens?}."""
    unknown = sorted(set(body) - {"message", "model", "max_tokens"})
    if unknown:
        raise RequestError(400, "invalid_request", "known fields are message, model and max_tokens")
    message = body.get("message")
    if not isinstance(message, str) or not message.strip():
        raise RequestError(400, "invalid_request", "message: must be a text that is not empty")
    most = _max_tokens(body, ("max_tokens",), limits) or limits.default_max_tokens
    payload = {
        "model": model.served_name,
        "messages": [{"role": "user", "content": message}],
        "max_tokens": most,
        "stream": False,
    }
    return Completion(model, payload, is_stream=False, prompt=message)


def openai(body: Mapping[str, Any], model: Model, limits: Limits) -> Completion:
    """Read a POST /v1/chat/completions body; fields this gateway does not know pass through."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RequestError(400, "invalid_request", "messages: must be a list that is not empty")
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise RequestError(400, "invalid_request", "stream: must be true or false")
    choices = body.get("n")
    if choices is not None and (isinstance(choices, bool) or not isinstance(choices, int) or choices < 1):
        raise RequestError(400, "invalid_request", "n: must be a whole number above 0")
    payload = {**body, "model": model.served_name}
    most = _max_tokens(body, ("max_tokens", "max_completion_tokens"), limits)
    if most is None:
        most = payload["max_tokens"] = limits.default_max_tokens
    if most * (choices or 1) > limits.max_tokens:
        raise RequestError(400, "invalid_request", f"n x max_tokens: at most {limits.max_tokens}")
    prompt = json.dumps(messages, ensure_ascii=False)
    return Completion(model, payload, is_stream=bool(stream), prompt=prompt)


def _max_tokens(body: Mapping[str, Any], keys: tuple[str, ...], limits: Limits) -> int | None:
    largest: int | None = None
    for key in keys:
        value = body.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limits.max_tokens:
            raise RequestError(400, "invalid_request", f"{key}: must be 1 to {limits.max_tokens}")
        largest = max(largest or 0, value)
    return largest
