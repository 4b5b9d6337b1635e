"""Rules on extraArgs: what the chart says to a server itself, and Services and probes rely on, stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tooling.core.finding import Finding
from tooling.core.rules.engines import find_servers
from tooling.core.rules.workloads import is_on
from tooling.core.values import KeyPath, Layered, pick, place_finding, table

_PORT = "8080"
_LOOPBACK = ("127.", "localhost", "::1")
_SERVERS = ("gateway", "vectordb")


def find_argument_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    for name in _SERVERS:
        if is_on(layered.values, name):
            found += _check_arguments(layered, (name,), pick(layered.values, name, "extraArgs"))
    for server in find_servers(layered.values):
        if server.engine != "custom":
            found += _check_arguments(
                layered, _find_source(layered, server.path), server.settings.get("extraArgs")
            )
    return tuple(dict.fromkeys(found))


def _find_source(layered: Layered, path: KeyPath) -> KeyPath:
    """Return where the extraArgs of a model stand: in its entry, its hardware or the defaults."""
    inference, model = table(layered.values, "inference"), pick(layered.values, *path)
    profile = pick(model, "profile") or pick(inference, "modelDefaults", "profile")
    paths: tuple[KeyPath, ...] = (path, ("inference", "profiles", str(profile)), ("inference", "modelDefaults"))
    return next((one for one in paths if pick(layered.values, *one, "extraArgs") is not None), path)


def _check_arguments(layered: Layered, path: KeyPath, arguments: Any) -> Iterator[Finding]:
    texts = [one if isinstance(one, str) else "" for one in arguments] if isinstance(arguments, list) else []
    for index, text in enumerate(texts):
        flag, sign, value = text.partition("=")
        value = value if sign else "".join(texts[index + 1 : index + 2])
        if flag == "--port" and value != _PORT:
            message = f"sets another port, and Services and probes ask at {_PORT}: no request would arrive."
        elif flag == "--host" and value.startswith(_LOOPBACK):
            message = "lets the server listen inside its own pod alone: no request would arrive."
        else:
            continue
        hint = f"Take {flag} out: the chart sets it."
        yield place_finding(
            layered.origins, (*path, "extraArgs", index), message, rule="server-address", hint=hint
        )
