"""Rules on times: cron lines, time zones and spans."""

import pytest

from tooling.core.rules.cron import find_cron_fault
from tooling.core.rules.times import find_time_findings, find_zones
from tooling.core.values import Layered, merge

LONG = "9" * 5000
"""More digits than `int` reads."""

RIGHT = [
    *(
        "@daily",
        "17 3 * * *",
        "*/5 0-4 1,15 * 1-5",
        "0 0 29 2 *",
        "0 0 31 2 1",
        "0 0 ? jan-MAR sun",
        "5/15 * * * *",
    ),
    *("0  0\t1 1 ?", "0 0 30,31 4,5 mon", "59 23 31 12 6"),
]
WRONG = {
    "@never": "no known word",
    "* * * *": "4 fields",
    "* * * * * *": "6 fields",
    "61 * * * *": "from 0 to 59",
    "0 25 * * *": "from 0 to 23",
    "0 0 0 * *": "from 1 to 31",
    "0 0 1 13 *": "from 1 to 12",
    "0 0 1 1 7": "from 0 to 6",
    "mon 0 * * *": "no minute",
    "5-3 * * * *": "ends before",
    "*/0 * * * *": "above 0",
    "*/x * * * *": "above 0",
    ", * * * *": "is no minute",
    "1-2-3 * * * *": "is no minute",
    "0 0 31 2 *": "has no day",
    "0 0 31 4,6 ?": "has no day",
    f"{LONG} * * * *": "from 0 to 59",
    f"1-{LONG} * * * *": "from 0 to 59",
    f"*/{LONG} * * * *": "above 0",
    f"0 0 {LONG} 2 *": "from 1 to 31",
}


@pytest.mark.parametrize("line", RIGHT)
def test_a_cron_line_that_is_right_has_no_fault(line):
    assert find_cron_fault(line) == ""


@pytest.mark.parametrize(("line", "said"), WRONG.items())
def test_a_cron_line_that_is_wrong_is_told(line, said):
    assert said in find_cron_fault(line)


GOOD = {
    "evals": {
        "schedule": "17 3 * * *",
        "timeZone": "Etc/UTC",
        "activeDeadlineSeconds": 1800,
        "suites": {"golden": {"schedule": ""}, "gone": None},
    },
    "vectordb": {"backup": {"enabled": True, "schedule": "17 2 * * *", "timeZone": "Europe/Berlin"}},
    "observability": {
        "monitors": {"enabled": True, "interval": "30s", "scrapeTimeout": "10s"},
        "alerts": {"enabled": True, "for": {"evalsFailing": "30m"}},
    },
}

TABLE = [
    ({}, []),
    ({"evals": "broken", "vectordb": "broken", "observability": "broken"}, []),
    ({"evals": {"schedule": "daily"}}, ["error evals.schedule"]),
    ({"evals": {"schedule": "daily", "enabled": False}}, []),
    ({"evals": {"suites": {"golden": {"schedule": "daily"}}}}, ["error evals.suites.golden.schedule"]),
    ({"vectordb": {"backup": {"schedule": "daily"}}}, ["error vectordb.backup.schedule"]),
    ({"vectordb": {"backup": {"schedule": "daily", "enabled": False}}}, []),
    ({"evals": {"timeZone": "Mars/Olympus"}}, ["error evals.timeZone"]),
    ({"evals": {"timeZone": 5}}, []),
    ({"observability": {"monitors": {"interval": "5s"}}}, ["error observability.monitors.scrapeTimeout"]),
    ({"observability": {"monitors": {"interval": "5s", "enabled": False}}}, []),
    ({"observability": {"monitors": {"interval": "soon"}}}, []),
    ({"observability": {"monitors": {"scrapeTimeout": "1m1s"}}}, ["error observability.monitors.scrapeTimeout"]),
    ({"observability": {"monitors": {"scrapeTimeout": f"{LONG}s"}}}, []),
    (
        {"observability": {"alerts": {"for": {"evalsFailing": "29m"}}}},
        ["warning observability.alerts.for.evalsFailing"],
    ),
    ({"observability": {"alerts": {"for": {"evalsFailing": "1d"}}}}, []),
    ({"observability": {"alerts": {"for": {"evalsFailing": "29m"}, "silenced": {"GenaiEvalsFailing": True}}}}, []),
    ({"observability": {"alerts": {"for": {"evalsFailing": ""}}}}, []),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_time_findings(Layered(merge(GOOD, change)), unknown_zones=frozenset({"Mars/Olympus"}))
    assert [f"{one.severity} {one.path}" for one in found] == expected


def test_every_zone_that_is_named_is_asked_for():
    assert find_zones(GOOD) == {"Etc/UTC", "Europe/Berlin"}
