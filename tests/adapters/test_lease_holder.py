"""Who holds a lock, and when it is known to be gone."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tooling.adapters.lease_holder import Holder, is_dead, make_holder, read_holder

OURS = make_holder()


@pytest.mark.parametrize(
    ("holder", "expected"),
    [
        (replace(OURS, pid=2**22 + 1), True),
        (replace(OURS, pid=2**22 + 1, host="elsewhere"), False),
        (replace(OURS, pid=2**22 + 1, machine="other"), False),
        (replace(OURS, pid=os.getppid() or 1), False),
        (replace(OURS, pid=1), False),
        (OURS, False),
    ],
)
def test_only_a_process_of_this_machine_is_known_to_be_dead(holder: Holder, expected: bool) -> None:
    assert is_dead(holder, OURS) is expected


def test_nothing_is_known_without_a_machine() -> None:
    ours = replace(OURS, machine="")
    assert not is_dead(replace(ours, pid=2**22 + 1), ours)


def test_holders_read_back() -> None:
    assert read_holder(str(OURS)) == OURS
    assert str(make_holder()) != str(OURS)
    assert OURS.label == f"{OURS.user}@{OURS.host} (process {os.getpid()})"


@pytest.mark.parametrize("text", ["", "x", "a@b:c:d:e", "a@b:1:d", "a@b:1:d:e:f"])
def test_other_texts_are_no_holders(text: str) -> None:
    assert read_holder(text) is None
