"""`lint` knows what the models of our own environments need: a memory limit below the peak is an error."""

from pathlib import Path

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("env", "model", "memory"), [("prod", "qwen", "1Gi"), ("local", "smollm2", "50Mi")])
def test_a_memory_limit_below_the_peak_of_a_model_is_an_error(
    env: str, model: str, memory: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    resources = f"inference.models.{model}.resources"
    low = [f"--set={resources}.{kind}.memory={memory}" for kind in ("requests", "limits")]
    assert run(["lint", "--env", env, "--role", "slot", "--rule", "memory-under-peak", *low]) == 2
    out = capfd.readouterr().out
    assert f"the limit is {memory}, and the pod's annotation genai-stack/peak-memory says that" in out
    assert run(["lint", "--env", env, "--role", "slot", "--rule", "memory-under-peak"]) == 0
