"""Back up or restore: `genai-backup create|restore --url URL --backend filesystem|s3 ...`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .api import BackupError, Weaviate
from .create import create, name_backup
from .prune import prune
from .restore import restore
from .wait import Deadline

DONE, FAILED, USAGE = 0, 1, 2


def _backup_id(text: str) -> str:
    if not re.fullmatch("[a-z0-9_-]{1,128}", text):
        raise argparse.ArgumentTypeError(f"must be of a-z, 0-9, _ and -, is {text!r}")
    return text


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, is {text}")
    return value


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="genai-backup",
        description="Backs up and restores the vector database.",
        epilog="Exit codes: 0 done, or nothing to do; 1 failed; 2 usage.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("create", "back up all classes"), ("restore", "restore the classes of a backup")):
        command = commands.add_parser(name, help=text)
        add = command.add_argument
        add("--url", required=True, help="base URL of the database")
        add("--backend", choices=("filesystem", "s3"), required=True, help="where backups are kept")
        add("--key-file", type=Path, help="file with the API key")
        add("--nodes", type=_count, default=1, help="nodes that have to be healthy first (default: 1)")
        add("--timeout", type=_count, default=3600, help="seconds for everything (default: %(default)s)")
        if name == "create":
            add("--id", type=_backup_id, help="name of the backup (default: auto-DATE-TIME)")
            add("--keep", type=_count, default=7, help="scheduled backups to keep in --folder (default: 7)")
            add("--folder", type=Path, help="folder of the backups; without it nothing old is deleted")
        else:
            add("--id", type=_backup_id, required=True, help="name of the backup")
    return parser


def main(argv: Sequence[str] | None = None, start: Callable[[float], Deadline] = Deadline) -> int:
    """Do what the command line says; the exit code says how it ended. `start` replaces the clock in tests."""
    args = make_parser().parse_args(argv)
    if not re.fullmatch("https?://[^/@]+/?", args.url):
        # A key belongs into a file; one in the URL would be in every error message.
        sys.stderr.write("genai-backup: --url: must be http(s)://HOST[:PORT]\n")
        return USAGE
    try:
        key = args.key_file.read_text(encoding="utf-8").strip() if args.key_file else ""
    except (OSError, UnicodeDecodeError) as error:
        # Not the text of a decoding error: it shows a part of the key.
        why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        sys.stderr.write(f"genai-backup: --key-file: {args.key_file}: {why}\n")
        return USAGE
    database = Weaviate(args.url, args.backend, key)
    deadline = start(args.timeout)
    try:
        if args.command == "restore":
            restore(database, args.id, nodes=args.nodes, deadline=deadline, say=_say)
            return DONE
        name = args.id or name_backup(datetime.now(UTC))
        if create(database, name, nodes=args.nodes, deadline=deadline, say=_say) and args.folder:
            prune(args.folder, database.list_backups(), keep=args.keep, say=_say)
    except BackupError as error:
        sys.stderr.write(f"genai-backup: {error}\n")
        return FAILED
    return DONE


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
