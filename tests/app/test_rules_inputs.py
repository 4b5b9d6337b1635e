"""What the rules between keys are told by the use case: which layers are shared, which time zones do not exist."""

import zoneinfo
from pathlib import Path

import pytest

from tooling.app.project import Project
from tooling.app.validate import validate
from tooling.app.values import ValuesRequest, load_values
from tooling.app.zones import find_unknown_zones
from tooling.bootstrap import documents, schemas

PROJECT = Project(Path(__file__).parents[2])
PROFILES = sorted(file.stem for file in PROJECT.profiles.glob("*.yaml"))


def find_rules(request):
    found = validate(schemas(PROJECT), load_values(documents(), PROJECT, request))
    return {one.rule for one in found}


@pytest.mark.parametrize("profile", PROFILES)
def test_an_environment_need_not_use_all_that_a_profile_sets(profile):
    assert "unused" not in find_rules(ValuesRequest("dev", profile))


def test_what_a_file_of_ones_own_sets_in_vain_is_told(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("inference: {weights: {size: 5Gi}}\n", encoding="utf-8")
    assert "unused" in find_rules(ValuesRequest("dev", "gke", (file,)))


@pytest.mark.parametrize(
    ("zone", "unknown"),
    [
        ("Etc/UTC", set()),
        ("Europe/Berlin", set()),
        ("Mars/Olympus", {"Mars/Olympus"}),
        ("../etc", {"../etc"}),
        (5, set()),
    ],
)
def test_a_zone_is_known_or_not(zone, unknown):
    assert find_unknown_zones({"evals": {"timeZone": zone}}) == unknown


def test_without_a_database_of_zones_every_one_is_taken(monkeypatch):
    def lack(name):
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", lack)
    assert find_unknown_zones({"evals": {"timeZone": "Mars/Olympus"}}) == set()
