"""What the rules between keys are told by the use case: which layers are shared, which time zones do not exist."""

from pathlib import Path

import pytest

from tooling.app.project import Project
from tooling.app.validate import validate
from tooling.app.values import ValuesRequest, load_values
from tooling.bootstrap import documents, schemas, zones

PROJECT = Project(Path(__file__).parents[2])
PROFILES = sorted(file.stem for file in PROJECT.profiles.glob("*.yaml"))


def find_rules(request):
    found = validate(schemas(PROJECT), load_values(documents(), PROJECT, request), zones())
    return {one.rule for one in found}


@pytest.mark.parametrize("profile", PROFILES)
def test_an_environment_need_not_use_all_that_a_profile_sets(profile):
    assert "unused" not in find_rules(ValuesRequest("dev", profile))


def test_what_a_file_of_ones_own_sets_in_vain_is_told(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("inference: {weights: {size: 5Gi}}\n", encoding="utf-8")
    assert "unused" in find_rules(ValuesRequest("dev", "gke", (file,)))


@pytest.mark.parametrize(("zone", "is_told"), [("Europe/Berlin", False), ("Mars/Olympus", True)])
def test_a_zone_that_does_not_exist_is_told(tmp_path, zone, is_told):
    file = tmp_path / "mine.yaml"
    file.write_text(f"evals: {{timeZone: {zone}}}\n", encoding="utf-8")
    assert ("time-zone" in find_rules(ValuesRequest("dev", "", (file,)))) is is_told
