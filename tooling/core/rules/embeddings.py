"""Rules on collections of the vector database and the models that embed for them."""

from __future__ import annotations

from collections.abc import Iterator

from tooling.core.finding import Finding, Severity
from tooling.core.rules.engines import Server, find_servers
from tooling.core.rules.workloads import is_on
from tooling.core.values import KeyPath, Layered, pick, place_finding, read_count, table


def find_embedding_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    if not is_on(layered.values, "vectordb"):
        return ()
    servers = find_servers(layered.values)
    found: list[Finding] = []
    for name, collection in table(layered.values, "vectordb", "collections").items():
        model, dimension = pick(collection, "model"), read_count(pick(collection, "dimension"))
        if isinstance(model, str) and dimension is not None:
            server = _find(servers, model)
            path: KeyPath = ("vectordb", "collections", name)
            if server is None:
                found.append(_tell_unserved(layered, path, dimension, servers))
            else:
                found += _check(layered, path, dimension, server)
    return tuple(found)


def _find(servers: tuple[Server, ...], model: str) -> Server | None:
    """The server of a model: the entry of that name, else the first that answers to it."""
    own = [server for server in servers if server.name == model]
    return next(iter([*own, *(server for server in servers if model in server.names)]), None)


def _tell_unserved(layered: Layered, path: KeyPath, dimension: int, servers: tuple[Server, ...]) -> Finding:
    known = sorted(server.name for server in servers if _read_dimension(server) is not None)
    hint = f"Add it to inference.models with embedding: {{dimension: {dimension}}}"
    hint += f", or name one that embeds: {', '.join(known)}." if known else "."
    message = f"is `{pick(layered.values, *path, 'model')}`, and no entry of inference.models answers to it."
    return place_finding(layered.origins, (*path, "model"), message, rule="embedding-model", hint=hint)


def _check(layered: Layered, path: KeyPath, dimension: int, server: Server) -> Iterator[Finding]:
    model, place, name = pick(layered.values, *path, "model"), f"inference.models.{server.name}", path[-1]
    beside = {*table(server.settings, "lora"), *table(server.settings, "with")} - {server.name}
    made = None if model in beside else _read_dimension(server)
    if made is None:
        message = f"is `{model}`, and {place} does not say how long its vectors are."
        hint = f"Write {server.yaml % f'embedding: {{dimension: {dimension}}}'}, or name a model that embeds."
        if model in beside:
            # What one process serves beside its own model has no settings, so nothing tells what it makes.
            message = f"is `{model}`, which {place} serves beside itself: nothing tells how long its vectors are."
            hint = f"Serve {model} as a model of its own, with embedding: {{dimension: {dimension}}}."
        yield place_finding(
            layered.origins,
            (*path, "model"),
            message,
            rule="embedding-model",
            severity=Severity.WARNING,
            hint=hint,
        )
    elif made != dimension:
        message = f"is {dimension}, and {place}.embedding.dimension is {made}: {name} takes no such vectors."
        entry = f"vectordb: {{collections: {{{name}_{made}: {{model: NAME, dimension: {made}}}}}}}"
        hint = (
            f"A new dimension means a new collection: serve the model of {made} under a NAME of its own, write"
            f" {entry}, and keep {name} and the model of {dimension} until nothing reads them."
            f" If the vectors in {name} have {made} numbers already, write dimension: {made}."
        )
        yield place_finding(layered.origins, (*path, "dimension"), message, rule="embedding-dimension", hint=hint)


def _read_dimension(server: Server) -> int | None:
    return read_count(pick(server.settings, "embedding", "dimension"))
