"""Start the gateway: `python -m genai_gateway --config FILE`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from . import logs
from .app import create_app
from .config import ConfigError, load


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="genai-gateway", description="LLM gateway of genai-stack.")
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(os.environ.get("GENAI_CONFIG", "/etc/genai/config.yaml")),
        help="configuration file (default: $GENAI_CONFIG or /etc/genai/config.yaml)",
    )
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: %(default)s)")  # noqa: S104
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="validate the configuration and exit")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, then finish the requests in flight. Exit 2: the configuration can't be used."""
    args = parse_args(argv)
    try:
        config = load(args.config)
    except ConfigError as error:
        sys.stderr.write(f"genai-gateway: {error}\n")
        return 2
    if args.check:
        sys.stdout.write(f"{args.config}: ok\n")
        return 0
    logs.set_up()
    uvicorn.run(
        create_app(config),
        host=args.host,
        port=args.port,
        access_log=False,
        log_config=None,
        server_header=False,
        # Longer than the idle time of the proxies in front: a proxy that reuses a connection
        # which the server closes at that moment answers its client with an error.
        timeout_keep_alive=120,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
