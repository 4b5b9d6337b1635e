"""`images` from the command line, with this repository's own chart and values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_every_image_is_printed_once_and_sorted(capfd):
    assert run(["images", "--env", "local", "--set", "global.image.tag=7.1.0"]) == 0
    lines = capfd.readouterr().out.splitlines()
    names = ["evals", "gateway", "inference-cpu", "model-smollm2", "vectordb"]
    assert lines == [f"localhost/genai-stack/{name}:7.1.0" for name in names]


def test_json_names_the_objects_that_use_an_image(capfd):
    assert run(["images", "--env", "local", "--output", "json"]) == 0
    (gateway,) = [one for one in json.loads(capfd.readouterr().out)["images"] if "/gateway:" in one["reference"]]
    assert gateway["users"] == ["Deployment genai-blue-gateway", "Deployment genai-gateway"]


def test_values_with_errors_are_told_as_everywhere_else(capfd):
    assert run(["images", "--env", "local", "--set", "gateway.replicas=many"]) == 2
    captured = capfd.readouterr()
    assert "gateway.replicas: must be a whole number" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--registry", "https://ghcr.io/acme", "--tag", "1"], "is no registry"),
        (["--registry", "", "--tag", "1"], "is no registry"),
        (["--registry", "ghcr.io/acme", "--tag", "a b"], "is no tag"),
        (["--registry", "ghcr.io/acme", "--tag", "latest"], "is no tag"),
        (
            ["--registry", "127.0.0.1:5000", "--tag", "1", "-o", "missing/x.yaml"],
            "missing does not exist",
        ),
    ],
)
def test_a_wrong_destination_is_refused_before_anything_is_built(arguments, told, capfd):
    assert run(["images", "push", *arguments]) == 2
    assert told in capfd.readouterr().err


def test_an_unknown_image_to_push_is_refused(capfd):
    assert run(["images", "push", "--registry", "r", "--tag", "1", "--only", "nope"]) == 2
    assert "driver" in capfd.readouterr().err
