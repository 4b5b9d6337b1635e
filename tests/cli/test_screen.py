"""Frames that are drawn over each other: the terminal shows the last one, and little is written for it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.cli.terminal import Terminal
from tooling.cli.screen import Screen
from tooling.cli.status_view import Line

words = st.text("ab ", max_size=12).map(str.rstrip)
lines = st.builds(Line, words, st.sampled_from(["", "good", "bad"]))
frames = st.lists(st.lists(lines, max_size=8), min_size=1, max_size=6)


def open_screen(terminal: Terminal, *, has_colour: bool = True) -> Screen:
    return Screen(terminal, lambda: terminal.size, has_colour=has_colour)


@given(frames, st.integers(3, 12))
def test_the_last_frame_is_what_is_seen(pictures: list[list[Line]], rows: int) -> None:
    terminal = Terminal((40, rows))
    screen = open_screen(terminal)
    for picture in pictures:
        screen.show(picture)
        wanted = [line.text for line in picture]
        if len(wanted) > rows - 1:
            wanted = [*wanted[: rows - 2], f"... {len(wanted) - rows + 2} more lines: make the window taller"]
        while wanted and not wanted[-1]:
            wanted.pop()
        assert terminal.shown == wanted


def test_a_frame_is_one_write_and_only_of_lines_that_changed() -> None:
    terminal = Terminal()
    screen = open_screen(terminal)
    screen.show([Line("one"), Line("two"), Line("three")])
    screen.show([Line("one"), Line("2"), Line("three")])
    assert terminal.shown == ["one", "2", "three"]
    assert len(terminal.writes) == 2
    assert "one" not in terminal.writes[1]
    assert "three" not in terminal.writes[1]
    assert "\x1b[2J" not in terminal.writes[1]
    assert "\x1b[2K" not in terminal.writes[1]
    screen.show([Line("one"), Line("2"), Line("three")])
    assert re.sub(r"\x1b\[[?0-9]*[A-Za-z]", "", terminal.writes[2]).strip() == ""


def test_a_frame_that_is_higher_than_the_window_is_cut() -> None:
    terminal = Terminal((80, 4))
    screen = open_screen(terminal)
    screen.show([Line(str(number)) for number in range(9)])
    assert terminal.shown == ["0", "1", "... 7 more lines: make the window taller"]
    screen.show([Line(str(number)) for number in range(3)])
    assert terminal.shown == ["0", "1", "2"]


def test_another_size_of_the_window_draws_all_anew() -> None:
    terminal = Terminal((80, 24))
    screen = open_screen(terminal)
    assert screen.width == 79
    screen.show([Line("one"), Line("two")])
    terminal.size = (60, 24)
    screen.show([Line("one"), Line("two")])
    assert terminal.shown == ["one", "two"]
    assert screen.width == 59


def test_the_cursor_is_hidden_and_given_back() -> None:
    terminal = Terminal()
    screen = open_screen(terminal)
    screen.close()
    assert terminal.writes == []
    screen.show([Line("one")])
    assert not terminal.has_cursor
    screen.close()
    assert terminal.has_cursor
    assert terminal.shown == ["one"]


def test_colour_is_for_those_who_want_it() -> None:
    coloured, plain = Terminal(), Terminal()
    open_screen(coloured).show([Line("bad news", "bad")])
    open_screen(plain, has_colour=False).show([Line("bad news", "bad")])
    assert "\x1b[31mbad news\x1b[0m" in coloured.writes[0]
    assert "\x1b[31m" not in plain.writes[0]


def test_what_others_wrote_moves_no_cursor() -> None:
    terminal = Terminal()
    open_screen(terminal).show([Line("a\x1b[2Jb\rc\nd")])
    assert terminal.shown == ["a?[2Jb?c?d"]
