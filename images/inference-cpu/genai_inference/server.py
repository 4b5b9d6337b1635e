"""llama.cpp's HTTP server, started inside this process."""

from __future__ import annotations

import importlib
import re
import time
import urllib.error
import urllib.request
from typing import Any

from .arguments import Settings

_PROCESSING = re.compile(r"^llamacpp:requests_(?:processing|deferred) (\S+)", re.MULTILINE)


def configure(parameters: Any, settings: Settings, host: str, port: int) -> Any:
    """Write `settings` into the server's parameters, and return them."""
    parameters.model.path = str(settings.model)
    parameters.model_alias = {settings.alias}
    parameters.hostnames = [host]
    parameters.port = port
    parameters.n_parallel = settings.parallel
    # The server divides its context among its slots; --context is what one request may use.
    parameters.n_ctx = settings.context * settings.parallel
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


def start(settings: Settings, host: str, port: int) -> Any:
    """Load the model and serve it; returns when requests are answered. Port 0: any free one."""
    # Imported here: the wheel is in the image only, and what else this package does is tested without it.
    xllamacpp = importlib.import_module("xllamacpp")
    return xllamacpp.Server(configure(xllamacpp.CommonParams(), settings, host, port))


def count_running(exposition: str) -> int:
    """Requests that are processed or wait, read from the server's /metrics."""
    return sum(int(float(value)) for value in _PROCESSING.findall(exposition))


def drain(url: str, seconds: float) -> bool:
    """Wait until no request runs, at most `seconds`; says whether that was reached."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - our own URL
                if count_running(answer.read().decode()) == 0:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    return False
