"""A folder that is filled again and again, and the files of others in it."""

from pathlib import Path

import pytest

from tooling.adapters.folder_files import LIST_NAME, FileFolder
from tooling.errors import UsageError
from tooling.ports.folder import Filled


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def fill(folder, **files):
    return FileFolder().fill(folder, {name.replace("__", "/"): text for name, text in files.items()})


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_no_longer_rendered_is_removed_with_its_folder(folder):
    assert fill(folder, base__a="1", base__b="2", slot__c="3") == Filled(("base/a", "base/b", "slot/c"), (), ())
    assert fill(folder, base__a="1", base__b="two") == Filled(("base/b",), ("base/a",), ("slot/c",))
    assert tree(folder) == [LIST_NAME, "base/a", "base/b"]
    assert not (folder / "slot").exists()
    assert (folder / "base" / "b").read_text() == "two"


def test_a_file_that_says_the_same_is_not_written(folder):
    fill(folder, a="1")
    before = (folder / "a").stat().st_mtime_ns, (folder / "a").stat().st_ino
    fill(folder, a="1")
    assert ((folder / "a").stat().st_mtime_ns, (folder / "a").stat().st_ino) == before


def test_files_of_others_stay(folder):
    fill(folder, base__a="1")
    (folder / "base" / "mine").write_text("mine")
    fill(folder, other="2")
    assert tree(folder) == [LIST_NAME, "base/mine", "other"]


def test_a_file_of_others_in_the_way_stops_everything(folder):
    folder.mkdir()
    (folder / "b").write_text("mine")
    with pytest.raises(UsageError, match=r"b is there and was not written by genai-stack.*nothing was touched"):
        fill(folder, a="1", b="2")
    assert tree(folder) == ["b"]


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (folder / "base").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="leads out of"):
        fill(folder, base__a="1")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_list_that_was_edited_removes_nothing_elsewhere(folder, tmp_path):
    (tmp_path / "precious").write_text("x")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "precious").write_text("x")
    fill(folder, a="1")
    (folder / "link").symlink_to(tmp_path / "linked")
    (folder / LIST_NAME).write_text(f"../precious\n{tmp_path}/precious\nlink/precious\na\ngone\n")
    assert fill(folder, b="1").removed == ("a",)
    assert (tmp_path / "precious").exists()
    assert (tmp_path / "linked" / "precious").exists()


def test_a_crash_between_files_is_healed_by_the_next_filling(folder, monkeypatch):
    fill(folder, a="1", b="1")
    seen = []
    replace = Path.replace

    def crash(source, target):
        seen.append(target)
        if len(seen) == 3:  # the list, one file, and then this one
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", crash)
        with pytest.raises(UsageError, match="No space left"):
            fill(folder, c="2", d="2")
    assert not [name for name in tree(folder) if name.endswith(".part")]
    assert fill(folder, e="3").removed == ("a", "b", "c")
    assert tree(folder) == [LIST_NAME, "e"]


def test_a_file_instead_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        fill(tmp_path / "file", a="1")
