"""Quantities as Kubernetes writes them: `500m`, `2`, `64Gi`, `1e3`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60}
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_UNITS: Mapping[str, Decimal] = {
    **{unit: Decimal(1).scaleb(power) for unit, power in _POWERS.items()},
    **{unit: Decimal(size) for unit, size in _BINARY.items()},
}
_HUGE = 10**40
_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}))(?:[eE]([+-]?\d{1,2})|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))",
    re.ASCII,
)


def parse_quantity(value: object) -> Decimal | None:
    """Return a quantity in its base unit (cores, bytes, pieces); None for what is no quantity."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, int) and abs(value) >= _HUGE:
        return None  # Python writes out no number of thousands of digits
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    number, exponent, unit = match.groups()
    return Decimal(number).scaleb(int(exponent)) if exponent else Decimal(number) * _UNITS[unit]


def format_bytes(count: Decimal) -> str:
    """Return bytes as a person reads them, in the largest binary unit that leaves at least one: `1.5Gi`."""
    for unit, size in reversed(_BINARY.items()):
        if abs(count) >= size:
            return f"{_trim(count / size)}{unit}"
    return _trim(count)


def write_bytes(count: Decimal) -> str:
    """Return a quantity of at least so many bytes for a manifest: `77824Mi`, or Gi where that is whole."""
    mebibytes = -(-int(count.to_integral_value(rounding="ROUND_CEILING")) // _BINARY["Mi"])
    return f"{mebibytes // 1024}Gi" if mebibytes % 1024 == 0 else f"{mebibytes}Mi"


def _trim(number: Decimal) -> str:
    text = f"{number:.2f}"
    return text.rstrip("0").rstrip(".")
