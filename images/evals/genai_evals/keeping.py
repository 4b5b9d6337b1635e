"""Where results stay: whole in a folder with a limited history, in short in a ConfigMap of the cluster."""

from __future__ import annotations

import json
import os
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MOST_FAILED = 20
MOST_BYTES = 8 * 1024
TRIES = 3
PAUSE_SECONDS = 2.0


class KeepError(Exception):
    """The results can't be kept; the text says where and why."""


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write the file whole or not at all: a reader never sees half of it."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(to_text(document), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise KeepError(f"{path}: {error.strerror or error}") from error


def to_text(document: Mapping[str, Any]) -> str:
    """Return the JSON text of a result file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def remember(summary: Mapping[str, Any], folder: Path, history: int) -> Path:
    """Write the results to a new file of `folder`/<suite>, and delete all but the newest `history` there."""
    place: Path = folder / summary["suite"]
    # The time first, so that names sort by age; the rest tells two runs of one second apart.
    stamp = summary["started"].replace("-", "").replace(":", "")
    path = place / f"{stamp}-{secrets.token_hex(3)}.json"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KeepError(f"{place}: {error.strerror or error}") from error
    write(summary, path)
    for old in sorted(place.glob("*.json"))[:-history]:
        with suppress(OSError):
            old.unlink()
    return path


def shorten(summary: Mapping[str, Any]) -> str:
    """Return the summary as JSON of at most 8 KiB and without answers: many may read a ConfigMap."""
    short = {key: value for key, value in summary.items() if key != "results"}
    failed = [result["id"] for result in summary["results"] if not result["passed"]]
    names = [name if len(name) <= 64 else f"{name[:61]}..." for name in failed[:MOST_FAILED]]
    text = to_text({**short, "failed": names})
    # Ids of many bytes a letter, or names of models without end, may still be too much.
    if len(text.encode()) > MOST_BYTES:
        text = to_text({**short, "failed": [], "slots": {}, "model": None})
    return text


def publish(
    summary: Mapping[str, Any],
    name: str,
    *,
    account: Path | None = None,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put the short results under `<suite>.json` into the ConfigMap `name`; its other keys stay as they are."""
    account = account or ACCOUNT
    try:
        token = (account / "token").read_text(encoding="utf-8").strip()
        namespace = (account / "namespace").read_text(encoding="utf-8").strip()
        trust = ssl.create_default_context(cafile=account / "ca.crt")
    except (OSError, ssl.SSLError) as error:
        raise KeepError(f"ConfigMap {name}: {account} has no account to write with: {error}") from error
    path = f"api/v1/namespaces/{namespace}/configmaps/{name}"
    body = json.dumps({"data": {f"{summary['suite']}.json": shorten(summary)}})
    headers = {"authorization": f"Bearer {token}", "content-type": "application/merge-patch+json"}
    with httpx.Client(
        base_url=_find_server(), headers=headers, verify=trust, timeout=10, transport=transport, trust_env=False
    ) as client:
        for attempt in range(1, TRIES + 1):
            trouble, is_final = _patch(client, path, body)
            if not trouble:
                return
            if is_final or attempt == TRIES:
                raise KeepError(f"ConfigMap {name} in {namespace}: {trouble}")
            sleep(PAUSE_SECONDS)


def _find_server() -> str:
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{word}") for word in ("HOST", "PORT"))
    if not host:
        return "https://kubernetes.default.svc/"
    return f"https://{f'[{host}]' if ':' in host else host}:{port or 443}/"


def _patch(client: httpx.Client, path: str, body: str) -> tuple[str, bool]:
    """Send one patch; return what went wrong, empty for nothing, and whether another try is pointless."""
    try:
        answer = client.patch(path, content=body)
    except httpx.HTTPError as error:
        return f"the API server cannot be reached: {type(error).__name__}: {error}", False
    if answer.status_code < 300:
        return "", True
    hints = {403: ": the Role of the chart is not there", 404: ": it is not there; helm upgrade makes it again"}
    hint = hints.get(answer.status_code, "")
    return f"status {answer.status_code}{hint}", answer.status_code < 500 and answer.status_code != 429
