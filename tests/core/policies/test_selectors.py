"""What is suggested in place of a wrong name."""

from __future__ import annotations

import pytest

from tooling.core.policies.selectors import name_one

MANY = dict.fromkeys(f"service-{number:02}" for number in range(60))


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (dict.fromkeys(("gateway", "vectordb")), "Write gateway."),
        (dict.fromkeys("abcde"), "Write one of a, b, c, d, e."),
        (dict.fromkeys("abcdef"), "Write one of a, b, c, d, e and 1 more."),
        (
            {**MANY, "gateway": None},
            "Write one of service-00, service-01, service-02, service-03, service-04 and 56 more.",
        ),
    ],
)
def test_the_most_alike_is_named_else_the_first_few(known: dict[str, None], told: str) -> None:
    assert name_one("gatewey", known) == told
