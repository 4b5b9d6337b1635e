"""Options that commands share (design section 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from tooling.app.settings import order_settings
from tooling.app.values import ValuesRequest
from tooling.cli.suggestions import complete_assignments, complete_environments, complete_profiles
from tooling.core.assignment import FILE, JSON, LITERAL, STRING, TYPED, Setting

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
Command = TypeVar("Command", bound=Callable[..., Any])

_SETTINGS = {TYPED: "typed", STRING: "strings", JSON: "jsons", FILE: "texts", LITERAL: "literals"}
_HELPS = (
    ("KEY=VALUE", "Single values, above all files."),
    ("KEY=VALUE", "The same, where 1.10 or true is text."),
    ("KEY=JSON", "The same, in JSON; applied before --set."),
    ("KEY=FILE", "The text of a file as a value."),
    ("KEY=TEXT", "All that follows = as text; applied last."),
)


def _check_files(_context: click.Context, _option: click.Parameter, files: tuple[str, ...]) -> tuple[Path, ...]:
    """Refuse what helm would download: an address, which as a path would lose a slash and be told as no file."""
    for number, file in enumerate(files, start=1):
        if _ADDRESS.match(file):
            raise click.BadParameter(f"number {number} is an address, and only files are read. Download it first.")
    return tuple(map(Path, files))


_VALUES = (
    click.option(
        "--env",
        "env",
        metavar="NAME",
        default="local",
        show_default=True,
        shell_complete=complete_environments,
        help="Values of values/NAME.yaml.",
    ),
    click.option(
        "--profile",
        metavar="NAME",
        default="",
        shell_complete=complete_profiles,
        help="Values of values/profiles/NAME.yaml, below --env.",
    ),
    click.option(
        "-f",
        "--file",
        "files",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        callback=_check_files,
        help="More values, above --env; repeatable, later wins.",
    ),
)
FORMATS = ("text", "json", "sarif", "github")
"""What --output takes where findings are the answer."""

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def _check_namespace(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name and not _NAMESPACE.fullmatch(name):
        raise click.BadParameter(f"{name!r} can be no namespace: small letters, digits and dashes, at most 63.")
    return name


namespace_option = click.option(
    "--namespace",
    metavar="NAME",
    default=None,
    callback=_check_namespace,
    help="Namespace; default: rollout.namespace.",
)
"""What all commands that know a namespace have; an empty one is as good as none."""

_CLUSTER = (
    namespace_option,
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
    """Add --env, --profile, -f and --set with its sisters as keyword `request`, and --output as `output`."""
    return _add_values(command, ("text", "json"))


def findings_options(command: Command) -> Command:
    """Add the same where findings are the answer: --output knows SARIF and GitHub annotations too."""
    return _add_values(command, FORMATS)


def _add_values(command: Command, formats: tuple[str, ...]) -> Command:
    @wraps(command)
    def gather(
        *args: Any, env: str, profile: str, files: tuple[Path, ...], settings: tuple[Setting, ...], **others: Any
    ) -> Any:
        return command(*args, request=ValuesRequest(env, profile, files, settings), **others)

    return _add(settings_options(_add(cast("Command", gather), (_output(formats),))), _VALUES)


def settings_options(command: Command) -> Command:
    """Add --set and its sisters as keyword `settings`, in the order in which Helm applies them."""

    @wraps(command)
    def gather(*args: Any, **options: Any) -> Any:
        texts = {flag: options.pop(name) for flag, name in _SETTINGS.items()}
        return command(*args, settings=order_settings(texts), **options)

    helps = zip(_SETTINGS.items(), _HELPS, strict=True)
    return _add(
        cast("Command", gather),
        tuple(
            click.option(
                flag, name, metavar=metavar, multiple=True, shell_complete=complete_assignments, help=text
            )
            for (flag, name), (metavar, text) in helps
        ),
    )


def cluster_options(command: Command) -> Command:
    """Add --namespace, --context and --kubeconfig: keywords of the same names, None where not given."""
    return _add(command, _CLUSTER)


def _output(formats: tuple[str, ...]) -> Callable[[Command], Command]:
    return click.option(
        "--output",
        type=click.Choice(formats),
        default="text",
        show_default=True,
        help="For people, or for programs.",
    )


def _add(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
