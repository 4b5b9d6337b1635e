"""Which time zones of values nobody knows: Kubernetes refuses a CronJob with such a one."""

from __future__ import annotations

from tooling.core.rules.times import find_zones
from tooling.core.values import Values

_KNOWN = frozenset({"Etc/UTC", "UTC"})


def find_unknown_zones(values: Values) -> frozenset[str]:
    """Return the zones that this machine's database of time zones lacks; none where it has no database."""
    asked = find_zones(values) - _KNOWN
    if not asked:
        return frozenset()
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (nearly nobody has another zone, and it takes time to import)

    def is_known(name: str) -> bool:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            return False
        return True

    return frozenset(name for name in asked if not is_known(name)) if is_known("Etc/UTC") else frozenset()
