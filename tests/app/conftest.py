"""What stories share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes import store


@pytest.fixture
def plain_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep records as they are, not as JSON: stories by the hundred would spend their time on that.

    That a record comes back from JSON as it was is held by tests/core/test_record.py and by all other stories.
    """

    def keep(value: Any) -> Any:
        return value

    monkeypatch.setattr(store, "to_record", keep)
    monkeypatch.setattr(store, "from_record", keep)
    monkeypatch.setattr(store, "json", SimpleNamespace(dumps=keep, loads=keep))
