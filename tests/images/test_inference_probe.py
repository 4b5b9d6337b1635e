"""The probe that the kubelet runs beside an engine: told apart are hung, busy, idle, starting and dead."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "charts/genai-stack/charts/inference/files/probe.py"

PIECES = 50


@dataclass
class Engine:
    """What the engine on loopback does; a story changes it between looks."""

    health: int = 200
    status: int = 200
    is_hung: bool = False
    steps: float = 0
    moves_alone: bool = False
    metrics: str = 'vllm:iteration_tokens_total_count{{engine="0",model_name="m"}} {steps}\nvllm:other 1\n'
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    loading: int = 0
    """Looks at /health that are still answered with 503."""
    slow: str = ""
    """The path whose answer comes in PIECES, five a second."""
    pieces: int = 0
    port: int = 0

    def answer(self, path: str) -> tuple[int, str]:
        if path == "/health":
            self.loading -= 1
            return (503 if self.loading >= 0 else self.health), ""
        if path == "/metrics":
            self.steps += self.moves_alone
            return (200 if self.metrics else 404), self.metrics.format(steps=self.steps)
        if self.is_hung:
            self.over.wait(60)
        self.steps += self.status == 200
        return self.status, '{"choices": []}'


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = engine.answer(self.path)
            self.send_response(status)
            self.end_headers()
            for _ in range(PIECES if self.path == engine.slow else 0):
                self.wfile.write(b"\n")
                engine.pieces += 1
                engine.over.wait(0.2)
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            engine.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            engine.headers.append(dict(self.headers))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # the probe hangs up on a hung engine
    engine.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield engine
    engine.over.set()
    server.shutdown()
    server.server_close()


Look = Callable[..., int]


@pytest.fixture
def look(engine: Engine, tmp_path: Path) -> Look:
    """One probe at a time in seconds; it returns the exit code."""
    spec = importlib.util.spec_from_file_location("probe", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)

    def run(kind: str, at: float, patience: int = 30, deadline: float = 20) -> int:
        options = ["--model", "m", "--port", str(engine.port), "--patience", str(patience)]
        state = ["--state", str(tmp_path / "state.json"), "--deadline", str(0.1 if engine.is_hung else deadline)]
        code: int = probe.main([kind, *options, *state], now=lambda: at)
        return code

    return run


def test_startup_ends_with_one_real_completion(engine: Engine, look: Look, capsys: Any) -> None:
    engine.status = 404
    assert look("startup", 0) == 1
    assert "startup probe of m: a completion was answered with 404" in capsys.readouterr().out
    engine.status = 200
    assert look("startup", 2) == 0
    assert engine.asked[-1]["model"] == "m"
    assert engine.asked[-1]["max_tokens"] == 1


def test_startup_waits_for_an_engine_that_loads(engine: Engine, look: Look) -> None:
    engine.loading = 2
    assert look("startup", 0) == 0, "a look is not over while the engine may still become ready in it"
    assert len(engine.asked) == 1


@pytest.mark.parametrize("kind", ["startup", "ready", "live"])
@pytest.mark.parametrize("slow", ["/health", "/metrics", "/v1/completions"])
def test_all_that_a_probe_asks_has_one_deadline(engine: Engine, look: Look, kind: str, slow: str) -> None:
    look("startup", 0)
    engine.slow = slow
    look(kind, 20, deadline=1)
    assert engine.pieces < PIECES, "an answer that comes bit by bit is waited for as little as others"


def test_an_idle_engine_gives_a_token_four_times_a_minute_and_stays_ready(engine: Engine, look: Look) -> None:
    look("startup", 0)
    assert [look("ready", at) for at in range(5, 305, 5)] == [0] * 60
    assert len(engine.asked) == 1 + 20


def test_an_idle_engine_that_hangs_is_seen_first_by_ready_and_later_by_live(
    engine: Engine, look: Look, capsys: Any
) -> None:
    look("startup", 0)
    engine.is_hung = True
    assert [look("ready", at) for at in (10, 20, 29, 30)] == [0, 0, 0, 1]
    assert "no progress for 30 s, and no completion within" in capsys.readouterr().out
    assert [look("live", at, patience=150) for at in (30, 149, 150)] == [0, 0, 1]


def test_a_hung_engine_that_comes_back_is_ready_at_the_next_look(engine: Engine, look: Look) -> None:
    look("startup", 0)
    engine.is_hung = True
    assert look("ready", 40) == 1
    engine.is_hung = False
    assert look("ready", 45) == 0
    assert look("ready", 60) == 0


def test_load_alone_is_no_hang_however_long_a_completion_has_to_queue(engine: Engine, look: Look) -> None:
    look("startup", 0)
    engine.is_hung = engine.moves_alone = True
    assert {look(kind, at) for at in range(5, 3600, 30) for kind in ("ready", "live")} == {0}
    assert len(engine.asked) == 1, "a busy engine is not burdened with completions"


def test_one_step_of_the_engine_within_the_patience_is_enough(engine: Engine, look: Look) -> None:
    look("startup", 0)
    engine.is_hung = True
    for at in range(25, 500, 25):
        engine.steps += 1
        assert look("ready", at) == 0
        assert look("ready", at + 20) == 0
    assert look("ready", 520) == 1


@pytest.mark.parametrize("kind", ["startup", "ready", "live"])
def test_what_health_says_comes_first(engine: Engine, look: Look, kind: str, capsys: Any) -> None:
    engine.health = 503
    assert look(kind, 0, deadline=0.4) == 1
    assert "/health answers 503" in capsys.readouterr().out
    assert not engine.asked


def test_a_process_that_is_gone_fails_at_once(look: Look, engine: Engine, capsys: Any) -> None:
    engine.port = 1
    assert look("ready", 0) == 1
    assert "nothing answers at port 1" in capsys.readouterr().out


def test_without_counters_of_progress_a_long_queue_is_no_hang_either(engine: Engine, look: Look) -> None:
    engine.metrics = ""
    look("startup", 0)
    engine.is_hung = True
    assert look("ready", 1000) == 0
    engine.health = 500
    assert look("ready", 1000) == 1


def test_counters_that_vanish_do_not_hide_a_hang(engine: Engine, look: Look) -> None:
    look("startup", 0)
    engine.is_hung, engine.metrics = True, ""
    assert look("ready", 31) == 1


def test_what_another_life_of_the_machine_or_a_broken_file_left_is_no_verdict(
    engine: Engine, look: Look, tmp_path: Path
) -> None:
    look("startup", 9_000)
    engine.is_hung = True
    assert look("ready", 20) == 0, "the clock began anew"
    (tmp_path / "state.json").write_text("half a fi")
    engine.metrics = ""
    assert look("ready", 9_100) == 0


def test_series_of_one_counter_are_added(engine: Engine, look: Look) -> None:
    engine.metrics = (
        'llamacpp:n_decode_total{{model_name="a"}} 5\nllamacpp:n_decode_total{{model_name="b"}} {steps}\n'
    )
    look("startup", 0)
    engine.is_hung = True
    engine.steps += 1
    assert look("ready", 100) == 0


def test_it_runs_as_the_kubelet_runs_it_and_sends_the_engines_key(engine: Engine, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(SCRIPT), "startup", "--model", "m", "--port", str(engine.port)]
    done = subprocess.run(
        [*command, "--state", str(tmp_path / "s")], env={"VLLM_API_KEY": "k"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert engine.headers[-1]["authorization"] == "Bearer k"
