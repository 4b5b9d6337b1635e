"""Durations as people write them."""

from __future__ import annotations

import re

# Bounded: more digits would be no finite number, and take long to pass over.
_DURATION = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)(ms|[smhd])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str, *, has_days: bool = False) -> float:
    """Read `90s`, `10m` or `1h30m` as seconds, `1d` too where days are meant. Raises ValueError for the rest."""
    parts = _DURATION.findall(text)
    is_whole = "".join(number + unit for number, unit in parts) == text
    if not parts or not is_whole or ("d" in text and not has_days):
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
