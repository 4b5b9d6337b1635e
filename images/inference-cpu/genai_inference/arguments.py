"""The command line, read and checked before a model is loaded."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .faults import Faults

DEFAULT_PATH = "/models/model.gguf"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter of a model: the name that requests use for the model with it, and its GGUF file."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Model:
    """One model: the names that requests may use, the first of which is its own, and its GGUF file."""

    names: tuple[str, ...]
    path: Path
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What one server runs with; every model gets `context`, `parallel` and `threads` of its own."""

    models: tuple[Model, ...]
    host: str
    port: int
    context: int
    parallel: int
    threads: int
    shutdown_seconds: float
    faults: Faults


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, is {value}")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"must be 1 to 65535, is {value}")
    return value


def parse(argv: Sequence[str] | None = None) -> Settings:
    """Read the command line; a mistake ends the process with exit code 2 and a usage line."""
    parser = argparse.ArgumentParser(
        prog="genai-inference",
        description="Serves GGUF models: /v1/chat/completions, /v1/models, /health, /metrics.",
    )
    _declare(parser)
    found = parser.parse_args(argv)
    faults = Faults(found.fail_every, found.hang_after, found.never_ready)
    return Settings(
        models=_add_adapters(parser, _read_models(parser, found.model or [DEFAULT_PATH], found.alias), found.lora),
        host=found.host,
        port=found.port,
        context=found.context,
        parallel=found.parallel,
        threads=found.threads,
        shutdown_seconds=found.shutdown_timeout,
        faults=faults,
    )


def _declare(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--model",
        action="append",
        metavar="[NAME[,NAME...]=]FILE",
        help=f"GGUF file; repeat it to serve several models, each with its names (default: {DEFAULT_PATH})",
    )
    add("--alias", action="append", default=[], help="name of the only model; repeat it for more names")
    add(
        "--lora",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="LoRA adapter of the first model (GGUF): requests for NAME get the model with it; may be repeated",
    )
    add("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")  # noqa: S104
    add("--port", type=_port, default=8080, help="port to listen on (default: %(default)s)")
    add("--context", type=_positive, default=2048, help="tokens of one request, prompt and answer together")
    add("--parallel", type=_positive, default=4, help="requests at the same time (default: %(default)s)")
    add("--threads", type=_positive, default=available_cores(), help="CPU threads (default: the cores there are)")
    add(
        *("--shutdown-timeout", "--drain-seconds"),
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="after SIGTERM, wait this long for running requests (default: %(default)s)",
    )
    drills = parser.add_argument_group(
        "release drills", "Faults on purpose, to see a bad version being caught. Never for real traffic."
    )
    drills.add_argument(
        "--fail-every", type=_positive, default=0, metavar="N", help="answer 500 to every Nth completion request"
    )
    drills.add_argument(
        "--hang-after",
        type=_positive,
        default=0,
        metavar="N",
        help="answer N completion requests, then none any more, while /health and /metrics go on",
    )
    drills.add_argument("--never-ready", action="store_true", help="answer 503 to /health for ever")


def _read_models(parser: argparse.ArgumentParser, written: list[str], aliases: list[str]) -> tuple[Model, ...]:
    models = []
    for text in written:
        names, equals, path = text.rpartition("=")
        named = tuple(name for name in names.split(",") if name)
        if not named and (equals or len(written) > 1):
            parser.error(f"--model: {text} has no name; with several models write NAME={path}")
        models.append(Model(named, Path(path)))
        if not Path(path).is_file():
            parser.error(f"--model: {path} is not a file; is the model's volume mounted there?")
    if len(models) > 1 and aliases:
        parser.error("--alias: there are several models; write --model NAME,ALIAS=FILE instead")
    if len(models) == 1:
        own = tuple(dict.fromkeys([*models[0].names, *aliases]))
        return (Model(own or ("model",), models[0].path),)
    taken = [name for model in models for name in model.names]
    twice = sorted({name for name in taken if taken.count(name) > 1})
    if twice:
        parser.error(f"--model: {', '.join(twice)} names two models")
    return tuple(models)


def _add_adapters(
    parser: argparse.ArgumentParser, models: tuple[Model, ...], written: list[str]
) -> tuple[Model, ...]:
    taken = {name for model in models for name in model.names}
    adapters = []
    for text in written:
        name, _, path = text.partition("=")
        if not name or not path:
            parser.error(f"--lora: {text} is not NAME=FILE")
        if name in taken:
            parser.error(f"--lora: {name} names two models")
        if not Path(path).is_file():
            parser.error(f"--lora: {path} is not a file; is the adapter's volume mounted there?")
        taken.add(name)
        adapters.append(Adapter(name, Path(path)))
    return (replace(models[0], adapters=tuple(adapters)), *models[1:])


def available_cores() -> int:
    """Cores that this process may run on."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
