"""The console script: finds the command, runs it, turns errors into one sentence and an exit code."""

from __future__ import annotations

import importlib
import json
import signal
import sys
from itertools import pairwise
from types import FrameType

import click

from tooling.errors import GenaiError, ValuesError

COMMANDS = {
    "validate": "tooling.cli.values:validate",
    "render": "tooling.cli.values:render",
    "release": "tooling.cli.rollout:release",
    "resume": "tooling.cli.rollout:resume",
    "promote": "tooling.cli.rollout:promote",
    "abort": "tooling.cli.rollout:abort",
    "rollback": "tooling.cli.rollout:rollback",
    "status": "tooling.cli.instance:status",
    "history": "tooling.cli.instance:history",
    "uninstall": "tooling.cli.instance:uninstall",
    "images": "tooling.cli.images:images",
    "cluster": "tooling.cli.cluster:cluster",
    "local": "tooling.cli.local:local",
}
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Imports a command's module only when that command is asked for, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None for an unknown one."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genai-stack", prog_name="genai-stack")
def cli() -> None:
    """Release a whole GenAI stack on Kubernetes, judged on live metrics."""


def main() -> None:
    """Run the command line and exit: 0 done, 2 usage, 3 aborted, 4 failed, 5 held, 130 interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = cli.main(args=arguments, standalone_mode=False)
    except GenaiError as error:
        _tell(error, arguments)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted. A rollout that had begun goes on with: genai-stack resume", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return 1
    except OSError as error:
        click.echo(f"error: {error.strerror or error}: {error.filename or 'no file named'}.", err=True)
        return GenaiError.exit_code
    return result if isinstance(result, int) else 0


def _tell(error: GenaiError, arguments: list[str]) -> None:
    findings = error.findings if isinstance(error, ValuesError) else ()
    if "--output=json" in arguments or ("--output", "json") in pairwise(arguments):
        document = {"error": error.message, "hint": error.hint, "exit": error.exit_code}
        click.echo(json.dumps({**document, "findings": [str(one) for one in findings]}))
        return
    for finding in findings:
        click.echo(str(finding), err=True)
    click.echo(f"error: {error}", err=True)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
