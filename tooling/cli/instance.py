"""Commands on an instance as a whole."""

from __future__ import annotations

import json
from typing import Any

import click

from tooling.app import history as histories
from tooling.app import status as statuses
from tooling.app import uninstall as uninstalls
from tooling.cli.history_view import make_rows, tell
from tooling.cli.options import cluster_options, values_options
from tooling.cli.status_view import draw
from tooling.cli.watching import follow
from tooling.cli.wiring import wire
from tooling.cli.wording import plain


@click.command()
@values_options
@cluster_options
@click.option(
    "--watch", "is_watched", is_flag=True, help="Follow the rollout until it ends; Ctrl-C changes nothing."
)
def status(*, is_watched: bool, **options: Any) -> int:
    """Show what runs, and the rollout that is on its way."""
    ports, target = wire(**options)
    if is_watched:
        return follow(ports, target, options["output"])
    state = statuses.read_status(ports, target)
    if options["output"] == "json":
        click.echo(json.dumps(state))
        return 0
    for line in draw(state):
        click.echo(plain(line.text))
    return 0


@click.command()
@values_options
@cluster_options
@click.argument("identity", metavar="[ROLLOUT]", default="")
def history(*, identity: str, **options: Any) -> int:
    """List the rollouts that ended, oldest first; or show one of them whole, by its id or number."""
    ports, target = wire(**options)
    found = histories.read_past(ports, target, identity) if identity else histories.read_history(ports, target)
    if options["output"] == "json":
        click.echo(json.dumps(found))
    elif isinstance(found, list):
        ports.reporter.table("history", make_rows(found))
    else:
        for line in tell(found):
            click.echo(plain(line))
    return 0


@click.command()
@values_options
@cluster_options
@click.option("--delete-data", is_flag=True, help="Delete the volumes of the vector DB as well.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def uninstall(*, delete_data: bool, yes: bool, **options: Any) -> int:
    """Remove route, slots, base and state of an instance."""
    ports, target = wire(**options)
    claims = uninstalls.uninstall(ports, target, delete_data=delete_data, is_confirmed=yes)
    kept = "volumes were kept" if not delete_data else f"deleted volumes: {', '.join(claims) or 'none'}"
    ports.reporter.say(f"{target.instance} is removed from namespace {target.namespace}; {kept}")
    return 0
