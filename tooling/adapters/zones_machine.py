"""Time zones from this machine's database: Kubernetes refuses a CronJob with one that nobody knows."""

from __future__ import annotations

_KNOWN = frozenset({"Etc/UTC", "UTC"})


class MachineZones:
    """Takes every zone where the machine has no database of zones."""

    def find_unknown(self, names: frozenset[str]) -> frozenset[str]:
        """Return those of the names that the database lacks."""
        asked = names - _KNOWN
        if not asked or not _is_known("Etc/UTC"):
            return frozenset()
        return frozenset(name for name in asked if not _is_known(name))


def _is_known(name: str) -> bool:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (nearly nobody has another zone, and it takes time to import)

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
