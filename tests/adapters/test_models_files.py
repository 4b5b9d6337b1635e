"""Files that describe models, as people have them lying about."""

from __future__ import annotations

import json

import pytest

from tooling.adapters.models_files import LocalModelFiles
from tooling.errors import UsageError

CONFIG = {"model_type": "llama"}


def test_a_config_is_named_after_its_folder(tmp_path):
    folder = tmp_path / "qwen"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    for path in (folder, folder / "config.json"):
        found = LocalModelFiles().read(path)
        assert (found.name, found.config, found.header) == ("qwen", CONFIG, b"")


def test_another_file_is_named_after_itself(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(CONFIG))
    assert LocalModelFiles().read(file).name == "mine"


def test_of_a_gguf_file_only_the_beginning_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("tooling.adapters.models_files.HEADER", 10)
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + b"0123456789")
    assert LocalModelFiles().read(file).header == b"GGUF012345"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is neither JSON nor GGUF"),
        (b"\xff\xfe{}", "is neither JSON nor GGUF"),
        (b"[" * 100_000, "is neither JSON nor GGUF"),
        (b"{'a': 1}", "is neither JSON nor GGUF"),
        (b"[]", "holds no map of fields"),
    ],
)
def test_other_content_is_refused(content, told, tmp_path):
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=told):
        LocalModelFiles().read(file)


def test_what_is_not_there_is_refused_with_its_name(tmp_path):
    with pytest.raises(UsageError, match=r"config\.json: No such file or directory\. Name a config\.json"):
        LocalModelFiles().read(tmp_path)
