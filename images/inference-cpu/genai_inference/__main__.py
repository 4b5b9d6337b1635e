"""Start the inference server: `python -m genai_inference --model FILE`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from . import engine
from .arguments import Settings, parse
from .front import Front


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, then let running requests finish."""
    settings = parse(argv)
    engines = [engine.start(settings, model) for model in settings.models]
    if not asyncio.run(_serve(settings, engines)):
        # An engine that does not finish its requests does not end either: nothing is left to wait for.
        sys.stderr.write(f"requests were still running after {settings.shutdown_seconds:.0f} s\n")
        sys.stderr.flush()
        os._exit(1)
    return 0


async def _serve(settings: Settings, engines: list[engine.Engine]) -> bool:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    front = Front(engines, settings.parallel, settings.faults)
    server = await front.serve(settings.host, settings.port)
    watching = asyncio.ensure_future(front.watch())
    if settings.faults.is_drill:
        sys.stderr.write(f"release drill: {settings.faults}\n")
    await stopped.wait()
    server.close()
    is_done = await front.drain(settings.shutdown_seconds)
    watching.cancel()
    return is_done


if __name__ == "__main__":
    sys.exit(main())
