"""Ports and target for a command, given back in order when the command ends."""

from __future__ import annotations

from typing import Any

import click

from tooling import bootstrap
from tooling.app.context import Ports, Target


def wire(**options: Any) -> tuple[Ports, Target]:
    """Return what a command on a rollout works with; its reporter is closed before an error is printed."""
    ports, target = bootstrap.rollout(**options)
    context = click.get_current_context()
    context.call_on_close(ports.notices.close)
    context.call_on_close(ports.reporter.close)
    return ports, target
