"""`genai-fetch hf|s3 --to FOLDER` brings weights; `genai-fetch wait --to FOLDER` waits until another has."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import bucket, folder, hub
from .errors import FetchError

DONE, FAILED = 0, 1
LOOK_SECONDS = 2.0


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="genai-fetch", description=__doc__, epilog="Exit codes: 0 the folder is there; 1 it is not; 2 usage."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    from_hub = commands.add_parser("hf", help="from the Hugging Face Hub ($HF_ENDPOINT names another)")
    from_hub.add_argument("--repository", required=True, help="OWNER/NAME")
    from_hub.add_argument("--revision", required=True, help="commit")
    from_hub.add_argument(
        "--include", action="append", default=[], metavar="PATTERN", help="files to take; repeatable"
    )
    from_hub.add_argument("--token-file", type=Path, help="file that holds the token")
    from_bucket = commands.add_parser("s3", help="from a bucket that speaks S3")
    from_bucket.add_argument("--uri", required=True, help="s3://BUCKET/PREFIX")
    from_bucket.add_argument("--endpoint", default=bucket.AWS, help="server (default: %(default)s)")
    from_bucket.add_argument("--region", default="", help="region (default: asked for)")
    from_bucket.add_argument("--key-folder", type=Path, help="folder with access-key-id and secret-access-key")
    waiting = commands.add_parser("wait", help="until another process has brought the folder")
    waiting.add_argument("--seconds", type=float, default=3600.0, help="give up after (default: %(default)s)")
    for command in (from_hub, from_bucket, waiting):
        command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="made whole or not at all")
    for command in (from_hub, from_bucket):
        command.add_argument(
            "--workers", type=int, choices=range(1, 33), default=4, metavar="1-32", help="files at a time"
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Bring a folder, or wait for it."""
    args = make_parser().parse_args(argv)
    try:
        if args.command == "wait":
            wait(args.to, args.seconds)
        elif not bring(args):
            sys.stderr.write(f"{args.to} is there already\n")
    except FetchError as error:
        sys.stderr.write(f"genai-fetch: {error}\n")
        return FAILED
    return DONE


def bring(args: argparse.Namespace) -> bool:
    """Fill the folder as the command line says; False when it was there."""
    if args.command == "hf":
        token = _read(args.token_file) if args.token_file else ""
        repository = hub.Repository(args.repository, args.revision, tuple(args.include), token)
        return folder.provide(args.to, lambda part: hub.bring(repository, part, args.workers))
    name, prefix = bucket.read_uri(args.uri)
    keys = (
        [_read(args.key_folder / key) for key in ("access-key-id", "secret-access-key")]
        if args.key_folder
        else ["", ""]
    )
    source = bucket.Bucket(name, prefix, args.endpoint, args.region, *keys)
    return folder.provide(args.to, lambda part: bucket.bring(source, part, args.workers))


def wait(target: Path, seconds: float) -> None:
    """Return when the folder is there; raise after `seconds` without it."""
    deadline = time.monotonic() + seconds
    told = 0.0
    while not target.is_dir():
        now = time.monotonic()
        if now >= deadline:
            raise FetchError(
                f"{target} is not there after {seconds:.0f} s. Look at the Job that brings it: "
                "kubectl get jobs --selector app.kubernetes.io/component=model-prefetch"
            )
        if now - told >= folder.REPORT_SECONDS:
            sys.stderr.write(f"waiting for {target}\n")
            told = now
        time.sleep(min(LOOK_SECONDS, deadline - now))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        # Its text and its cause show a part of the key.
        raise FetchError(f"{path}: is not UTF-8. Look at the Secret that is mounted there.") from None
    except OSError as error:
        raise FetchError(
            f"{path}: {error.strerror or error}. Look at the Secret that is mounted there."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
