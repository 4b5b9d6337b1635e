"""The console script: finds the command, runs it, turns errors into one sentence and an exit code."""

from __future__ import annotations

import importlib
import signal
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import click

from tooling.errors import GenaiError, ValuesError

if TYPE_CHECKING:
    from types import FrameType

    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """Where a command is (`module:attribute`) and what `--help` says of it, without importing it."""

    place: str
    summary: str


COMMANDS = {
    "validate": Entry(
        "tooling.cli.values:validate", "Check the values of an environment against schema and rules."
    ),
    "render": Entry(
        "tooling.cli.render:render", "Print the manifests of an environment, as a rollout would apply them."
    ),
    "size": Entry("tooling.cli.size:size", "Tell how much memory a model needs, and on how many GPUs."),
    "lint": Entry(
        "tooling.cli.lint:lint", "Check rendered manifests against the Kubernetes API and our policies."
    ),
    "diff": Entry("tooling.cli.diff:diff", "Show what a release of these values would change."),
    "plan": Entry(
        "tooling.cli.rollout:plan",
        "Print the steps that a release of these values would take; nothing is written.",
    ),
    "release": Entry(
        "tooling.cli.rollout:release", "Release the values: first time an install, later by the strategy in them."
    ),
    "resume": Entry("tooling.cli.rollout:resume", "Go on with a rollout whose driver died or was interrupted."),
    "promote": Entry("tooling.cli.rollout:promote", "Pass the approval that a rollout waits for."),
    "abort": Entry("tooling.cli.rollout:abort", "Stop a running rollout: all traffic back to stable."),
    "rollback": Entry("tooling.cli.rollout:rollback", "Go back to the last verified version."),
    "status": Entry("tooling.cli.instance:status", "Show what runs, and the rollout that is on its way."),
    "history": Entry("tooling.cli.instance:history", "List the rollouts that ended, oldest first."),
    "uninstall": Entry("tooling.cli.instance:uninstall", "Remove route, slots, base and state of an instance."),
    "images": Entry("tooling.cli.images:images", "Print every image that the stack of an environment pulls."),
    "rbac": Entry("tooling.cli.rbac:rbac", "Print the Role that releases these values, for `kubectl apply -f -`."),
    "completion": Entry("tooling.cli.completion:completion", "Print the completion of a shell, to be read by it."),
    "cluster": Entry("tooling.cli.cluster:cluster", "Start, stop and fill the embedded cluster (Linux)."),
    "local": Entry("tooling.cli.local:local", "Work with the environment `local` on this machine (Linux, root)."),
}
"""One line a command; the summary is how its docstring begins (a test holds it to that)."""

INTERRUPTED = 130


class LazyGroup(click.Group):
    """Imports a command's module only when that command is asked for, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None for an unknown one."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer commands without importing them."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        names = (name for name in COMMANDS if name.startswith(incomplete))
        return [CompletionItem(name, help=COMMANDS[name].summary) for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands and their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


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
        _tell_line(f"error: {error.strerror or error}: {error.filename or 'no file named'}.")
        return GenaiError.exit_code
    return result if isinstance(result, int) else 0


def _tell(error: GenaiError, arguments: list[str]) -> None:
    import json  # noqa: PLC0415 - only for programs and only for errors

    findings = error.findings if isinstance(error, ValuesError) else ()
    if "--output=json" in arguments or ("--output", "json") in pairwise(arguments):
        document = {"error": error.message, "hint": error.hint, "exit": error.exit_code}
        click.echo(json.dumps({**document, "findings": [str(one) for one in findings]}))
        return
    for finding in findings:
        _tell_line(str(finding))
    for line in f"error: {error}".split("\n"):
        _tell_line(line)


def _tell_line(text: str) -> None:
    from tooling.cli.wording import plain  # noqa: PLC0415 - only for errors

    click.echo(plain(text), err=True)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
