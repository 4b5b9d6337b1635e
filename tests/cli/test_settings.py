"""--set, --set-string, --set-json, --set-file and --set-literal on the command line."""

import json
from pathlib import Path

import pytest

from tooling.cli.main import run


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])


def validate(capfd, *arguments):
    code = run(["validate", "--env", "prod", "--output", "json", *arguments])
    out, err = capfd.readouterr()
    return code, [one["path"] for one in json.loads(out)["findings"]] if out else err


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (["--set", "gateway.image.tag=1.10"], []),
        (["--set", "gateway.image.tag=110"], ["gateway.image.tag"]),
        (["--set-string", "gateway.image.tag=110"], []),
        (["--set-literal", "gateway.image.tag=110"], []),
        (["--set-json", "gateway.image.tag=110"], ["gateway.image.tag"]),
        (["--set-json", 'gateway.podLabels={"a": "b"}'], []),
        (["--set-string", "gateway.image.tag=110", "--set", "gateway.image.tag=110"], []),
    ],
)
def test_each_flag_types_values_its_own_way(capfd, arguments, paths):
    assert validate(capfd, *arguments) == (2 if paths else 0, paths)


def test_a_file_becomes_a_value(capfd, tmp_path):
    (tmp_path / "tag").write_text("v7")
    assert validate(capfd, "--set-file", f"gateway.image.tag={tmp_path / 'tag'}") == (0, [])
    assert run(["validate", "--env", "prod", "--set-file", "gateway.image.tag=/none/here"]) == 2
    assert "--set-file gateway.image.tag: /none/here: it cannot be read: No such file" in capfd.readouterr().err


def test_a_secret_is_not_repeated(capfd):
    assert run(["validate", "--env", "prod", "--set-json", "gateway.auth.token=hunter2"]) == 2
    told = "".join(capfd.readouterr())
    assert "--set-json gateway.auth.token" in told
    assert "hunter2" not in told
