"""Commands on an instance as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from tooling.app import status as statuses
from tooling.app import uninstall as uninstalls
from tooling.cli.options import cluster_options, values_options
from tooling.cli.wiring import wire


@click.command()
@values_options
@cluster_options
def status(**options: Any) -> int:
    """Show what runs, and the rollout that is on its way."""
    ports, target = wire(**options)
    state = statuses.read_status(ports, target)
    if options["output"] == "json":
        click.echo(json.dumps(state))
        return 0
    shares = ", ".join(f"{slot} {weight} %" for slot, weight in state["weights"].items()) or "no route"
    click.echo(f"{state['instance']} in namespace {state['namespace']}: {shares}")
    rollout = state["rollout"]
    if rollout:
        step = f", step {rollout['position']} {rollout['step']}" if rollout["step"] else ""
        reason = f": {rollout['reason']}" if rollout["reason"] else ""
        click.echo(f"rollout {rollout['id']} of {rollout['target']}: {rollout['phase']}{step}{reason}")
    if state["driver"]:
        click.echo(f"driven by {state['driver']}")
    rows = [{"slot": slot, **workload} for slot, workloads in state["slots"].items() for workload in workloads]
    if rows:
        ports.reporter.table("slots", tuple(rows))
    return 0


@click.command()
@values_options
@cluster_options
def history(**options: Any) -> int:
    """List the rollouts that ended, oldest first."""
    ports, target = wire(**options)
    rollouts = ports.store.history(target.namespace, target.instance)
    rows = tuple(
        {
            "ended": datetime.fromtimestamp(one.ended_at, UTC).isoformat(timespec="seconds"),
            "rollout": one.id,
            "target": one.target.label,
            "phase": one.phase.value,
            "by": one.by,
            "reason": one.reason,
        }
        for one in rollouts
    )
    if options["output"] == "json":
        click.echo(json.dumps(rows))
    else:
        ports.reporter.table("history", rows)
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
