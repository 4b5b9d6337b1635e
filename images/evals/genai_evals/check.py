"""Checks that `helm test` runs inside the cluster: does the stack do its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from .run import complete

CLASS = "GenaiStackCheck"
DESCRIPTION = "Scratch class of genai-stack's helm test; it may be deleted at any time."
QUERY = f"{{Get {{{CLASS}(nearVector: {{vector: [0.9, 0.1]}}, limit: 1) {{text}}}}}}"
OBJECTS = (("far", [0.0, 1.0]), ("near", [1.0, 0.0]))


class CheckError(Exception):
    """The stack does not do its work; the text says what went wrong."""


def check_chat(client: httpx.Client, requests: int, model: str | None) -> str:
    """Get `requests` completions, one after the other; each must have text. Returns what was seen."""
    slots = set()
    for number in range(1, requests + 1):
        text, error, slot = complete(client, "What is 2+2?", 16, model)
        if error is not None:
            raise CheckError(f"completion {number} of {requests}: {error}")
        if not text or not text.strip():
            raise CheckError(f"completion {number} of {requests}: the answer is empty")
        slots.add(slot or "unknown")
    return f"{requests} completions from slot {', '.join(sorted(slots))}"


def check_vectors(client: httpx.Client) -> str:
    """Write two vectors to a class of its own, search, and delete the class. Returns what was seen."""
    with _scratch_class(client):
        for text, vector in OBJECTS:
            _call(client, "POST", "v1/objects", {"class": CLASS, "properties": {"text": text}, "vector": vector})
        found = _call(client, "POST", "v1/graphql", {"query": QUERY})
        try:
            nearest = found["data"]["Get"][CLASS][0]["text"]
        except (LookupError, TypeError):
            raise CheckError(f"the search found nothing: {str(found)[:300]}") from None
        if nearest != "near":
            raise CheckError(f"the search found {nearest!r} and not the nearest object")
    return "2 vectors written, the nearest found, all deleted"


@contextmanager
def _scratch_class(client: httpx.Client) -> Iterator[None]:
    """Make the class, after one that a killed check left, and delete it whatever comes."""
    left = _call(client, "GET", "v1/schema").get("classes") or []
    for old in left:
        if old.get("class") == CLASS:
            if old.get("description") != DESCRIPTION:
                raise CheckError(f"the class {CLASS} is there and not from a check: it is not touched")
            _call(client, "DELETE", f"v1/schema/{CLASS}")
    properties = [{"name": "text", "dataType": ["text"]}]
    document = {"class": CLASS, "description": DESCRIPTION, "vectorizer": "none", "properties": properties}
    _call(client, "POST", "v1/schema", document)
    try:
        yield
    finally:
        _call(client, "DELETE", f"v1/schema/{CLASS}")


def _call(client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        answer = client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise CheckError(f"{method} {path}: {type(error).__name__}: {error}") from error
    if answer.status_code >= 300:
        # The database's own words; it repeats neither key nor header.
        raise CheckError(f"{method} {path}: status {answer.status_code}: {answer.text[:300]}")
    try:
        document = answer.json() if answer.content else {}
    except ValueError as error:
        raise CheckError(f"{method} {path}: the answer is not JSON") from error
    return document if isinstance(document, dict) else {}
