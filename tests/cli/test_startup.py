"""What a command loads before it can answer: clients take most of a second, and few commands need one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENTS = {
    "asyncio",
    "cryptography",
    "jsonschema",
    "kubernetes",
    "kubernetes_validate",
    "pyhelm3",
    "rich",
    "urllib3",
}
PROBE = """
import json, sys
from tooling.cli.main import run
run(sys.argv[1:])
json.dump(sorted({name.partition(".")[0] for name in sys.modules} | set(sys.modules)), sys.stderr)
"""


def list_modules(*arguments: str) -> set[str]:
    """Return what is imported when a command has answered, top-level packages by their name alone."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stderr))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_needs_click_and_no_command(arguments):
    loaded = list_modules(*arguments)
    assert not loaded & {*CLIENTS, "yaml", "jsonschema_rs"}
    ours = {name for name in loaded if name.startswith("tooling.")}
    assert ours == {"tooling.cli", "tooling.cli.main", "tooling.errors"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--env", "prod"],
        ["validate", "--env", "prod", "--output", "json"],
        ["validate", "--env", "prod", "--explain", "gateway.replicas"],
    ],
    ids=" ".join,
)
def test_validate_loads_no_client_and_no_embedded_cluster(arguments):
    loaded = list_modules(*arguments)
    assert not loaded & CLIENTS
    assert not {name for name in loaded if name.startswith("tooling.local")}


def test_values_that_fit_need_no_words():
    loaded = list_modules("validate", "--env", "prod")
    words = {"tooling.core.schema.explanation", "tooling.core.schema.nearest", "difflib", "tooling.cli.findings"}
    assert not loaded & words
