"""The rules of the house that no other linter knows. `python -m tests.house` prints what breaks one.

Limits keep files readable; the rest keeps names honest. Each finding says where, what, and what to do.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

FILE_LINES = 300
FUNCTION_LINES = 60
TEMPLATE_LINES = 120
DEFINE_LINES = 40
VALUES_LINES = 400
DEFINE_PREFIX = "genai."
SAME_LINES = 3
"""Shorter bodies may be equal by chance."""

CODE = ("tooling", "tests", "images", "bench")
TEXT = (*CODE, "charts", "docs", "values", "tools")
TEXT_ENDS = {"", ".cfg", ".json", ".md", ".py", ".sh", ".toml", ".tpl", ".txt", ".yaml", ".yml"}
SKIPPED = {"__pycache__", "node_modules", ".venv"}
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers"}
NEVER = {"variant": "slot", "stage": "step", "primary": "stable", "score": "verdict", "cancel": "abort"}
"""Synonyms that cannot mean anything else here, and the word to use."""

_DEFINE = re.compile(r"\{\{-?\s*define\s+\"([^\"]+)\"")
_OPENS = re.compile(r"\{\{-?\s*(define|if|range|with|block)\b")
_CLOSES = re.compile(r"\{\{-?\s*end\b")
_EMOJI = re.compile("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: where, what, and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Define:
    """A named template: its lines, and its text without spaces that do not matter."""

    name: str
    file: str
    line: int
    lines: int
    body: str


def find_faults(root: Path) -> list[Fault]:
    """Return everything under `root` that breaks a rule, in the order of files and lines."""
    rules: tuple[Callable[[Path], Iterator[Fault]], ...] = (
        check_python_files,
        check_templates,
        check_defines,
        check_chart_values,
        check_texts,
    )
    faults = chain.from_iterable(rule(root) for rule in rules)
    return sorted(faults, key=lambda fault: (fault.file, fault.line, fault.message))


def check_python_files(root: Path) -> Iterator[Fault]:
    """Files and functions are short; module names say something; `tooling` is documented and uses our words."""
    for path in _find(root, CODE, ".py"):
        name, text = _name(root, path), path.read_text(encoding="utf-8")
        count = len(text.splitlines())
        if count > FILE_LINES:
            yield Fault(name, count, f"{count} lines, at most {FILE_LINES} are allowed: split it by concern")
        if EMPTY_NAMES & set(path.stem.split("_")) or path.parent.name in EMPTY_NAMES:
            yield Fault(name, 1, f"{path.stem} says nothing: name the module after what it is about")
        tree = ast.parse(text, filename=name)
        yield from _check_functions(name, tree)
        if name.startswith("tooling/"):
            yield from _check_docstrings(name, tree)
            yield from _check_words(name, tree)


def check_templates(root: Path) -> Iterator[Fault]:
    """Template files are short."""
    for path in _find_templates(root):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > TEMPLATE_LINES:
            yield Fault(_name(root, path), count, f"{count} lines, at most {TEMPLATE_LINES} are allowed: split it")


def check_defines(root: Path) -> Iterator[Fault]:
    """Named templates are short, carry our prefix, and exist once: Helm knows one name and takes the last."""
    by_name: dict[str, Define] = {}
    by_body: dict[str, Define] = {}
    for define in chain.from_iterable(_read_defines(root, path) for path in _find_templates(root)):
        if define.lines > DEFINE_LINES:
            text = f"define {define.name} has {define.lines} lines, at most {DEFINE_LINES} are allowed: split it"
            yield Fault(define.file, define.line, text)
        if not define.name.startswith(DEFINE_PREFIX):
            text = f"define {define.name} must begin with {DEFINE_PREFIX}: names are shared by all charts"
            yield Fault(define.file, define.line, text)
        first = by_name.setdefault(define.name, define)
        if first is not define:
            text = f"define {define.name} is in {first.file}:{first.line} too: Helm takes one of them, keep one"
            yield Fault(define.file, define.line, text)
            continue
        twin = by_body.setdefault(define.body, define)
        if twin is not define and define.lines > SAME_LINES:
            text = f"define {define.name} is the same as {twin.name} in {twin.file}:{twin.line}: use that"
            yield Fault(define.file, define.line, text)


def check_chart_values(root: Path) -> Iterator[Fault]:
    """Default values fit on a few screens."""
    for path in _find(root, ("charts",), "values.yaml"):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > VALUES_LINES:
            text = f"{count} lines, at most {VALUES_LINES} are allowed: move defaults into a subchart"
            yield Fault(_name(root, path), count, text)


def check_texts(root: Path) -> Iterator[Fault]:
    """No emoji anywhere; tests that need one write its escape."""
    files = chain(_find(root, TEXT, ""), (path for path in sorted(root.iterdir()) if path.is_file()))
    for path in files:
        if path.suffix not in TEXT_ENDS:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if _EMOJI.search(line):
                yield Fault(_name(root, path), number, "an emoji: say it in words, or write its escape")


def _check_functions(name: str, tree: ast.Module) -> Iterator[Fault]:
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        count = (node.end_lineno or node.lineno) - node.lineno + 1
        if count > FUNCTION_LINES:
            text = f"{node.name} has {count} lines, at most {FUNCTION_LINES} are allowed: take a step out of it"
            yield Fault(name, node.lineno, text)


def _check_docstrings(name: str, tree: ast.Module) -> Iterator[Fault]:
    named = (node for node in tree.body if isinstance(node, (Function, ast.ClassDef)))
    for node in named:
        if not node.name.startswith("_") and ast.get_docstring(node) is None:
            yield Fault(name, node.lineno, f"{node.name} has no docstring: say what it promises")


def _check_words(name: str, tree: ast.Module) -> Iterator[Fault]:
    for node in ast.walk(tree):
        for word in _WORD.findall(_find_identifier(node)):
            better = NEVER.get(word.lower())
            if better:
                line = getattr(node, "lineno", 1)
                yield Fault(name, line, f"{_find_identifier(node)}: we say {better}, never {word.lower()}")


def _find_identifier(node: ast.AST) -> str:
    """Return the name that the node gives to something, empty where it gives none."""
    if isinstance(node, (Function, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return ""


def _read_defines(root: Path, path: Path) -> Iterator[Define]:
    """Follow each define to its own end, past every block inside."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for start, line in enumerate(lines):
        match = _DEFINE.search(line)
        if match is None:
            continue
        depth, end = 0, start
        for end in range(start, len(lines)):
            depth += len(_OPENS.findall(lines[end])) - len(_CLOSES.findall(lines[end]))
            if depth <= 0:
                break
        body = " ".join(" ".join(lines[start : end + 1]).split()).replace(f'"{match[1]}"', "", 1)
        yield Define(match[1], _name(root, path), start + 1, end - start + 1, body)


def _find_templates(root: Path) -> Iterator[Path]:
    return (path for path in _find(root, ("charts",), "") if "templates" in path.parts)


def _find(root: Path, folders: tuple[str, ...], end: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / folder).rglob(f"*{end}")):
            if path.is_file() and not SKIPPED & set(path.relative_to(root).parts):
                yield path


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def main(arguments: list[str]) -> int:
    """Print every fault; the exit code says whether there was one."""
    root = Path(arguments[0]) if arguments else Path(__file__).parent.parent
    faults = find_faults(root)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
