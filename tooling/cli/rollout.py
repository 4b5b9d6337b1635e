"""Commands that drive a rollout."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from tooling.app import release as releases
from tooling.app import rollback as rollbacks
from tooling.app import wishes
from tooling.app.report import Result
from tooling.cli.options import cluster_options, values_options
from tooling.cli.wiring import wire


@click.command()
@values_options
@cluster_options
@click.option("--dry-run", is_flag=True, help="Print the plan and stop; nothing is written.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--again", is_flag=True, help="Release even what already runs.")
@click.option("--abort-unfinished", is_flag=True, help="Abort another target's unfinished rollout first.")
def release(*, dry_run: bool, yes: bool, again: bool, abort_unfinished: bool, **options: Any) -> int:
    """Release the values: first time an install, later a canary."""
    ports, target = wire(**options)
    asked = releases.Wishes(
        is_again=again, is_confirmed=yes, is_dry_run=dry_run, aborts_unfinished=abort_unfinished
    )
    return finish(releases.release(ports, target, asked), options)


@click.command()
@values_options
@cluster_options
def resume(**options: Any) -> int:
    """Go on with a rollout whose driver died or was interrupted."""
    ports, target = wire(**options)
    return finish(releases.resume(ports, target), options)


@click.command()
@values_options
@cluster_options
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
def promote(*, reason: str, **options: Any) -> int:
    """Pass the approval that a rollout waits for."""
    ports, target = wire(**options)
    return finish(wishes.promote(ports, target, reason), options)


@click.command()
@values_options
@cluster_options
@click.option("--reason", default="", metavar="TEXT", help="Why, for the record.")
def abort(*, reason: str, **options: Any) -> int:
    """Stop a running rollout: all traffic back to stable."""
    ports, target = wire(**options)
    result = wishes.abort(ports, target, reason)
    is_as_asked = result.exit_code == 3
    return finish(replace(result, exit_code=0) if is_as_asked else result, options)


@click.command()
@values_options
@cluster_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rollback(*, yes: bool, **options: Any) -> int:
    """Go back to the last verified version."""
    ports, target = wire(**options)
    return finish(rollbacks.rollback(ports, target, is_confirmed=yes), options)


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
