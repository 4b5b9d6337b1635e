"""Commands that drive a rollout."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from tooling.app import base as bases
from tooling.app import release as releases
from tooling.app import rollback as rollbacks
from tooling.app import wishes
from tooling.app.context import Ports
from tooling.app.report import Result
from tooling.app.telling import tell_missed
from tooling.cli.options import cluster_options, values_options
from tooling.cli.wiring import wire
from tooling.errors import UsageError


@click.command()
@values_options
@cluster_options
@click.option("--dry-run", is_flag=True, help="Print the plan and stop; nothing is written.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--again", is_flag=True, help="Release even what already runs.")
@click.option("--abort-unfinished", is_flag=True, help="Abort another target's unfinished rollout first.")
@click.option("--base", "is_base", is_flag=True, help="Change base alone, with a backup first; no traffic moves.")
@click.option("--without-backup", is_flag=True, help="With --base: make no backup of the vector DB first.")
@click.option("--reason", default="", metavar="TEXT", help="With --base: why, for the record.")
def release(
    *,
    dry_run: bool,
    yes: bool,
    again: bool,
    abort_unfinished: bool,
    is_base: bool,
    without_backup: bool,
    reason: str,
    **options: Any,
) -> int:
    """Release the values: first time an install, later by the strategy in them."""
    if without_backup and not is_base:
        raise UsageError("--without-backup is for --base: a rollout of the slots makes no backup.")
    ports, target = wire(**options)
    if is_base:
        asked_of_base = bases.BaseWishes(again, yes, dry_run, without_backup, reason)
        return conclude(ports, bases.release_base(ports, target, asked_of_base), options)
    asked = releases.Wishes(
        is_again=again, is_confirmed=yes, is_dry_run=dry_run, aborts_unfinished=abort_unfinished
    )
    return conclude(ports, releases.release(ports, target, asked), options)


@click.command()
@values_options
@cluster_options
def plan(**options: Any) -> int:
    """Print the steps that a release of these values would take; nothing is written."""
    ports, target = wire(**options)
    asked = releases.Wishes(is_again=True, is_dry_run=True)
    return conclude(ports, releases.release(ports, target, asked), options)


@click.command()
@values_options
@cluster_options
def resume(**options: Any) -> int:
    """Go on with a rollout whose driver died or was interrupted."""
    ports, target = wire(**options)
    return conclude(ports, releases.resume(ports, target), options)


@click.command()
@values_options
@cluster_options
@click.option("--full", is_flag=True, help="Pass every gate that is left; pods are still waited for.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
def promote(*, full: bool, reason: str, **options: Any) -> int:
    """Pass the approval that a rollout waits for."""
    ports, target = wire(**options)
    return conclude(ports, wishes.promote(ports, target, reason, is_full=full), options)


@click.command()
@values_options
@cluster_options
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
def abort(*, reason: str, **options: Any) -> int:
    """Stop a running rollout: all traffic back to stable."""
    ports, target = wire(**options)
    result = wishes.abort(ports, target, reason)
    is_as_asked = result.exit_code == 3
    return conclude(ports, replace(result, exit_code=0) if is_as_asked else result, options)


@click.command()
@values_options
@cluster_options
@click.option("--to", "number", type=click.IntRange(min=1), help="Number of the rollout, as `history` lists it.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rollback(*, number: int | None, yes: bool, **options: Any) -> int:
    """Go back to the last verified version, or to that of an earlier rollout."""
    ports, target = wire(**options)
    return conclude(ports, rollbacks.rollback(ports, target, is_confirmed=yes, number=number or 0), options)


def conclude(ports: Ports, result: Result, options: dict[str, Any]) -> int:
    """Say which notifications were missed, then finish."""
    tell_missed(ports)
    return finish(result, options)


def finish(result: Result, options: dict[str, Any]) -> int:
    """Print the result document for programs and return the exit code."""
    if options["output"] == "json":
        rollout = result.rollout
        document = {
            "event": "result",
            "phase": rollout.phase.value,
            "exit": result.exit_code,
            "reason": rollout.reason,
            "stable": rollout.stable,
            "candidate": rollout.candidate,
            **result.facts,
        }
        click.echo(json.dumps(document))
    return result.exit_code
