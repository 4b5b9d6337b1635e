"""`size` from the command line: what it prints is right, and what it suggests can be used as it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling import bootstrap
from tooling.cli.main import run
from tooling.core.sizing.known import KNOWN

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = dict(KNOWN["meta-llama/Llama-3.1-8B-Instruct"])


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def config(tmp_path):
    def write(**changes: Any) -> str:
        file = tmp_path / "mine" / "config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            json.dumps({key: value for key, value in {**CONFIG, **changes}.items() if value is not None})
        )
        return str(file)

    return write


def size(capfd, *arguments: str) -> dict[str, Any]:
    assert run(["size", *arguments, "--output", "json"]) == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def read_values(out: str) -> Any:
    return yaml.safe_load(out[out.index("inference:") :])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "llama-3.1-8b"],
        ["--model", "deepseek-v3", "--gpu-memory", "141Gi", "--context", "8192", "--concurrency", "4"],
        ["--model", "qwen2.5-7b", "--kv-dtype", "fp8", "--hardware", "l4", "--name", "chat"],
        ["--model", "smollm2-135m", "--dtype", "q4_k_m"],
        ["--model", "llama-3.1-405b", "--pipeline-parallel", "2", "--tensor-parallel", "8", "--context", "4096"],
        ["--model", "llama-3.2-3b", "--profile", "gpu-mig", "--context", "8192", "--hardware", "mig-2g-20gb"],
    ],
)
def test_what_it_suggests_is_valid_once_the_model_has_a_source(arguments, tmp_path, capfd):
    assert run(["size", *arguments]) == 0
    values = read_values(capfd.readouterr().out)
    (name,) = values["inference"]["models"]
    values["inference"]["models"][name]["source"] = {"pvc": {"claimName": "models", "path": "here"}}
    values["gateway"] = {"models": {"smollm2": None, name: {}}, "defaultModel": name}
    values["inference"]["models"]["smollm2"] = None
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(values))
    profile = arguments[arguments.index("--profile") + 1 :][:1] if "--profile" in arguments else []
    assert (
        run(["validate", "--env", "dev", *(["--profile", *profile] if profile else []), "-f", str(file)]) == 0
    ), capfd.readouterr()


@pytest.mark.parametrize("name", ["y", "1e3", "no", "0123", "2024-01-01", "chat"])
def test_helm_reads_the_name_that_was_passed(name, tmp_path, capfd):
    assert run(["size", "--model", "smollm2-135m", "--dtype", "q8_0", "--name", name]) == 0
    out = capfd.readouterr().out
    file = tmp_path / "mine.yaml"
    file.write_text(out[out.index("inference:") :])
    layer = bootstrap.documents().read(file)
    assert [*layer.values["inference"]["models"]] == [name]
    assert layer.warnings == ()


def test_the_page_for_a_person(capfd):
    assert run(["size", "--model", "llama-3.1-8b", "--context", "8192"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("meta-llama/Llama-3.1-8B-Instruct: 8.03 B parameters (llama, 32 layers, 32 heads, 8 KV")
    assert "128.0 KiB a token" in out
    assert "(+ 20 %)" in out


def test_the_page_in_the_docs_is_what_is_printed(capfd):
    page = (ROOT / "docs" / "size.md").read_text(encoding="utf-8")
    shown = page.split("```")[3].strip("\n")
    assert run(["size", "--model", "qwen2.5-7b", "--context", "16384"]) == 0
    assert capfd.readouterr().out.startswith(shown + "\n")


def test_a_model_of_the_values_is_sized_as_they_say(capfd):
    assert run(["size", "--env", "prod", "--name", "qwen"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("Qwen/Qwen2.5-7B-Instruct: ")
    assert "\na100-80g " in out
    assert "\nl4 " not in out
    assert out.endswith("the memory limit of prod, 96Gi, is enough.\n")


def test_files_and_settings_count_as_well(tmp_path, capfd):
    file = tmp_path / "mine.yaml"
    file.write_text("inference: {models: {qwen: {context: 8192}}}\n")
    arguments = ["--env", "prod", "-f", str(file), "--set", "inference.models.qwen.resources.limits.memory=1Gi"]
    found = size(capfd, *arguments, "--name", "qwen")
    assert (found["context"], found["memoryStated"]) == (8192, 2**30)


@pytest.mark.parametrize("place", ["inference", "inference.models", "inference.profiles", "inference.models.chat"])
def test_values_of_another_shape_say_nothing(place, capfd):
    arguments = ["--model", "smollm2-135m", "--dtype", "q8_0", "--name", "chat"]
    assert size(capfd, *arguments, "--set-json", f"{place}=5")["memoryStated"] == 0


@pytest.mark.parametrize("key", ["context", "parallel", "gpu.count"])
@pytest.mark.parametrize("value", ["1e308", "-1", "0", '"many"', "[1]", f'"{"9" * 5000}"'])
def test_a_number_that_no_values_may_have_says_nothing(key, value, capfd):
    found = size(capfd, "--env", "prod", "--name", "qwen", "--set-json", f"inference.models.qwen.{key}={value}")
    assert max(found["context"], found["tensorParallel"]) <= 32768
    assert found["perGpu"]["total"] < 10**11


def test_what_is_passed_goes_over_the_values(capfd):
    found = size(capfd, "--env", "prod", "--name", "qwen", "--model", "qwen2.5-72b", "--tensor-parallel", "4")
    assert (found["model"], found["tensorParallel"]) == ("Qwen/Qwen2.5-72B-Instruct", 4)
    assert found["memoryStated"] == 96 * 2**30


def test_a_limit_in_the_values_that_is_too_low_is_said(capfd):
    assert run(["size", "--env", "local", "--name", "smollm2", "--model", "smollm2-1.7b", "--dtype", "q8_0"]) == 0
    assert capfd.readouterr().out.endswith("the memory limit of local, 768Mi, is less than the peak.\n")
    arguments = ["--env", "local", "--name", "smollm2", "--model", "smollm2-135m", "--dtype", "q8_0"]
    assert run(["size", *arguments, "--context", "4096", "--concurrency", "5"]) == 0
    assert capfd.readouterr().out.endswith("768Mi, is less than the peak and 20 %.\n")


def test_figures_for_programs_add_up(capfd):
    found = size(capfd, "--model", "llama-3.1-8b", "--context", "8192", "--concurrency", "2")
    shared = found["perGpu"]
    assert shared["total"] == sum(shared[key] for key in ("weights", "cache", "activation", "overhead"))
    assert shared["cache"] == 2 * shared["sequence"] == 2 * 8192 * found["cacheToken"]
    assert found["memoryLimit"] == pytest.approx(1.2 * found["memoryPeak"])
    assert {one["name"] for one in found["hardware"]} == {"l4", "a100-80g", "h100-80g", "mig-1g-10gb"}


def test_a_config_of_one_s_own(config, capfd):
    found = size(capfd, config())
    assert (found["model"], found["parameters"]) == ("mine", 8_030_261_248)


def test_a_missing_fact_can_be_passed(config, capfd):
    assert run(["size", config(hidden_size=None)]) == 2
    assert "Pass it: --fact hidden_size=NUMBER" in capfd.readouterr().err
    found = size(
        capfd, config(hidden_size=None), "--fact", "hidden_size=4096", "--fact", "tie_word_embeddings=false"
    )
    assert found["parameters"] == 8_030_261_248


def test_a_quantisation_that_is_not_known_takes_the_size_of_its_files(config, capfd):
    file = config(quantization_config={"quant_method": "own"})
    assert run(["size", file]) == 2
    assert "--weights SIZE" in capfd.readouterr().err
    found = size(capfd, file, "--weights", "5G", "--context", "8192")
    assert (found["weights"], found["perGpu"]["weights"]) == (5 * 10**9, 5 * 10**9)
    assert "passed" in found["notes"][0]


def test_an_unknown_architecture_takes_its_number_of_parameters(config, capfd):
    assert size(capfd, config(model_type="novel"), "--parameters", "8.03e9")["parameters"] == 8_030_000_000


def test_nothing_that_holds_it_is_said_and_nothing_suggested(capfd):
    assert run(["size", "--model", "llama-3.1-405b", "--hardware", "l4"]) == 2
    out = capfd.readouterr().out
    assert "even 8 are too small" in out
    assert "No hardware above holds it." in out
    assert "peakMemory" not in out
    assert run(["size", "--model", "llama-3.1-405b", "--hardware", "l4", "--output", "json"]) == 2
    assert json.loads(capfd.readouterr().out)["values"] == {}


def test_a_model_without_gpus_has_no_hardware(capfd):
    assert run(["size", "--model", "smollm2-135m", "--dtype", "q8_0"]) == 0
    out = capfd.readouterr().out
    assert "in the container:" in out
    assert "hardware" not in out
