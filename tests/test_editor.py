"""Values files as an editor sees them, and hooks as pre-commit runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.charts import schemas
from tooling.cli.main import COMMANDS, run

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "values").rglob("*.yaml"))
HEADER = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def find_names(file: Path) -> str:
    return str(file.relative_to(ROOT / "values"))


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(schemas.OVERLAY.read_text(encoding="utf-8"))


def test_there_are_files():
    assert len(FILES) > 10


@pytest.mark.parametrize("file", FILES, ids=find_names)
def test_the_first_line_names_the_schema_by_a_path_that_is_there(file):
    header = HEADER.match(file.read_text(encoding="utf-8"))
    assert header, f"{file}: begin it with # yaml-language-server: $schema=..."
    assert (file.parent / header[1]).resolve() == schemas.OVERLAY


@pytest.mark.parametrize("file", FILES, ids=find_names)
def test_a_file_is_valid_alone(file, schema):
    """An editor knows no layers below: what they say may be left out."""
    values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(values)] == []


def test_the_schema_for_editors_is_that_of_the_chart_but_for_keys_that_must_be_there():
    assert schemas.OVERLAY.read_text(encoding="utf-8") == schemas.to_line(
        schemas.relax(schemas.build()[schemas.CHART / "values.schema.json"])
    ), "run make generate"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"inference": {"models": {"chat": {"replicas": 2}}}}, ""),
        ({"inference": {"models": {"chat": {"source": {"hf": {"revision": "0" * 40}}}}}}, ""),
        ({"network": {"allow": {"mine": {"ports": [443]}}}}, ""),
        ({"gateway": {"replcas": 2}}, "'replcas' was unexpected"),
        ({"gateway": {"replicas": "many"}}, "is not of type 'integer'"),
        ({"gateway": {"extraEnv": [{"value": "1"}]}}, "'name' is a required property"),
    ],
)
def test_what_an_editor_underlines(values, told, schema):
    errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(values)]
    assert len(errors) == bool(told), errors
    assert all(told in message for message in errors)


def test_nothing_in_the_schema_is_fetched(schema):
    assert not re.search(r'"\$ref": "(?!#)', json.dumps(schema))


def test_an_overlay_of_every_section_needs_no_key_of_the_layers_below(schema):
    for section in schema["properties"]:
        jsonschema.validate({section: {}}, schema)


def test_hooks_run_commands_that_are_there(monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    for hook in hooks:
        assert {"id", "name", "entry", "language", "files", "pass_filenames"} <= set(hook)
        program, command = hook["entry"].split()
        assert (program, command in COMMANDS) == ("genai-stack", True)
        assert re.search(hook["files"], "values/prod.yaml")
        assert not re.search(hook["files"], "docs/values.md")
    validate = next(hook for hook in hooks if hook["id"] == "genai-stack-validate")
    assert run([*validate["entry"].split()[1:], *validate["args"]]) == 0, capfd.readouterr()
