"""What the command line of backups refuses, before it asks the database anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from genai_backup.__main__ import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "--url", "http://user:pw@db", "--backend", "s3"],
        ["create", "--url", "ftp://db", "--backend", "s3"],
        ["create", "--url", "http://db", "--backend", "s3", "--key-file", "/nowhere/key"],
    ],
)
def test_usage(arguments: list[str], capsys: Any) -> None:
    assert main(arguments) == 2
    assert "pw" not in capsys.readouterr().err


def test_a_key_that_is_no_text_is_refused_unseen(tmp_path: Path, capsys: Any) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"sesame\xff")
    assert main(["create", "--url", "http://db", "--backend", "s3", "--key-file", str(key)]) == 2
    said = capsys.readouterr().err
    assert f"--key-file: {key}: is not UTF-8" in said
    assert "sesame" not in said


@pytest.mark.parametrize("option", [["--id", "../up"], ["--keep", "0"], ["--id", "UP"], ["--timeout", "x"]])
def test_options_that_make_no_sense(option: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["create", "--url", "http://db", "--backend", "s3", *option])
    assert refused.value.code == 2
