"""`validate --explain KEY`: what a key is for, and which layer has set it."""

import json
import re
from pathlib import Path

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]
WINNER = re.compile(r"^  > ", re.MULTILINE)


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def explain(capfd):
    def ask(key, *arguments):
        assert run(["validate", "--env", "prod", "--explain", key, *arguments]) == 0
        return capfd.readouterr().out

    return ask


def test_every_layer_is_named_with_its_place_and_the_last_one_wins(explain, mine):
    file = mine("gateway:\n  autoscaling: {minReplicas: 4}\n")
    out = explain("gateway.autoscaling.minReplicas", "-f", file, "--set", "gateway.autoscaling.minReplicas=5")
    assert "Fewest pods." in out
    assert "type      a whole number" in out
    assert "allowed   at least 1" in out
    assert "default   2" in out
    assert "value     5" in out
    assert re.search(r"described docs/values\.md:\d+", out)
    places = [line.split()[-2] for line in out.split("wins:\n")[1].splitlines()]
    assert [re.sub(r":[\d:]+$", "", place) for place in places] == [
        "charts/genai-stack/charts/gateway/values.yaml",
        "values/prod.yaml",
        file,
        "gateway.autoscaling.minReplicas",
    ]
    assert f"{file}:2:17" in out
    assert len(WINNER.findall(out)) == 1
    assert "  > --set gateway.autoscaling.minReplicas" in out


def test_a_map_shows_what_each_layer_adds(explain, mine):
    out = explain("gateway.models", "-f", mine("gateway: {models: {extra: {url: 'http://a.example.com'}}}\n"))
    assert "with names of your choice as keys" in out
    assert '{"smollm2": {}}' in out
    assert '{"extra": {"url": "http://a.example.com"}}' in out


@pytest.mark.parametrize(
    ("flag", "is_told"),
    [
        ("rollout.steps[0].weight=5", False),
        ("rollout.steps[1].weight=26", True),
        ("rollout.steps[1].hold=1m", False),
        ("gateway.autoscaling.minReplicas=5", False),
    ],
)
def test_a_flag_is_named_only_for_what_it_has_set(explain, flag, is_told):
    out = explain("rollout.steps[1].weight", "--set", flag)
    assert ("--set" in out) is is_told
    assert len(WINNER.findall(out)) == 1
    assert "--set" in explain(flag.split("=")[0], "--set", flag)
    assert "--set" in explain(flag.split(".")[0], "--set", flag)


def test_a_flag_that_takes_away_what_is_above_is_named(explain):
    out = explain("rollout.steps[1].weight", "--set-json", "rollout.steps=[]")
    assert "> --set-json rollout.steps" in out
    assert "(rollout.steps replaces it)" in out


def test_a_null_takes_away(explain):
    out = explain("inference.models.smollm2.replicas")
    assert re.search(r"> values/prod\.yaml:\d+:\d+ +null  \(inference\.models\.smollm2 takes it away\)", out)
    assert "default   1" in out
    assert "value " not in out


def test_an_item_of_a_list_has_the_list_that_counts(explain):
    out = explain("rollout.steps[1].weight")
    assert "value     25" in out
    assert "Percent of live traffic" in out


def test_a_model_takes_what_it_does_not_say_from_its_profile(explain):
    assert "Not set: the model takes inference.profiles.a100-80g.gpu.count." in explain(
        "inference.models.qwen.gpu.count"
    )


def test_what_nobody_sets_is_said(explain):
    assert "Nobody sets it." in explain("gateway.models.qwen.maxTokens")


def test_secrets_are_masked_at_every_depth(explain, mine):
    file = mine("gateway: {extraEnv: [{name: HF_TOKEN, value: hunter2}]}\n")
    for key in ("gateway.extraEnv", "gateway.extraEnv[0].value", "gateway"):
        for output in ("text", "json"):
            out = explain(key, "-f", file, "--output", output)
            assert "hunter2" not in out
    assert "HF_TOKEN" in explain("gateway.extraEnv", "-f", file)


def test_programs_get_one_document(explain):
    document = json.loads(explain("gateway.autoscaling.minReplicas", "--output", "json"))
    assert document["key"] == "gateway.autoscaling.minReplicas"
    assert (document["default"], document["value"]) == (2, 3)
    assert [one["wins"] for one in document["layers"]] == [False, True]
    assert document["layers"][-1]["layer"] == "values/prod.yaml"
    assert document["layers"][-1]["line"] > 0


def test_colours_are_for_terminals(explain):
    assert "\x1b[" not in explain("gateway")
