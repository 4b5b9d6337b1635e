"""The command line, read and checked before the model is loaded."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What one server runs with."""

    model: Path
    alias: str
    host: str
    port: int
    context: int
    parallel: int
    threads: int
    drain_seconds: float
    fail_every: int
    never_ready: bool

    @property
    def is_drill(self) -> bool:
        """Whether this server is made to misbehave on purpose."""
        return self.fail_every > 0 or self.never_ready


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
        description="Serves one GGUF model: /v1/chat/completions, /v1/models, /health, /metrics.",
    )
    add = parser.add_argument
    add("--model", type=Path, default=Path("/models/model.gguf"), help="GGUF file (default: %(default)s)")
    add("--alias", default="model", help="name in /v1/models (default: %(default)s)")
    add("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")  # noqa: S104
    add("--port", type=_port, default=8080, help="port to listen on (default: %(default)s)")
    add("--context", type=_positive, default=2048, help="tokens of one request, prompt and answer together")
    add("--parallel", type=_positive, default=4, help="requests at the same time (default: %(default)s)")
    add("--threads", type=_positive, default=available_cores(), help="CPU threads (default: the cores there are)")
    add("--drain-seconds", type=float, default=20.0, help="after SIGTERM, wait this long for running requests")
    drills = parser.add_argument_group(
        "release drills", "Faults on purpose, to see a bad version being caught. Never for real traffic."
    )
    drills.add_argument(
        "--fail-every", type=_positive, default=0, metavar="N", help="answer 500 to every Nth completion request"
    )
    drills.add_argument("--never-ready", action="store_true", help="answer 503 to /health for ever")
    found = parser.parse_args(argv)
    if not found.model.is_file():
        parser.error(f"--model: {found.model} is not a file; is the model's volume mounted there?")
    return Settings(**vars(found))


def available_cores() -> int:
    """Cores that this process may run on."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
