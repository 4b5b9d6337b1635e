"""What `-f` takes: files, and none that would have to be downloaded."""

import pytest

from tooling.cli.main import run


@pytest.mark.parametrize("command", ["validate", "lint", "render"])
def test_an_address_is_told_as_one_and_not_shown(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--env", "dev", "-f", "https://me:hunter2@example.com/x.yaml"]) == 2
    err = capfd.readouterr().err
    assert "number 1 is an address, and only files are read. Download it first." in err
    assert "hunter2" not in err
