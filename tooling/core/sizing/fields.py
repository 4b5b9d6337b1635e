"""Read numbers from a config.json without trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tooling.errors import UsageError

_LARGEST = 2**40
_SHOWN = 60
"""Characters of a wrong value that are told."""

MOST_LAYERS = 4096


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a config.json."""

    all: Mapping[str, Any]

    def get(self, *keys: str) -> int:
        """Return the first of some fields that is there, 0 where none is.

        Raises UsageError for what is no whole number, or one that no model has.
        """
        for key in keys:
            value = self.all.get(key)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
                raise UsageError(f"{key} is {value!r:.{_SHOWN}}, which is no number of that.", hint=_pass(key))
            return value
        return 0

    def need(self, *keys: str) -> int:
        """Return a field that must be there and above 0. Raises UsageError naming it."""
        value = self.get(*keys)
        if not value:
            raise UsageError(f"the configuration does not say {' or '.join(keys)}.", hint=_pass(keys[0]))
        return value

    def need_layers(self, key: str) -> int:
        """Return the number of layers. Raises UsageError for more than any model has."""
        value = self.need(key)
        if value > MOST_LAYERS:
            raise UsageError(f"{key} is {value}, more layers than any model has.", hint=_pass(key))
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a yes or no; `default` where it is not said."""
        value = self.all.get(key)
        return value if isinstance(value, bool) else default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of words; empty where it is none."""
        value = self.all.get(key)
        return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _pass(key: str) -> str:
    return f"Pass it: --fact {key}=NUMBER."
