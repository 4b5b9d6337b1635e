"""Which time zones this machine knows."""

import zoneinfo

import pytest

from tooling.adapters.zones_machine import MachineZones


@pytest.mark.parametrize(
    ("names", "unknown"),
    [
        (set(), set()),
        ({"Etc/UTC", "UTC"}, set()),
        ({"Europe/Berlin"}, set()),
        ({"Mars/Olympus", "Europe/Berlin"}, {"Mars/Olympus"}),
        ({"../etc"}, {"../etc"}),
    ],
)
def test_a_zone_is_known_or_not(names, unknown):
    assert MachineZones().find_unknown(frozenset(names)) == unknown


def test_without_a_database_of_zones_every_one_is_taken(monkeypatch):
    def lack(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", lack)
    assert MachineZones().find_unknown(frozenset({"Mars/Olympus"})) == set()
