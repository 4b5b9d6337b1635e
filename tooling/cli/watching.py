"""`status --watch`: a picture in a terminal, lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

import click

from tooling.app.context import Ports, Target
from tooling.app.watching import watch
from tooling.cli.screen import Screen
from tooling.cli.status_view import Data, draw, find_shape, tell_line
from tooling.cli.wording import plain

INTERRUPTED = 130
HEARTBEAT = 60.0
"""Seconds after which a log is told again what has not changed."""


def follow(ports: Ports, target: Target, output: str) -> int:
    """Show a rollout until it ends, and return the exit code of its phase; Ctrl-C (130) changes nothing."""
    if output == "json":
        return _end(lambda: watch(ports, target, write_changes()))
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return _end(lambda: watch(ports, target, write_lines()))
    screen = Screen(sys.stdout, shutil.get_terminal_size)
    try:
        return _end(lambda: watch(ports, target, lambda state: screen.show(draw(state, screen.width))))
    finally:
        screen.close()


def write_changes() -> Callable[[Data], None]:
    """Return what writes a state as one line of JSON when more than clocks changed since the last one."""
    before: list[object] = []

    def show(state: Data) -> None:
        still = _stop_clocks(state)
        if [still] != before:
            before[:] = [still]
            click.echo(json.dumps({"event": "status", **state}))

    return show


def write_lines() -> Callable[[Data], None]:
    """Return what writes a line when something happened, or nothing did for a while."""
    before: list[Any] = [None, 0.0]

    def show(state: Data) -> None:
        shape, now = find_shape(state), state.get("at", 0.0)
        if shape != before[0] or now - before[1] >= HEARTBEAT:
            before[:] = [shape, now]
            click.echo(plain(tell_line(state)))

    return show


def _end(run: Callable[[], int]) -> int:
    try:
        return run()
    except KeyboardInterrupt:
        click.echo("no longer watching; nothing was changed", err=True)
        return INTERRUPTED


def _stop_clocks(state: Data) -> object:
    rollout = state.get("rollout")
    following = rollout and rollout["next"] and rollout["next"]["what"]
    silent = state.get("silent")
    return {
        **state,
        "at": 0,
        "rollout": rollout and {**rollout, "next": following},
        "silent": silent and silent["reason"],
    }
