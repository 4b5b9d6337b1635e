"""llama.cpp's HTTP server, started inside this process on a loopback port of its own, one for each model."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .arguments import Model, Settings

STEP_TOKENS = 512
"""Tokens of a prompt that one step takes. Between two steps the server answers /metrics: a long prompt on a slow
machine must not look like an engine that stands still."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running server of one model; it ends when nothing refers to `handle` any more."""

    model: Model
    port: int
    handle: Any


def configure(parameters: Any, settings: Settings, path: Path, name: str) -> Any:
    """Write `settings` into the server's parameters, and return them."""
    parameters.model.path = str(path)
    parameters.model_alias = {name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_parallel = settings.parallel
    # The server divides its context among its slots; --context is what one request may use.
    parameters.n_ctx = settings.context * settings.parallel
    parameters.n_batch = STEP_TOKENS
    parameters.n_ubatch = STEP_TOKENS
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads
    parameters.n_gpu_layers = 0
    parameters.endpoint_metrics = True
    # /slots shows prompts; the web page is nobody's business here.
    parameters.endpoint_slots = False
    parameters.ui = False
    # Up to 8 GiB by default: more than the pod's memory limit.
    parameters.cache_ram_mib = 0
    parameters.verbosity = 1  # errors; warnings are written for every request
    return parameters


def start(settings: Settings, model: Model) -> Engine:
    """Load the model and serve it; returns when requests are answered."""
    # Imported here: the wheel is in the image only, and what else this package does is tested without it.
    xllamacpp = importlib.import_module("xllamacpp")
    parameters = configure(xllamacpp.CommonParams(), settings, model.path, model.names[0])
    # Loaded, and without any weight: each request says which of them it wants.
    parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(each.path), 0.0) for each in model.adapters]
    parameters.lora_init_without_apply = True
    handle = xllamacpp.Server(parameters)
    return Engine(model, urlsplit(handle.listening_address).port or 0, handle)
