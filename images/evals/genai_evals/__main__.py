"""Start: `genai-evals run --suite FILE.jsonl --out FILE.json`, or `genai-evals check chat|vectors`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from .arguments import is_web_url, make_parser
from .check import CheckError, check_chat, check_vectors
from .keeping import KeepError, publish, remember, to_text, write
from .run import run, summarize
from .suite import Reading, Suite, SuiteError, download, load, parse

DONE, BELOW, USAGE, INCOMPLETE, NOT_KEPT = 0, 1, 2, 3, 4


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    """Do what the command line says; `transport` replaces the network in tests."""
    args = make_parser().parse_args(argv)
    if not is_web_url(args.endpoint):
        return _fail(f"--endpoint: must be http(s)://HOST[:PORT], is {args.endpoint!r}")
    return run_check(args, transport) if args.command == "check" else run_suite(args, transport)


def run_suite(args: argparse.Namespace, transport: httpx.BaseTransport | None) -> int:
    """Run one suite, keep its results where the arguments say, and judge them."""
    try:
        suite = _find_suite(args, transport).first(args.limit)
    except SuiteError as error:
        return _fail(str(error))
    started, clock = datetime.now(UTC), time.monotonic()
    with _connect(args, dict(args.header), transport) as client:
        results = run(suite, client, model=args.model, concurrency=args.concurrency)
    summary = {
        **summarize(suite, results),
        "threshold": args.threshold,
        "model": args.model,
        "version": os.environ.get("GENAI_VERSION"),
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": round(time.monotonic() - clock, 3),
    }
    total, passed, errors = summary["total"], summary["passed"], summary["errors"]
    sys.stderr.write(f"{suite.name}: {passed} of {total} passed, {errors} without an answer\n")
    faults = _keep(args, summary, transport)
    for fault in faults:
        sys.stderr.write(f"genai-evals: the results could not be kept: {fault}\n")
    if errors:
        return INCOMPLETE
    if summary["accuracy"] < args.threshold:
        sys.stderr.write(f"{suite.name}: accuracy {summary['accuracy']:.4f} is below {args.threshold}\n")
        return BELOW
    return NOT_KEPT if faults else DONE


def run_check(args: argparse.Namespace, transport: httpx.BaseTransport | None) -> int:
    """Check one part of the stack and say what was seen."""
    headers = {}
    if args.check == "vectors" and args.key_file:
        try:
            headers["authorization"] = f"Bearer {args.key_file.read_text(encoding='utf-8').strip()}"
        except (OSError, UnicodeDecodeError) as error:
            return _fail(f"--key-file: {args.key_file}: cannot be read: {error}")
    with _connect(args, headers, transport) as client:
        try:
            is_chat = args.check == "chat"
            seen = check_chat(client, args.requests, args.model) if is_chat else check_vectors(client)
        except CheckError as error:
            sys.stderr.write(f"genai-evals: {args.check} at {args.endpoint}: {error}\n")
            return BELOW
    sys.stdout.write(f"{args.check} at {args.endpoint}: {seen}\n")
    return DONE


def _find_suite(args: argparse.Namespace, transport: httpx.BaseTransport | None) -> Suite:
    reading = Reading(args.scorer, args.max_tokens)
    if args.suite is not None:
        suite = load(args.suite, reading)
        return Suite(args.name, suite.digest, suite.cases) if args.name else suite
    if not args.sha256:
        raise SuiteError("--suite-url: needs --sha256, so that nobody can put another text there")
    # Datasets may lie beyond a proxy (HTTPS_PROXY, SSL_CERT_FILE); what they say is held by the digest.
    with httpx.Client(timeout=args.timeout, follow_redirects=True, transport=transport) as client:
        raw = download(args.suite_url, args.sha256, client)
    return parse(raw, args.suite_url, args.name or "suite", reading)


def _connect(
    args: argparse.Namespace, headers: Mapping[str, str], transport: httpx.BaseTransport | None
) -> httpx.Client:
    """Return a client of the endpoint that knows no proxy: what is asked lies in the cluster."""
    return httpx.Client(
        base_url=args.endpoint.rstrip("/") + "/",
        headers=headers,
        timeout=args.timeout,
        transport=transport,
        trust_env=False,
    )


def _keep(
    args: argparse.Namespace, summary: Mapping[str, Any], transport: httpx.BaseTransport | None
) -> Sequence[KeepError]:
    """Keep the results in every place that was asked for, and return what went wrong."""
    places = (
        lambda: write(summary, args.out) if args.out else sys.stdout.write(to_text(summary)),
        lambda: remember(summary, args.results_dir, args.history) if args.results_dir else None,
        lambda: publish(summary, args.publish, transport=transport) if args.publish else None,
    )
    faults = []
    for keep in places:
        try:  # the next place may work
            keep()
        except KeepError as error:
            faults.append(error)
    return faults


def _fail(message: str) -> int:
    sys.stderr.write(f"genai-evals: {message}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
