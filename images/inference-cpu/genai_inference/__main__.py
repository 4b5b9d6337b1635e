"""Start the inference server: `python -m genai_inference --model FILE`."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

from . import drill, server
from .arguments import Settings, parse


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then let running requests finish."""
    settings = parse(argv)
    return asyncio.run(_run_drill(settings)) if settings.is_drill else _run(settings)


def _run(settings: Settings) -> int:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    running = server.start(settings, settings.host, settings.port)
    # The event is set by a signal handler, which Python runs between two waits.
    while not stopped.wait(0.5):
        pass
    server.drain(running.listening_address, settings.drain_seconds)
    del running
    return 0


async def _run_drill(settings: Settings) -> int:
    running = server.start(settings, "127.0.0.1", 0)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    faults = drill.Faults(settings.fail_every, settings.never_ready)
    port = urlsplit(running.listening_address).port
    await drill.run(faults, port or 0, settings.host, settings.port, stopped)
    await asyncio.to_thread(server.drain, running.listening_address, settings.drain_seconds)
    del running
    return 0


if __name__ == "__main__":
    sys.exit(main())
