"""The folder of wrong values: cases with the findings that a person is shown, in tests/data/wrong-values.

A file holds cases of one area, each as

    # what is wrong
    $ --set gateway.replicas=2          (options, where there are some)
    gateway: {replcas: 2}               (a values file laid on the environment dev)
    > 1:11: error: gateway.replcas: is not a known key. [schema]
    >     Did you mean `replicas`? (docs: gateway.replicas)

What is generated elsewhere is named by what it is, not by its line: the documentation by the key described in
that line, the chart's and the environments' own files by their name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from tooling.adapters.documents_yaml import YamlDocuments
from tooling.adapters.schemas_jsonschema import JsonSchemas
from tooling.adapters.zones_machine import MachineZones
from tooling.app.project import Project
from tooling.app.validate import validate
from tooling.app.values import ValuesRequest, load_values
from tooling.cli.options import findings_options
from tooling.cli.wording import write_finding
from tooling.core.values import Layer
from tooling.errors import UsageError, ValuesError

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "wrong-values"
PAGE = ROOT / "docs" / "values.md"
ENVIRONMENT = "dev"
_DOC = re.compile(r"\(docs/values\.md:(\d+)\)")


@dataclass(frozen=True)
class Case:
    """One wrong values file with its options, and what is shown of it."""

    name: str
    options: str
    text: str
    shown: tuple[str, ...]


class RememberedDocuments(YamlDocuments):
    """Reads each file of the checkout once: what is under test are the values laid on them."""

    def __init__(self) -> None:
        self._layers: dict[Path, Layer] = {}

    def read(self, file: Path) -> Layer:
        if not file.is_relative_to(ROOT):
            return super().read(file)
        if file not in self._layers:
            self._layers[file] = super().read(file)
        return self._layers[file]


def read_cases(file: Path) -> Iterator[Case]:
    """Return the cases of a file in their order."""
    for part in re.split(r"(?m)^# ", file.read_text(encoding="utf-8"))[1:]:
        name, *lines = part.rstrip("\n").split("\n")
        options = next((line.removeprefix("$ ") for line in lines if line.startswith("$ ")), "")
        text = [line for line in lines if line and not line.startswith(("$ ", "> "))]
        shown = tuple(line.removeprefix("> ") for line in lines if line.startswith("> "))
        yield Case(name, options, "".join(f"{line}\n" for line in text), shown)


def write_cases(cases: list[Case]) -> str:
    """Return the text of a file of cases."""
    parts = []
    for case in cases:
        lines = [f"# {case.name}", *([f"$ {case.options}"] if case.options else []), *case.text.splitlines()]
        parts.append("\n".join([*lines, *(f"> {line}" for line in case.shown)]) + "\n")
    return "\n".join(parts)


@click.command()
@findings_options
def parse(*, request: ValuesRequest, output: str) -> ValuesRequest:
    """Read the options of a case as `validate` does."""
    return request


class Reader:
    """Finds what is wrong with a case; schema and checkout are read once."""

    def __init__(self) -> None:
        self.project = Project(ROOT)
        self.documents = RememberedDocuments()
        self.schemas = JsonSchemas(self.project.schema, PAGE)
        self.page = PAGE.read_text(encoding="utf-8").splitlines()

    def show(self, case: Case, folder: Path) -> tuple[str, ...]:
        """Return the lines that a person is shown."""
        mine = folder / "mine.yaml"
        mine.write_bytes(case.text.replace("\\x00", "\0").encode())
        arguments = ["--env", ENVIRONMENT, *shlex.split(case.options), *(["-f", str(mine)] if case.text else [])]
        try:
            request = parse.main(args=arguments, standalone_mode=False)
            findings = validate(self.schemas, load_values(self.documents, self.project, request), MachineZones())
        except ValuesError as error:
            findings = error.findings
            if not findings:
                return (f"error: {error}",)
        except UsageError as error:
            return (f"error: {error}",)
        lines = "\n".join(write_finding(one) for one in findings).splitlines()
        return tuple(self._name(line, mine) for line in lines)

    def _name(self, line: str, mine: Path) -> str:
        line = line.replace(f"{mine}:", "").replace(str(mine), "mine.yaml")
        line = re.sub(r"((?:charts|values)/\S+\.yaml):\d+(:\d+)?", r"\1", line)
        return _DOC.sub(lambda match: f"(docs: {self._describe(int(match[1]))})", click.unstyle(line))

    def _describe(self, number: int) -> str:
        line = self.page[number - 1]
        return line.split("`")[1] if line.startswith("| `") else line.removeprefix("## ")


def list_files() -> Mapping[str, Path]:
    """Return the files of the folder by their area."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.txt"))}
