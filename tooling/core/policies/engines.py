"""Which containers run an inference engine, told by image and command, and what their arguments say.

The names are those that the projects publish: vLLM, SGLang, llama.cpp, Ollama, Text Generation Inference,
TensorRT-LLM and Triton.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tooling.core.policies.bundle import Bundle, Container, Workload, child

_NO_SERVERS = frozenset({"Job", "CronJob", "Pod"})
_LOOKS_ONLY = frozenset({"cat", "curl", "echo", "ls", "nc", "pgrep", "pidof", "ps", "test", "true", "wget", "["})
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "-c", "-ec", "-lc", "exec"})
_INFERS = re.compile(r"completion|generat|infer|embed|chat|probe", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine is recognised, and what it offers.

    `answers` are the HTTP paths on which it computes something before it says that it is well; `shards` are the
    flags that spread a model over GPUs of a node, which then share memory; `drains` are flags for the seconds
    that it goes on answering after a SIGTERM. A command is one word of the command line, or two.
    """

    name: str
    image: re.Pattern[str]
    commands: tuple[str, ...]
    answers: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()
    drains: tuple[str, ...] = ()


ENGINES: tuple[Engine, ...] = (
    Engine(
        "vLLM",
        re.compile(r"vllm(-(openai|cpu|rocm|tpu|xpu|neuron|hpu).*)?"),
        ("vllm serve", "vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server"),
        shards=("--tensor-parallel-size", "-tp"),
        drains=("--shutdown-timeout",),
    ),
    Engine(
        "SGLang",
        re.compile(r"sglang"),
        ("sglang.launch_server",),
        answers=("/health", "/health_generate"),
        shards=("--tensor-parallel-size", "--tp-size", "--tp"),
    ),
    Engine(
        "llama.cpp",
        re.compile(r"llama\.cpp.*|llama-cpp-python.*|inference-cpu"),
        ("llama-server", "llama_cpp.server"),
        drains=("--drain-seconds",),
    ),
    Engine("Ollama", re.compile(r"ollama"), ("ollama serve",)),
    Engine(
        "Text Generation Inference",
        re.compile(r"text-generation-inference.*"),
        ("text-generation-launcher",),
        answers=("/health",),
        shards=("--num-shard",),
    ),
    Engine(
        "TensorRT-LLM",
        re.compile(r"tensorrt-llm.*"),
        ("trtllm-serve",),
        shards=("--tp_size",),
    ),
    Engine(
        "Triton",
        re.compile(r"tritonserver.*"),
        ("tritonserver",),
        drains=("--exit-timeout-secs",),
    ),
)


@dataclass(frozen=True, slots=True)
class EngineUse:
    """A container of a server that runs an engine, with the words of its command line."""

    workload: Workload
    container: Container
    engine: Engine
    words: tuple[str, ...]


def find_engines(bundle: Bundle) -> Iterator[EngineUse]:
    """Return each container that serves a model; what runs once, such as a Job, is none."""
    for workload in bundle.workloads:
        if workload.ref.kind in _NO_SERVERS:
            continue
        for container in workload.main:
            words = read_words(container)
            engine = _recognise(container, words)
            if engine is not None:
                yield EngineUse(workload, container, engine, words)


def read_words(container: Container) -> tuple[str, ...]:
    """Return the words of a container's command line; a line for a shell is taken apart at its spaces."""
    lines = (container.spec.get(part) for part in ("command", "args"))
    return tuple(word for line in lines if isinstance(line, list) for part in line for word in str(part).split())


def read_flag(words: tuple[str, ...], flags: tuple[str, ...]) -> int | None:
    """Return the whole number that follows one of these flags, or is joined to it by `=`; None without one."""
    for index, word in enumerate(words):
        name, joined, value = word.partition("=")
        if name in flags:
            text = value if joined else "".join(words[index + 1 : index + 2])
            return int(text) if re.fullmatch(r"\d{1,9}", text) else None
    return None


def is_inference(engine: Engine, probe: Mapping[str, Any]) -> bool:
    """Whether a probe makes the engine compute something; a program of somebody's own is believed to."""
    command = child(probe, "exec").get("command")
    if isinstance(command, list):
        text = " ".join(map(str, command))
        words = [word.rpartition("/")[2] for word in text.split() if word not in _SHELLS]
        return bool(_INFERS.search(text)) or not words or words[0] not in _LOOKS_ONLY
    return str(child(probe, "httpGet").get("path") or "").partition("?")[0] in engine.answers


def _recognise(container: Container, words: tuple[str, ...]) -> Engine | None:
    programs = [word.rpartition("/")[2] for word in words]
    commands = {*programs, *map(" ".join, pairwise(programs))}
    repository = str(container.spec.get("image") or "").partition("@")[0]
    *folders, last = repository.split("/")
    names = (last.partition(":")[0], *folders[-1:])
    for engine in ENGINES:
        if not commands.isdisjoint(engine.commands) or engine.image.fullmatch(names[0]):
            return engine
        if engine.name == "TensorRT-LLM" and engine.image.fullmatch(names[-1]):
            return engine
    return None
