"""What is printed where, in a terminal and without one."""

import io
import json

import pytest

from tooling.adapters.reporter_json import JsonReporter
from tooling.adapters.reporter_terminal import HEARTBEAT_SECONDS, TerminalReporter, format_table

ROWS = ({"step": 1, "verdict": "Successful"}, {"step": 10, "verdict": None})


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, is_terminal: bool = False, text: str = "") -> None:
        super().__init__(text)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture
def plain():
    out, err, now = Screen(), Screen(), [0.0]
    reporter = TerminalReporter(out=out, err=err, stdin=Screen(), clock=lambda: now[0])
    return reporter, out, err, now


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")

    def make(answer: str = ""):
        out, err = Screen(is_terminal=True), Screen(is_terminal=True)
        reporter = TerminalReporter(out=out, err=err, stdin=Screen(is_terminal=True, text=answer))
        return reporter, out, err

    return make


def test_without_a_terminal_lines_are_plain(plain):
    reporter, out, err, _ = plain
    reporter.say("[bold]not markup[/bold] :smile: " + "x" * 200, phase="Failed")
    reporter.table("steps", ROWS)
    reporter.table("nothing", ())
    assert out.getvalue() == (
        "[bold]not markup[/bold] :smile: " + "x" * 200 + "\n"
        "steps:\n  step  verdict\n  1     Successful\n  10\n"
        "nothing: none\n"
    )
    assert err.getvalue() == ""


def test_without_a_terminal_progress_is_told_when_it_says_something_new(plain):
    reporter, out, err, now = plain
    for text in ("20 s left", "19 s left", "18.5 s left", "not ready", "not ready"):
        reporter.progress(text)
        now[0] += 1
    now[0] += HEARTBEAT_SECONDS
    reporter.progress("not ready")
    assert err.getvalue().splitlines() == ["20 s left", "not ready", "not ready"]
    reporter.say("next")
    reporter.progress("not ready")
    assert err.getvalue().count("not ready") == 3
    assert out.getvalue() == "next\n"


def test_in_a_terminal_progress_is_written_over_and_cut(terminal):
    reporter, out, err = terminal()
    reporter.progress("waiting")
    reporter.progress("y" * 100)
    reporter.say("done")
    shown = err.getvalue().split("\r\x1b[2K")
    assert shown[1] == "waiting"
    assert shown[2] == "y" * 36 + "..."
    assert shown[3:] == [""]
    assert "\n" not in err.getvalue()
    assert out.getvalue() == "done\n"


def test_colour_is_for_terminals(terminal, monkeypatch):
    reporter, out, _ = terminal()
    reporter.say("it failed", phase="Failed")
    reporter.say("once more", failed=True)
    assert "\x1b[1;31mit failed" in out.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    reporter, out, _ = terminal()
    reporter.say("it failed", phase="Failed")
    assert "\x1b[31m" not in out.getvalue()
    assert "\x1b[1;31m" not in out.getvalue()


def test_in_a_terminal_a_table_is_drawn(terminal):
    reporter, out, _ = terminal()
    reporter.table("steps", ROWS)
    assert "Successful" in out.getvalue()
    assert "┃" in out.getvalue()


@pytest.mark.parametrize(
    ("typed", "expected"), [("genai\n", True), (" genai \n", True), ("yes\n", False), ("", False)]
)
def test_a_person_types_the_answer(terminal, typed, expected):
    reporter, out, err = terminal(typed)
    assert reporter.confirm("Type genai", "genai") is expected
    assert err.getvalue() == "Type genai: "
    assert out.getvalue() == ""


def test_nobody_is_asked_without_a_terminal(plain):
    assert plain[0].confirm("Type genai", "genai") is None
    assert JsonReporter(out=io.StringIO()).confirm("Type genai", "genai") is None


def test_programs_get_one_event_per_line():
    out = io.StringIO()
    reporter = JsonReporter(out=out)
    reporter.say("aborted\nhere", phase="Aborted", event="mine")
    reporter.progress("20 s left")
    reporter.progress("20 s left")
    reporter.progress("19 s left")
    reporter.table("steps", ROWS)
    reporter.close()
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"event": "message", "phase": "Aborted", "text": "aborted\nhere"},
        {"event": "progress", "text": "20 s left"},
        {"event": "progress", "text": "19 s left"},
        {"event": "table", "title": "steps", "rows": [dict(row) for row in ROWS]},
    ]


def test_columns_are_aligned():
    text = format_table("t", ({"a": "long value", "b": 1}, {"a": "x", "b": 22}))
    assert text == "t:\n  a           b\n  long value  1\n  x           22\n"
