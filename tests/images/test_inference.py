"""Inference server: its arguments, what it tells llama.cpp, and which requests a drill spoils."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_the_contracts_arguments_are_read(model):
    from genai_inference.arguments import Model, parse

    line = (
        "--alias smollm2 --host 0.0.0.0 --port 8080 --context 2048 --parallel 4 --threads 2 --shutdown-timeout 60"
    )
    settings = parse(["--model", str(model), *line.split()])
    assert settings.models == (Model(("smollm2",), model),)
    assert (settings.port, settings.context, settings.parallel, settings.threads) == (8080, 2048, 4, 2)
    assert settings.shutdown_seconds == 60
    assert not settings.faults.is_drill


def test_the_former_name_of_the_shutdown_timeout_still_works(model):
    from genai_inference.arguments import parse

    assert parse(["--model", str(model), "--drain-seconds", "7"]).shutdown_seconds == 7


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], [("model",)]),
        (["--model", "M"], [("model",)]),
        (["--model", "M", "--alias", "a", "--alias", "b", "--alias", "a"], [("a", "b")]),
        (["--model", "a,b=M", "--alias", "c"], [("a", "b", "c")]),
        (["--model", "a=M", "--model", "b,c=M"], [("a",), ("b", "c")]),
    ],
)
def test_models_have_the_names_that_they_are_given(model, monkeypatch, arguments, names):
    from genai_inference import arguments as module

    monkeypatch.setattr(module, "DEFAULT_PATH", str(model))
    found = module.parse([each.replace("M", str(model)) for each in arguments]).models
    assert [each.names for each in found] == names
    assert {each.path for each in found} == {model}


def test_adapters_belong_to_the_first_model(model):
    from genai_inference.arguments import parse

    line = ["--model", f"a={model}", "--model", f"b={model}", "--lora", f"tone={model}", "--lora", f"x/y={model}"]
    first, second = parse(line).models
    assert [(each.name, each.path) for each in first.adapters] == [("tone", model), ("x/y", model)]
    assert second.adapters == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "/nowhere/model.gguf"], "is the model's volume mounted there?"),
        (["--model", "M", "--model", "M"], "has no name; with several models write NAME="),
        (["--model", "=M"], "has no name"),
        (["--model", "a=M", "--model", "a=M"], "a names two models"),
        (["--model", "a=M", "--model", "b=M", "--alias", "c"], "write --model NAME,ALIAS=FILE"),
        (["--model", "M", "--lora", "tone"], "tone is not NAME=FILE"),
        (["--model", "M", "--lora", "=M"], "is not NAME=FILE"),
        (["--model", "a=M", "--lora", "a=M"], "a names two models"),
        (["--model", "M", "--lora", "a=M", "--lora", "a=M"], "a names two models"),
        (["--model", "M", "--lora", "a=/nowhere/x"], "is the adapter's volume mounted there?"),
        (["--port", "0"], "must be 1 to 65535"),
        (["--port", "70000"], "must be 1 to 65535"),
        (["--context", "0"], "must be at least 1"),
        (["--parallel", "-1"], "must be at least 1"),
        (["--threads", "x"], "invalid"),
        (["--fail-every", "0"], "must be at least 1"),
        (["--hang-after", "0"], "must be at least 1"),
    ],
)
def test_a_mistake_ends_with_2_and_is_named(model, capsys, arguments, said):
    from genai_inference.arguments import parse

    with pytest.raises(SystemExit) as caught:
        parse([each.replace("M", str(model)) for each in arguments])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_help_says_what_the_drills_are_for(capsys):
    from genai_inference.arguments import parse

    with pytest.raises(SystemExit):
        parse(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "release drills" in said
    assert "Never for real traffic" in said


def test_llama_gets_context_for_every_slot_and_bounded_memory(model):
    from genai_inference.arguments import parse
    from genai_inference.engine import configure

    parameters = SimpleNamespace(
        model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
    )
    settings = parse(["--model", str(model), "--context", "512", "--parallel", "3", "--threads", "1"])
    configure(parameters, settings, model, "a")
    assert (parameters.n_ctx, parameters.n_parallel) == (1536, 3)
    assert (parameters.model.path, parameters.model_alias) == (str(model), {"a"})
    assert (parameters.hostnames, parameters.port) == (["127.0.0.1"], 0)
    assert parameters.cpuparams.n_threads == parameters.cpuparams_batch.n_threads == 1
    assert parameters.n_batch == parameters.n_ubatch == 512, "a long prompt takes several steps, each of them seen"
    assert parameters.cache_ram_mib == 0
    assert parameters.endpoint_metrics
    assert not parameters.endpoint_slots
    assert not parameters.ui


@pytest.mark.parametrize(
    ("faults", "requests", "expected"),
    [
        (
            {"fail_every": 5},
            ["POST /v1/chat/completions"] * 10,
            ["served"] * 4 + ["failed"] + ["served"] * 4 + ["failed"],
        ),
        ({"fail_every": 1}, ["POST /v1/completions", "POST /completion"], ["failed"] * 2),
        ({"fail_every": 2}, ["GET /health", "POST /v1/completions", "GET /v1/models"], ["served"] * 3),
        ({"hang_after": 2}, ["POST /v1/completions"] * 4, ["served"] * 2 + ["hung"] * 2),
        ({"hang_after": 1}, ["POST /v1/completions", "GET /health", "POST /tokenize"], ["served"] * 3),
        ({"hang_after": 3, "fail_every": 2}, ["POST /completion"] * 4, ["served", "failed", "served", "hung"]),
        ({"never_ready": True}, ["GET /health", "POST /completion"], ["unready", "served"]),
        ({}, ["POST /v1/chat/completions", "GET /health"], ["served"] * 2),
    ],
)
def test_which_requests_a_drill_spoils(faults, requests, expected):
    from genai_inference.faults import Faults

    drill = Faults(**faults)
    assert drill.is_drill == bool(faults)
    assert [drill.judge(*request.split()).value for request in requests] == expected
