"""Says whether an inference engine still completes: exit code 0 when it does, 1 when it does not.

    python3 probe.py startup|ready|live --model NAME [--port 8080] [--patience 30] [--deadline 6]

Mounted into the engine's container and run there by the kubelet, so it needs only Python's standard library.

An engine can answer HTTP for hours while nothing comes out of it any more. What proves life is progress: counters
in /metrics that move with every step of the engine, under any load. When they stand still, a one-token completion
has to come back. Only an engine that shows neither for `--patience` seconds is hung, so a long queue is never
taken for a hang. What was seen last is kept in a small file, which all probes of the container share.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# One of them moves with every step of a working engine.
COUNTERS = (
    "vllm:iteration_tokens_total_count",
    "vllm:generation_tokens_total",
    "vllm:prompt_tokens_total",
    "llamacpp:n_decode_total",
    "llamacpp:tokens_predicted_total",
    "llamacpp:prompt_tokens_total",
)
SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(\{[^\n]*\})? ([^\s]+)", re.MULTILINE)
QUIET_SECONDS = 15  # an engine that is idle is asked for a token this often
HEALTH_SECONDS = 1  # a slow answer is forgiven, so there is no use in waiting for it
METRICS_SECONDS = 3
PAUSE_SECONDS = 0.5  # between two looks at an engine that is starting
STATE = "/tmp/genai-probe.json"  # noqa: S108 - the container's own emptyDir


Clock = Callable[[], float]


class Engine:
    """The engine on this container's loopback; all that it is asked together takes `seconds` at most."""

    def __init__(self, port: int, model: str, seconds: float) -> None:
        self.port = port
        self.model = model
        self.until = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left for everything that is still to be asked."""
        return self.until - time.monotonic()

    def send(
        self, method: str, path: str, seconds: float = float("inf"), body: str | None = None
    ) -> tuple[int, str]:
        """Return status and text of one answer; raises OSError or HTTPException when none comes in time."""
        until = time.monotonic() + min(seconds, self.left())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=wait_at_most(until))
        headers = {"content-type": "application/json"}
        if os.environ.get("VLLM_API_KEY"):
            headers["authorization"] = f"Bearer {os.environ['VLLM_API_KEY']}"
        try:
            connection.connect()
            # A socket's timeout is that of one step, so it is set anew before each of them.
            socket = connection.sock
            socket.settimeout(wait_at_most(until))
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = bytearray()
            while not answer.isclosed():
                socket.settimeout(wait_at_most(until))
                piece = answer.read1(65536)
                if not piece:
                    break
                text += piece
            return answer.status, text.decode("utf-8", "replace")
        finally:
            connection.close()

    def read_counters(self) -> dict[str, float]:
        """Return the sum of each counter of progress over all its series; empty when there are none to be had."""
        try:
            status, text = self.send("GET", "/metrics", METRICS_SECONDS)
        except (OSError, http.client.HTTPException):
            return {}
        found: dict[str, float] = {}
        for name, _, value in SAMPLE.findall(text if status == 200 else ""):
            if name in COUNTERS:
                found[name] = found.get(name, 0.0) + float(value)
        return found

    def complete(self) -> str:
        """Ask for one token, with all the time that is left. Return "" when it came, else what came instead."""
        seconds = max(0.0, self.left())
        body = json.dumps({"model": self.model, "prompt": "Hello", "max_tokens": 1, "temperature": 0})
        try:
            status, text = self.send("POST", "/v1/completions", body=body)
        except (OSError, http.client.HTTPException) as error:
            return f"no completion within {seconds:.0f} s ({type(error).__name__}: {error})"
        return "" if status == 200 else f"a completion was answered with {status}: {text[:200]}"


def wait_at_most(until: float) -> float:
    """The seconds until then; raises TimeoutError when there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no time is left")
    return seconds


class Memory:
    """What was seen last: the counters, and when there was progress, in seconds of the machine's steady clock."""

    def __init__(self, path: Path, now: float) -> None:
        self.path = path
        self.is_new = not path.exists()
        self.counters: dict[str, float] = {}
        self.progress_at = now
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.counters = dict(kept["counters"])
            # A time ahead of the clock is from before the machine started again.
            self.progress_at = min(now, float(kept["progress_at"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing was seen yet: the engine has the benefit of the doubt, from now on

    def keep(self, counters: dict[str, float], now: float) -> None:
        """Note that there was progress just now."""
        # Written aside and renamed: another probe sees all of it or none.
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        part.write_text(json.dumps({"counters": counters, "progress_at": now}), encoding="utf-8")
        part.replace(self.path)


def start(engine: Engine, path: Path, now: Clock) -> str:
    """Return why the engine has not started yet; "" once it gave a real completion.

    It is waited for here, so that it serves half a second after it can, however seldom the kubelet looks.
    """
    while problem := check_health(engine):
        if engine.left() <= PAUSE_SECONDS:
            return problem
        time.sleep(PAUSE_SECONDS)
    problem = engine.complete()
    if not problem:
        Memory(path, now()).keep(engine.read_counters(), now())
    return problem


def watch(engine: Engine, path: Path, now: Clock, patience: float) -> str:
    """Return why the engine is hung; "" while there is progress, or was less than `patience` seconds ago."""
    memory = Memory(path, now())
    counters = engine.read_counters()
    if memory.is_new or (counters and counters != memory.counters):
        memory.keep(counters, now())
        return ""
    if now() - memory.progress_at < QUIET_SECONDS:
        return ""
    if not counters and not memory.counters:
        return ""  # an engine without counters of progress: under load a token may wait long, so /health decides
    problem = engine.complete()
    if not problem:
        memory.keep(engine.read_counters() or memory.counters, now())
        return ""
    still = now() - memory.progress_at
    return f"no progress for {still:.0f} s, and {problem}" if still >= patience else ""


def check_health(engine: Engine) -> str:
    """Return what is wrong at the first glance; a slow answer is not, since load alone can delay it."""
    try:
        status, _ = engine.send("GET", "/health", HEALTH_SECONDS)
    except TimeoutError:
        return ""
    except (OSError, http.client.HTTPException) as error:
        return f"nothing answers at port {engine.port} ({error})"
    return "" if status == 200 else f"/health answers {status}"


def main(argv: Sequence[str] | None = None, now: Clock = time.monotonic) -> int:
    """Run one probe and return its exit code."""
    parser = argparse.ArgumentParser(description="Says whether an inference engine still completes.")
    add = parser.add_argument
    add("kind", choices=("startup", "ready", "live"))
    add("--model", required=True, help="name that the engine serves the model under")
    add("--port", type=int, default=8080, help="port of the engine (default: %(default)s)")
    add(
        "--patience",
        type=float,
        default=30,
        help="seconds without progress that are no hang (default: %(default)s)",
    )
    add("--deadline", type=float, default=6, help="seconds that all of it may take (default: %(default)s)")
    add("--state", type=Path, default=Path(STATE), help="file that remembers progress (default: %(default)s)")
    options = parser.parse_args(argv)
    engine = Engine(options.port, options.model, options.deadline)
    if options.kind == "startup":
        problem = start(engine, options.state, now)
    else:
        problem = check_health(engine) or watch(engine, options.state, now, options.patience)
    if problem:
        sys.stdout.write(f"{options.kind} probe of {options.model}: {problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
