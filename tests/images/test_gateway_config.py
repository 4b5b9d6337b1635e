"""Gateway: a configuration is used whole or refused in one line."""

from __future__ import annotations

import copy

import pytest
import yaml

VALID = {
    "instance": "genai",
    "slot": "blue",
    "defaultModel": "m",
    "models": {"m": {"url": "http://m:8080/", "servedName": "served", "timeoutSeconds": 60}},
    "flags": {"exposeModels": True},
    "limits": {"maxTokens": 100, "maxRequestBytes": 10},
}

SAME = {"url": "http://s", "aliases": ["same"]}


def test_a_valid_file_is_read(tmp_path):
    from genai_gateway.config import Flags, Limits, Model, load

    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(VALID))
    config = load(path)
    assert (config.instance, config.slot, config.default_model) == ("genai", "blue", "m")
    assert config.models == {"m": Model("m", "http://m:8080", "served", 60.0)}
    assert config.flags == Flags(expose_models=True)
    assert config.limits == Limits(max_request_bytes=10, max_tokens=100, default_max_tokens=100)


def test_what_may_be_left_out_has_defaults():
    from genai_gateway.config import Flags, Limits, parse

    config = parse({"instance": "i", "defaultModel": "m", "models": {"m": {"url": "https://m"}}, "flags": None})
    assert (config.slot, config.flags, config.limits) == ("all", Flags(), Limits())
    assert (config.models["m"].served_name, config.models["m"].timeout_seconds) == ("m", 60.0)
    assert (config.models["m"].aliases, config.models["m"].max_tokens) == ((), None)
    assert config.models["m"].is_required


def test_names_and_limits_of_a_model():
    from genai_gateway.config import Limits, parse

    model = {"url": "http://m", "aliases": ["vendor/M-1.5", "m"], "maxTokens": "1e+02"}
    other = {"url": "http://n", "maxTokens": 4096}
    config = parse({**VALID, "models": {"m": model, "n": other}, "limits": {"defaultMaxTokens": 200}})
    assert {name: found.name for name, found in config.by_name.items()} == {
        "m": "m",
        "n": "n",
        "vendor/M-1.5": "m",
    }
    assert config.limits_of(config.models["m"]) == Limits(max_tokens=100, default_max_tokens=100)
    assert config.limits_of(config.models["n"]) == Limits(max_tokens=4096, default_max_tokens=200)


@pytest.mark.parametrize(
    ("written", "value"), [("1048576", 1048576), ("1.048576e+06", 1048576), ("1e+06", 1000000)]
)
def test_large_numbers_are_read_as_helm_writes_them(written, value):
    from genai_gateway.config import parse

    limits = yaml.safe_load(f"maxRequestBytes: {written}")
    assert parse({**VALID, "limits": limits}).limits.max_request_bytes == value


def test_ready_does_not_wait_for_a_model_that_only_a_request_would_wake(make_gateway, server):
    gateway = make_gateway(models={"small": {"url": "http://small:8080", "required": False}})
    server.is_healthy = False
    assert gateway.send("GET", "/ready").status_code == 200


def changed(path, value):
    document = copy.deepcopy(VALID)
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[key]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("defaultModel", "other", "defaultModel: 'other' is not one of models (m)"),
        ("defaultModel", None, "defaultModel"),
        ("instance", "", "instance: must be"),
        ("slot", "red", "slot: must be one of all, blue, green, is 'red'"),
        ("models", {}, "models: must name at least one"),
        ("models", [], "models: must name at least one"),
        ("models.m", None, "models.m: must be a mapping"),
        ("models.m.url", "m:8080", "models.m.url: must be http(s)://"),
        ("models.m.url", "http://", "models.m.url"),
        ("models.m.url", "http://[x", "models.m.url"),
        ("models.m.url", "http://x:port", "models.m.url"),
        ("models.m.url", None, "models.m.url"),
        ("models.m.servedName", 5, "models.m.servedName"),
        ("models.m.timeoutSeconds", 0, "models.m.timeoutSeconds"),
        ("models.m.timeoutSeconds", 3601, "models.m.timeoutSeconds"),
        ("models.m.timeoutSeconds", "60", "models.m.timeoutSeconds"),
        ("models.m.timeoutSeconds", True, "models.m.timeoutSeconds"),
        ("models.m.typo", 1, "models.m: unknown key 'typo'"),
        ("models.m.aliases", "a", "models.m.aliases: must be a list"),
        ("models.m.aliases", [""], "models.m.aliases: must be a list"),
        ("models.m.aliases", [5], "models.m.aliases: must be a list"),
        ("models.m.maxTokens", 0, "models.m.maxTokens: must be a whole number above 0, is 0"),
        ("models.m.required", "no", "models.m.required: must be true or false, is 'no'"),
        ("models.n", {"url": "http://n", "aliases": ["m"]}, "models.n.aliases: 'm' is a name of model m"),
        ("models", {"a": SAME, "b": SAME}, "models.b.aliases: 'same' is a name of model a"),
        ("flags.exposeModels", "yes", "flags.exposeModels: must be true or false"),
        ("flags.other", True, "flags: unknown key 'other'"),
        ("flags", [1], "flags: must be a mapping"),
        ("limits.maxTokens", 0, "limits.maxTokens"),
        ("limits.maxTokens", True, "limits.maxTokens"),
        ("limits.maxTokens", 1.5, "limits.maxTokens"),
        ("limits.maxTokens", "many", "limits.maxTokens"),
        ("limits.maxTokens", float("inf"), "limits.maxTokens"),
        ("limits.maxTokens", [1], "limits.maxTokens"),
        ("limits.other", 1, "limits: unknown key 'other'"),
        ("other", 1, "the file: unknown key 'other'"),
    ],
)
def test_each_mistake_is_named_with_its_place(path, value, said):
    from genai_gateway.config import ConfigError, parse

    with pytest.raises(ConfigError) as caught:
        parse(changed(path, value))
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [None, b"{", b"- 1", b"", b"\xff\xfe\x00", b"a: !!python/object:os.system x"])
def test_the_process_ends_with_2_and_one_line(tmp_path, capsys, content):
    from genai_gateway.__main__ import main

    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    assert main(["--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"genai-gateway: {path}: ")
    assert said.count("\n") == 1


def test_check_validates_and_starts_nothing(tmp_path, capsys):
    from genai_gateway.__main__ import main

    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(VALID))
    assert main(["--config", str(path), "--check"]) == 0
    assert "ok" in capsys.readouterr().out
