"""Seeded random values that love what readers of YAML and of `--set` disagree about."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

WORDS = (
    "y", "n", "Y", "N", "yes", "No", "on", "OFF", "true", "False", "TRUE", "tRuE", "~", "null", "Null",
    "nUlL", "0", "00", "-0", "+1", "007", "08", "0o10", "0o8", "0x1F", "0X1f", "0b11", "0b12", "0b-11",
    "0b+1", "-0b1", "1_000", "_1", "1__0", "0_7", "1e3", "1E+3", "1e-3", "1e6", "1.0", "1.10", "1.", ".5",
    "-.5", "+.5", ".5_0", "._5", "1e400", "1.2.3", "12:30", "1:2", "2024-01-01", "2024-01-01T10:00:00Z",
    "20240101", "9007199254740993", "-9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "123456789012345678901234567890", "0xffffffffffffffffff",
    "-0x8000000000000000", "077777777777777777777777", "=", "==", "<<", "a-b", "-a", "+a", ".a", "1a", "0x",
    "0b", "1e", ".", "..", "--", "v1.10", "sha256:ab", "1,000", "1/2", "a#b", "<a>", "0.1", "1e21", "1e-7",
    "123456789.5", "16777217.0", "1e39", "3.4028236e38", "1e-46", '\u0663', '\xe9', '\U0001f600', "a.b",
    "a/b", "a:b", "-?", ":a", "a&b", "a!b",
)  # fmt: skip
BROKEN = (
    "?a",
    "%a",
    "@a",
    "*a",
    "!a",
    "|a",
    ">a",
    "`a",
    "a: b",
    "{a",
    "a]",
    "'a",
    "#a",
    ", a",
    "!!int x",
    "!!bool 1",
    '"\\/"',
)
SYMBOLS = ":{}[],&*!|>'\"%@`-?#\t\n \\.=<~0y"
TAGGED = (
    "!!str 1",
    "!!str y",
    "!!str ~",
    "!!str",
    "!!str 'a'",
    "!!int 1",
    "!!int 0x1f",
    "!!int '7'",
    "!!float 1.5",
    "!!float 5",
    "!!float 1e3",
    "!!bool y",
    "!!null ~",
    "! 5",
    "! y",
    "!!str 2024-01-01",
    "!!int 1.5",
    "!!bool 1",
    "!x y",
)
QUOTED = ('"x"', "'x'", '"1"', "'y'", '""', "''", '"\\n\\x41\\u00e9"', "'it''s'", '"a\\\n    b"', "'a\n    b'")
BLOCKS = (
    "|\n{0}a\n{0} b\n",
    ">-\n{0}a\n{0}b\n\n{0}c\n",
    "|+\n{0}a\n\n",
    "|2-\n{0}a\n",
    ">\n\n{0}a\n{0}  b\n{0}c\n",
)


@dataclass
class Writer:
    """Writes one random document as text; anchors are named in the order in which they come."""

    random: Random
    anchors: list[str] = field(default_factory=list)
    maps: list[str] = field(default_factory=list)

    def document(self) -> str:
        """Return a map at the left margin, now and then with a line before or after it."""
        text = self.block_map(0, 0)
        if self.random.random() < 0.05:
            text = self.random.choice(["---\n", "# c\n---\n", "\n\n", "%YAML 1.1\n---\n", "\ufeff"]) + text
        if self.random.random() < 0.05:
            text += self.random.choice(["...\n", "---\n", "---\nz: 1\n", "# end", "... # x\n", "\n \n"])
        return text

    def block_map(self, indent: int, depth: int) -> str:
        """Return lines `key: value`, each at `indent`."""
        lines = []
        for _ in range(self.random.randrange(1, 5)):
            pad = " " * indent
            if self.maps and self.random.random() < 0.08:
                lines.append(f"{pad}<<: {self.merged()}\n")
                continue
            key = self.key()
            lines.append(f"{pad}{key}:{self.block_value(indent, depth)}")
        return "".join(lines)

    def block_value(self, indent: int, depth: int) -> str:
        """Return what follows the colon, to the end of its last line."""
        kind = self.random.random()
        more = indent + self.random.choice([1, 2, 2, 4])
        if depth < 4 and kind < 0.22:
            text = self.block_map(more, depth + 1)
            return f"{self.anchor(is_map=True)}\n{text}"
        if depth < 4 and kind < 0.32:
            text = self.block_list(indent + self.random.choice([0, 2]), depth + 1)
            return f"{self.anchor()}\n{text}"
        if kind < 0.38:
            return " " + self.random.choice(BLOCKS).format(" " * (indent + 2))
        return f" {self.flow(depth)}{self.random.choice(['', '', '', ' ', ' # c'])}\n"

    def block_list(self, indent: int, depth: int) -> str:
        """Return lines `- value`, each at `indent`."""
        pad = " " * indent
        lines = []
        for _ in range(self.random.randrange(1, 4)):
            if depth < 4 and self.random.random() < 0.3:
                lines.append(f"{pad}- {self.block_map(indent + 2, depth + 1).lstrip(' ')}")
            else:
                lines.append(f"{pad}- {self.flow(depth)}\n")
        return "".join(lines)

    def flow(self, depth: int) -> str:
        """Return a value on one line."""
        kind = self.random.random()
        if depth < 4 and kind < 0.1:
            inner = ", ".join(self.flow(depth + 1) for _ in range(self.random.randrange(4)))
            return f"{self.anchor(separator=' ')}[{inner}{self.random.choice(['', ','])}]"
        if depth < 4 and kind < 0.2:
            return self.flow_map(depth)
        if self.anchors and kind < 0.27:
            return "*" + self.random.choice(self.anchors)
        if kind < 0.3:
            return self.random.choice(TAGGED)
        if kind < 0.4:
            return self.random.choice(QUOTED)
        return f"{self.anchor(separator=' ')}{self.scalar()}"

    def flow_map(self, depth: int) -> str:
        """Return `{key: value, ...}`; now and then a key has no value or takes another map over."""
        parts = []
        for _ in range(self.random.randrange(4)):
            kind = self.random.random()
            if kind < 0.1:
                parts.append(self.key())
            elif kind < 0.2 and self.maps:
                parts.append(f"<<: {self.merged()}")
            else:
                parts.append(f"{self.key()}: {self.flow(depth + 1)}")
        return f"{self.anchor(is_map=True, separator=' ')}{{{', '.join(parts)}}}"

    def merged(self) -> str:
        """Return what stands after `<<:`."""
        kind = self.random.random()
        if kind < 0.5:
            return "*" + self.random.choice(self.maps)
        if kind < 0.7:
            return f"[*{self.random.choice(self.maps)}, *{self.random.choice(self.maps)}]"
        if kind < 0.8:
            return f"[*{self.random.choice(self.maps)}, {{{self.key()}: {self.scalar()}}}]"
        return f"{{{self.key()}: {self.scalar()}}}" if kind < 0.95 else "[1]"

    def key(self) -> str:
        """Return a key, mostly a plain one of few, so that layers meet."""
        kind = self.random.random()
        if kind < 0.6:
            return self.random.choice("abcdefgh") + self.random.choice(["", "", "1", "-x"])
        return self.scalar() if kind < 0.9 else self.random.choice(('"y"', "'1'", '"a b"', "'<<'", '"~"', "a b"))

    def scalar(self) -> str:
        """Return an odd word, or a number of random digits."""
        kind = self.random.random()
        if kind < 0.01:
            return self.random.choice(BROKEN)
        if kind < 0.8:
            return self.random.choice(WORDS)
        if kind < 0.9:
            return str(self.random.randrange(-(2**70), 2**70) >> self.random.randrange(70))
        return repr(self.random.uniform(-1, 1) * 10 ** self.random.randrange(-30, 30))

    def anchor(self, *, is_map: bool = False, separator: str = "") -> str:
        """Return ` &a1` or nothing."""
        if self.random.random() > 0.12:
            return ""
        name = f"a{len(self.anchors)}"
        self.anchors.append(name)
        if is_map:
            self.maps.append(name)
        return f"&{name}{separator}" if separator else f" &{name}"


def write_document(random: Random) -> str:
    """Return a random document; one in five has a few characters changed, so that some are no YAML."""
    text = Writer(random).document()
    if random.random() < 0.2:
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(SYMBOLS) + text[at + random.randrange(2) :]
    return text


def draw_values(random: Random, depth: int = 0, *, has_nulls: bool = True) -> dict[str, Any]:
    """Return a map of few keys, so that layers meet; `s` and `t` are maps: the names of subcharts."""
    drawn = {
        random.choice("abcde"): draw_value(random, depth, has_nulls=has_nulls) for _ in range(random.randrange(4))
    }
    if depth < 2 and random.random() < 0.6:
        drawn["s"] = draw_values(random, depth + 1, has_nulls=has_nulls)
    if depth < 2 and random.random() < 0.5:
        drawn["global"] = draw_values(random, 3, has_nulls=has_nulls)
    if depth == 0 and has_nulls and random.random() < 0.1:
        drawn["global"] = None
    return drawn


def draw_value(random: Random, depth: int, *, has_nulls: bool = True) -> Any:
    """Return a null, a scalar, a list or a map."""
    kind = random.random()
    if kind < 0.25:
        return None if has_nulls else 0
    if kind < 0.5:
        return random.choice([1, 2.5, "x", "", True, 2**53])
    if kind < 0.6 or depth > 3:
        return [random.choice([1, "x", {"a": 1}]) for _ in range(random.randrange(3))]
    return draw_values(random, depth + 3, has_nulls=has_nulls)
