"""A folder of weights is whole or not there, and filled once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from genai_fetch.folder import provide

from tests.images.test_fetch import read


def test_a_folder_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "digest"

    def fill(part: Path) -> None:
        (part / "a").write_text("1")
        assert not target.exists()
        raise OSError(28, "No space left on device")

    with pytest.raises(Exception, match=r"inference\.weights\.size"):
        provide(target, fill)
    assert not target.exists()
    assert provide(target, lambda part: (part / "b").write_text("2") and None)
    assert read(target) == {"a": b"1", "b": b"2"}, "the next attempt gets what the last one left"


def test_two_writers_fill_a_folder_once(tmp_path: Path) -> None:
    target, began, go_on = tmp_path / "digest", threading.Event(), threading.Event()
    filled: list[str] = []

    def fill(name: str) -> Callable[[Path], None]:
        def write(part: Path) -> None:
            filled.append(name)
            began.set()
            go_on.wait(30)
            (part / name).write_text(name)

        return write

    first = threading.Thread(target=provide, args=(target, fill("first")))
    first.start()
    assert began.wait(30)
    second = threading.Thread(target=provide, args=(target, fill("second")))
    second.start()
    go_on.set()
    first.join(30)
    second.join(30)
    assert filled == ["first"]
    assert read(target) == {"first": b"first"}
