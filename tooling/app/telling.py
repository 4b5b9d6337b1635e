"""Tell those who do not watch what was recorded."""

from __future__ import annotations

from tooling.app.context import Ports
from tooling.core.notice import find_notices
from tooling.core.rollout import Rollout


def tell(ports: Ports, before: Rollout | None, after: Rollout) -> None:
    """Tell what changed once `after` was recorded over `before`; never raises, never waits."""
    for notice in find_notices(before, after, ports.clock.now()):
        ports.notices.tell(notice)


def tell_missed(ports: Ports) -> None:
    """Give deliveries that are on their way a moment, and say which were missed: at the end of a command."""
    for line in ports.notices.close():
        ports.reporter.say(f"warning: {line}")
