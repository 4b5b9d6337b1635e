"""Seeded random --set, --set-string, --set-json, --set-file and --set-literal, with the values that they meet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.adapters.odd_values import WORDS, draw_value
from tooling.core.assignment import FILE, FLAGS, JSON, LITERAL, Setting

KEYS = ("a", "b", "l", "m", "n", "s", "a\\.b", "x\\,y", "k\\=", "\\[", "\u00e9", "on", "1", "a b", "-")
LITERAL_KEYS = ("a", "b", "l", "m", "n", "s", "x,y", "\u00e9", "a\\", "{", "on")
VALUES = (
    "1", "-1", "+5", "0", "007", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "1.5", "1e3", "true", "FALSE", "Null", "nil", "", "x", 'a\\,b', 'a\\', '\\\\', "a=b", "a.b", "[0]", "{}",
    "{a,1,true}", "{a,}", "{,}", "{a}x", '{a\\,b}', "{{a}}", "{a", "a}", '"q"', 'fal\u017fe', '\u0663', " 1",
    "1_000", "0x1f", "~", "{a} ", '\U0001f600',
)  # fmt: skip
JSONS = (
    "1", "-0", "1.0", "1e2", "9007199254740993", "18446744073709551617", "1e400", '"x"', '"\\u00e9"',
    '"\\ud800"', '"\\ud83d\\ude00"', "null", "true", "[]", "{}", '[1, "a", {"k": null}]', '{"a": {"b": [1]}}',
    '{"a": 1, "a": 2}', "", " ", " 1 ", "01", "1.", "1e", "-", "NaN", "tru", '"\n"', "1 ", '\xa01', "[1,]",
    "{'a': 1}", '"a"b',
    "1" * 400,
)  # fmt: skip


def draw_below(random: Random) -> dict[str, Any]:
    """Return values that settings meet: maps, lists and nulls under the keys that they name."""
    below: dict[str, Any] = {
        "a": {"b": 1, "l": [1, {"a": 2}]},
        "l": [{"a": 1}, [1, 2], None, 5],
        "n": None,
        "s": "text",
    }
    kept = {key: value for key, value in below.items() if random.random() < 0.6}
    return {**kept, "m": draw_value(random, 2)}


def draw_setting(random: Random, prefix: str, folder: Path) -> Setting:
    """Return one setting all of whose keys begin with `prefix`; some are wrong."""
    flag = random.choice(FLAGS)
    if flag == LITERAL:
        return Setting(flag, f"{_draw_path(random, prefix, LITERAL_KEYS)}={random.choice((*VALUES, *WORDS))}")
    parts = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        path = _draw_path(random, prefix, KEYS)
        parts.append(f"{path}={_draw_value(random, flag, folder)}")
    return Setting(flag, ",".join(parts) + random.choice(["", "", "", ","]))


def _draw_value(random: Random, flag: str, folder: Path) -> str:
    if flag == FILE:
        name = str(folder / random.choice(["one.txt", "two.txt", "two.txt", "none.txt"]))
        return random.choice([name, name, f"{{{name}}}", f"{{{name},{name}}}", ""])
    if flag == JSON:
        return random.choice((*JSONS, json.dumps(draw_value(random, 2))))
    return random.choice((*VALUES, *WORDS))


def _draw_path(random: Random, prefix: str, keys: Sequence[str]) -> str:
    path = prefix
    for _ in range(random.choice([1, 1, 2, 2, 3, 4])):
        path += f".{random.choice(keys[:6] if random.random() < 0.7 else keys)}"
        while random.random() < 0.25:
            path += f"[{random.choice(['0', '0', '1', '2', '3', '5', '+1', '007', '-1', 'x', '', '65537'])}]"
    if random.random() < 0.03:
        path += random.choice([".", "[0]x", "[", "]", "..a", "[0].", "=", ".b" * 30])
    return path


def write_files(folder: Path) -> None:
    """Write the files that --set-file names."""
    (folder / "one.txt").write_text("one\n", encoding="utf-8")
    (folder / "two.txt").write_text("1.10, \u00e9\n", encoding="utf-8")
