"""Options that commands share (design section 6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from tooling.app.values import ValuesRequest

Command = TypeVar("Command", bound=Callable[..., Any])

_VALUES = (
    click.option(
        "--env", "env", metavar="NAME", default="local", show_default=True, help="Values of values/NAME.yaml."
    ),
    click.option(
        "--profile", metavar="NAME", default="", help="Values of values/profiles/NAME.yaml, below --env."
    ),
    click.option(
        "-f",
        "--file",
        "files",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        help="More values, above --env; repeatable, later wins.",
    ),
    click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Single values, above all files."),
    click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="For people, or for programs.",
    ),
)
_CLUSTER = (
    click.option("--namespace", metavar="NAME", default=None, help="Namespace; default: rollout.namespace."),
    click.option("--context", metavar="NAME", default=None, help="Kube context; default: the current one."),
    click.option(
        "--kubeconfig",
        metavar="FILE",
        default=None,
        type=click.Path(dir_okay=False),
        help="Kubeconfig; default: $KUBECONFIG or ~/.kube/config.",
    ),
)


def values_options(command: Command) -> Command:
    """Add --env, --profile, -f and --set as keyword `request` (ValuesRequest), and --output as `output`."""

    @wraps(command)
    def gather(
        *args: Any, env: str, profile: str, files: tuple[Path, ...], sets: tuple[str, ...], **others: Any
    ) -> Any:
        return command(*args, request=ValuesRequest(env, profile, files, sets), **others)

    return _add(cast("Command", gather), _VALUES)


def cluster_options(command: Command) -> Command:
    """Add --namespace, --context and --kubeconfig: keywords of the same names, None where not given."""
    return _add(command, _CLUSTER)


def _add(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
