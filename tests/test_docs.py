"""What the documentation tells people to type exists: commands, options and targets of make."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tooling.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "docs").rglob("*.yml"),
        *(ROOT / "values").rglob("*.yaml"),
    ]
)
CODE = re.compile(r"^ *```[^\n]*\n(?P<block>.*?)^ *```|`(?P<inline>[^`]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?<![\w/@-])(?:\.venv/bin/)?genai-stack (?P<rest>[^\n]*)")
TARGET = re.compile(r"^\s*(?:\$ |- run: |- )?make (?P<rest>[a-z][^\n]*)", re.MULTILINE)
END = re.compile(r"\s#|[`|;&>)]|\s{3,}|\\$|$")
VAGUE = re.compile(r"\.\.\.|[\[<{]|\b[A-Z]{3,}\b")


def find_lines(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """What stands after a word in code, and where: in a page only what is marked as code, in a workflow all."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        pieces = [(0, text)] if page.suffix == ".yml" else list(find_code(text))
        for start, piece in pieces:
            for match in pattern.finditer(piece):
                line = text.count("\n", 0, start + match.start()) + 1
                told = match["rest"]
                end = END.search(told)
                yield f"{page.relative_to(ROOT)}:{line}", told[: end.start() if end else None].strip(" .,:")


def hide(match: re.Match[str]) -> str:
    """Drawings are no commands; lines stay where they are."""
    return re.sub(r"[^\n]", " ", match[0])


def find_code(text: str) -> Iterator[tuple[int, str]]:
    """Blocks and words of a page that are marked as code."""
    for match in CODE.finditer(re.sub(r"^```mermaid.*?^```", hide, text, flags=re.MULTILINE | re.DOTALL)):
        group = "block" if match["block"] is not None else "inline"
        yield match.start(group), match[group].replace("\n", " ") if group == "inline" else match[group]


LINES = [(place, told) for place, told in find_lines(COMMAND) if told.split(maxsplit=1)[:1] and told[0] != "="]


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that is meant, and what is left for it."""
    command: click.Command = cli
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            break
        command, words = found, words[1:]
    return command, words


def test_there_is_something_to_look_at():
    assert len(LINES) > 40
    assert {told.split()[0] for _, told in LINES} & set(COMMANDS) >= {"validate", "release", "size", "images"}


@pytest.mark.parametrize(("place", "told"), LINES, ids=[f"{place} {told}" for place, told in LINES])
def test_a_command_of_the_docs_can_be_typed(place, told):
    words = shlex.split(told)
    if words[0] not in COMMANDS and not words[0].startswith("-"):
        pytest.fail(f"{place}: there is no command `genai-stack {words[0]}`")
    command, rest = resolve(words)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
        "--help",
        "-h",
    }
    unknown = [word.split("=")[0] for word in rest if word[:1] == "-" != word and word.split("=")[0] not in known]
    assert not unknown, f"{place}: `genai-stack {told}` has options that are not there: {unknown}"
    if VAGUE.search(told):
        return
    try:
        command.make_context(command.name, rest)
    except click.exceptions.Exit:
        pass
    except click.MissingParameter:
        assert not rest, f"{place}: `genai-stack {told}` lacks something"
    except click.UsageError as error:
        if "does not exist" in error.format_message():  # a file of the reader's
            return
        pytest.fail(f"{place}: `genai-stack {told}`: {error.format_message()}")


def test_targets_of_make_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for place, told in find_lines(TARGET):
        for word in told.split():
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            assert word in targets, f"{place}: `make {told}`: there is no target {word}"
