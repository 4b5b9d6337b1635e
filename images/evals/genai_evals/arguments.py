"""The command line: what can be asked of `genai-evals`, and how it is written."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from .scoring import DEFAULT_RULE, RULES
from .suite import DEFAULT_MAX_TOKENS

EPILOG = (
    "Exit codes: 0 done; 1 below --threshold, or a check failed; 2 usage or suite; 3 prompts without an answer; "
    "4 results that could not be kept."
)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="genai-evals", description="Runs suites of prompts against an endpoint.", epilog=EPILOG
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="run one suite", epilog=EPILOG))
    check = commands.add_parser("check", help="check that a part of the stack does its work")
    checks = check.add_subparsers(dest="check", required=True)
    _add_chat(checks.add_parser("chat", help="get completions from a gateway"))
    _add_vectors(checks.add_parser("vectors", help="write vectors to a vector database, and search"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_endpoint(parser, "GENAI_ENDPOINT")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--suite", type=Path, help="JSON Lines: {id, prompt, expect, max_tokens}")
    source.add_argument("--suite-url", type=_url, metavar="URL", help="the same, downloaded; needs --sha256")
    add("--sha256", type=_digest, help="digest that the text at --suite-url must have")
    add("--name", type=_name, help="name of the suite (default: that of the file)")
    add("--scorer", choices=RULES, default=DEFAULT_RULE, help="rule for an `expect` that is one value")
    add("--max-tokens", type=_count, default=DEFAULT_MAX_TOKENS, help="most tokens where a line names none")
    add("--limit", type=_count, help="run only the first prompts (default: all)")
    add("--model", help="model to ask for (default: the gateway's)")
    # --min-accuracy is the older name.
    add("--threshold", "--min-accuracy", dest="threshold", type=_share, default=0.0, help="exit 1 below, 0 to 1")
    add("--concurrency", type=int, choices=range(1, 65), default=1, metavar="1-64", help="requests at a time")
    add("--timeout", type=float, default=120.0, help="seconds for one answer (default: %(default)s)")
    add("--header", type=_header, action="append", default=[], help="NAME:VALUE to send along; repeatable")
    add("--out", type=Path, help="write the results there, as JSON (default: stdout)")
    add("--results-dir", type=Path, metavar="FOLDER", help="also keep them in a new file of FOLDER/<suite>")
    add("--history", type=_count, default=30, help="files to keep there (default: %(default)s)")
    add("--publish", metavar="CONFIGMAP", help="also write a summary there, from inside a cluster")


def _add_chat(parser: argparse.ArgumentParser) -> None:
    _add_endpoint(parser, "GENAI_ENDPOINT")
    parser.add_argument("--requests", type=_count, default=3, help="how many must work (default: %(default)s)")
    parser.add_argument("--model", help="model to ask for (default: the gateway's)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one answer")


def _add_vectors(parser: argparse.ArgumentParser) -> None:
    _add_endpoint(parser, "GENAI_VECTORDB")
    parser.add_argument("--key-file", type=Path, help="file with the API key (default: none is sent)")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds for one answer")


def _add_endpoint(parser: argparse.ArgumentParser, variable: str) -> None:
    endpoint = os.environ.get(variable)
    needed = endpoint is None
    parser.add_argument("--endpoint", default=endpoint, required=needed, help=f"base URL (default: ${variable})")


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be 0 to 1, is {text}")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, is {text}")
    return value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f"must be NAME:VALUE, is {text!r}")
    return name.strip(), value.strip()


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(f"must be 64 hexadecimal digits, is {text!r}")
    return text


def _name(text: str) -> str:
    # It becomes a file, a folder and a key of a ConfigMap.
    if not re.fullmatch(r"[a-zA-Z0-9][-._a-zA-Z0-9]{0,200}", text):
        raise argparse.ArgumentTypeError(f"must be letters, digits, '-', '.' and '_', is {text!r}")
    return text


def _url(text: str) -> str:
    if not is_web_url(text):
        raise argparse.ArgumentTypeError(f"must be http(s)://HOST[:PORT]/PATH, is {text!r}")
    return text


def is_web_url(text: str) -> bool:
    """Whether the text is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets, or a port that is no number
        return False
