"""The list of policies itself."""

from __future__ import annotations

import re

from tests.core.policies.sample import find, make
from tooling.core.policies.catalog import POLICIES


def test_the_sound_release_has_no_finding() -> None:
    assert find() == []
    assert len(make().workloads) == 4


def test_ids_are_unique_and_read_as_words() -> None:
    ids = [policy.id for policy in POLICIES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one) for one in ids)


def test_each_says_what_happens_otherwise_and_what_to_do() -> None:
    for policy in POLICIES:
        assert policy.reason.endswith("."), policy.id
        assert policy.fix.endswith("."), policy.id
