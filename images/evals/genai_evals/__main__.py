"""Start a run: `genai-evals run --endpoint URL --suite FILE.jsonl --out FILE.json`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from .run import run, summarize
from .suite import SuiteError, load

DONE, BELOW, USAGE, INCOMPLETE = 0, 1, 2, 3


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be 0 to 1, is {text}")
    return value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f"must be NAME:VALUE, is {text!r}")
    return name.strip(), value.strip()


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="genai-evals",
        description="Runs suites of prompts against an endpoint.",
        epilog="Exit codes: 0 done; 1 below --min-accuracy; 2 usage or suite; 3 prompts without an answer.",
    )
    command = parser.add_subparsers(dest="command", required=True).add_parser("run", help="run one suite")
    add = command.add_argument
    endpoint = os.environ.get("GENAI_ENDPOINT")
    add("--endpoint", default=endpoint, required=endpoint is None, help="base URL (default: $GENAI_ENDPOINT)")
    add("--suite", type=Path, required=True, help="JSON Lines: {id, prompt, expect, max_tokens}")
    add("--out", type=Path, help="write the results there, as JSON (default: stdout)")
    add("--model", help="model to ask for (default: the gateway's)")
    add("--min-accuracy", type=_share, default=0.0, help="exit 1 below this share, 0 to 1 (default: 0)")
    add("--concurrency", type=int, choices=range(1, 65), default=1, metavar="1-64", help="requests at a time")
    add("--timeout", type=float, default=120.0, help="seconds for one answer (default: %(default)s)")
    add("--header", type=_header, action="append", default=[], help="NAME:VALUE to send along; repeatable")
    return parser


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    """Run one suite and write its results; `transport` replaces the network in tests."""
    args = make_parser().parse_args(argv)
    try:
        suite = load(args.suite)
    except SuiteError as error:
        return _fail(str(error))
    if not _is_web_url(args.endpoint):
        return _fail(f"--endpoint: must be http(s)://HOST[:PORT], is {args.endpoint!r}")
    with httpx.Client(
        base_url=args.endpoint.rstrip("/") + "/",
        headers=dict(args.header),
        timeout=args.timeout,
        transport=transport,
        trust_env=False,
    ) as client:
        results = run(suite, client, model=args.model, concurrency=args.concurrency)
    summary = summarize(suite, results)
    try:
        _write(summary, args.out)
    except OSError as error:
        return _fail(f"--out: {args.out}: {error.strerror or error}")
    total, passed, errors = summary["total"], summary["passed"], summary["errors"]
    sys.stderr.write(f"{suite.name}: {passed} of {total} passed, {errors} without an answer\n")
    if errors:
        return INCOMPLETE
    return DONE if summary["accuracy"] >= args.min_accuracy else BELOW


def _is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets, or a port that is no number
        return False


def _write(summary: dict[str, Any], out: Path | None) -> None:
    text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
        return
    # Whole or not at all: a reader never sees half a file.
    temporary = out.with_name(out.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(out)


def _fail(message: str) -> int:
    sys.stderr.write(f"genai-evals: {message}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
