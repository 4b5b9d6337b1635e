"""How scheduled backups are named, and which of them are deleted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from genai_backup.api import Backup
from genai_backup.create import name_backup
from genai_backup.prune import choose

A, B, C, D = (f"auto-2026010{day}-021700" for day in range(1, 5))


@pytest.mark.parametrize(
    ("backups", "keep", "gone"),
    [
        ({A: "SUCCESS", B: "SUCCESS", C: "SUCCESS"}, 2, (A,)),
        ({A: "SUCCESS", B: "FAILED", C: "SUCCESS"}, 2, (B,)),
        ({A: "SUCCESS", B: "SUCCESS", C: "STARTED"}, 1, (A,)),
        ({A: "FAILED", B: "CANCELED"}, 1, ()),
        ({A: "SUCCESS"}, 3, ()),
        ({"by-hand": "SUCCESS", A: "SUCCESS", B: "SUCCESS"}, 1, (A,)),
        ({"auto-old": "SUCCESS", B: "SUCCESS"}, 1, ()),
    ],
)
def test_which_backups_go(backups: dict[str, str], keep: int, gone: tuple[str, ...]) -> None:
    listed = [Backup(name, status, ("Article",)) for name, status in backups.items()]
    assert choose(backups, listed, keep) == gone


def test_what_an_interrupted_deletion_left_goes_too() -> None:
    assert choose([A, B, C], [Backup(B, "SUCCESS", ("Article",)), Backup(C, "SUCCESS", ("Article",))], 2) == (A,)


def test_names_of_scheduled_backups_sort_by_time() -> None:
    moments = [datetime(2026, 1, day, 2, 17, 0, tzinfo=UTC) for day in range(1, 5)]
    assert [name_backup(moment) for moment in moments] == [A, B, C, D]
