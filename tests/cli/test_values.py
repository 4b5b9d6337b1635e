"""`validate` and `render` from the command line, with this repository's own chart and values."""

import json
from pathlib import Path

import pytest
import yaml

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted(file.stem for file in (ROOT / "values").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "values" / "examples").glob("*.yaml"))


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_there_are_environments():
    assert {"local", "dev", "staging", "prod"} <= set(ENVIRONMENTS)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_our_own_environments_have_no_findings(env, capfd):
    assert run(["validate", "--env", env]) == 0
    assert capfd.readouterr().out == f"{env}: no errors, no warnings\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_our_own_examples_have_no_errors(example, capfd):
    assert run(["validate", "--env", "local", "-f", str(example)]) == 0


def test_findings_are_told_with_file_and_line_and_exit_2(mine, capfd):
    file = mine("gateway:\n  replcas: 2\nrollout:\n  steps:\n    - {weight: 500}\n")
    assert run(["validate", "--env", "prod", "-f", file]) == 2
    out = capfd.readouterr().out.splitlines()
    assert out[0] == f"{file}:2:3: error: gateway.replcas: is not a known key. [schema]"
    assert out[1].startswith("    Did you mean `replicas`? (docs/values.md:")
    assert out[2].startswith(f"{file}:5:8: error: rollout.steps[0].weight: must be at most 99, not 500.")
    assert out[-1] == "prod: 2 errors, no warnings"


def test_a_terminal_has_colours_and_a_pipe_has_none(mine, capfd, monkeypatch):
    file = mine("gateway: {replcas: 2}\n")
    run(["validate", "-f", file])
    assert "\x1b[" not in capfd.readouterr().out
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda stream, color: False)
    run(["validate", "-f", file])
    assert "\x1b[31m" in capfd.readouterr().out


def test_no_more_is_shown_than_a_person_reads(mine, capfd):
    file = mine("".join(f"key{number}: 1\n" for number in range(300)))
    assert run(["validate", "-f", file]) == 2
    out = capfd.readouterr().out.splitlines()
    assert out[-2:] == ["... and 100 more; --output json has all of them", "local: 300 errors, no warnings"]
    assert run(["validate", "-f", file, "--output", "json"]) == 2
    assert len(json.loads(capfd.readouterr().out)["findings"]) == 300


def test_warnings_fail_only_when_strict(mine, capfd):
    file = mine("rollout: {contexts: []}\n")
    assert run(["validate", "--env", "dev", "-f", file]) == 0
    assert run(["validate", "--env", "dev", "-f", file, "--strict"]) == 2
    assert run(["validate", "--env", "dev", "--strict"]) == 0


def test_findings_for_a_workflow_and_for_code_scanning(mine, capfd):
    file = mine("gateway:\n  replcas: 2\n")
    assert run(["validate", "-f", file, "--output", "github"]) == 2
    assert capfd.readouterr().out.startswith(f"::error file={file},line=2,col=3,")
    assert run(["validate", "-f", file, "--output", "sarif"]) == 2
    (result,) = json.loads(capfd.readouterr().out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 3}
    assert run(["validate", "--env", "dev", "--output", "github"]) == 0
    assert capfd.readouterr().out == ""


def test_findings_as_json_are_one_document(mine, capfd):
    file = mine("gateway: {replicas: many}\n")
    assert run(["validate", "--env", "prod", "-f", file, "--output", "json"]) == 2
    document = json.loads(capfd.readouterr().out)
    (finding,) = document["findings"]
    assert (finding["severity"], finding["path"], finding["file"], finding["line"]) == (
        "error",
        "gateway.replicas",
        file,
        1,
    )


def test_a_file_that_cannot_be_read_is_a_finding_too(mine, capfd):
    file = mine("a: 1\na: 2\n")
    assert run(["validate", "--env", "prod", "-f", file]) == 2
    assert f"{file}:2:1: error: a: the key is there twice" in capfd.readouterr().out


def test_a_key_cannot_act_on_the_terminal(mine, capfd):
    file = mine('gateway: {"\\e[2J\\nx": 1}\n')
    for command in (["validate"], ["render"], ["diff"]):
        assert run([*command, "--env", "prod", "-f", file]) == 2
        captured = capfd.readouterr()
        shown = captured.out + captured.err
        assert "\\x1b[2J\\x0ax: is not a known key" in shown
        assert "\x1b" not in shown


@pytest.mark.parametrize("command", ["validate", "render", "lint", "images"])
def test_a_file_that_cannot_be_read_is_shown_in_the_same_way_by_all_who_render(command, mine, capfd):
    assert run([command, "-f", mine("a: 1\na: 2\n"), "--output", "json"]) == 2
    (finding,) = json.loads(capfd.readouterr().out)["findings"]
    assert (finding["path"], finding["line"]) == ("a", 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "--env", "nowhere"], "there is no environment 'nowhere'. There are: "),
        (["validate", "--set", "a"], "--set: it has no value; write key=value"),
        (["validate", "--output", "xml"], "'xml' is not one of 'text', 'json', 'sarif', 'github'"),
        (
            ["validate", "--explain", "gateway.replcas"],
            "there is no key gateway.replcas. Did you mean `replicas`?",
        ),
        (["validate", "--explain", "a..b"], "'a..b' is not a key: '.b' does not begin with a key"),
        (["validate", "--explain", "gateway", "--output", "sarif"], "--explain has no output 'sarif'"),
        (["render", "--role", "slot"], "the role slot needs a slot"),
        (["render", "--role", "base", "--slot", "blue"], "the role base has no slot"),
        (["render", "--set", "gateway.replicas=many"], "gateway.replicas: must be a whole number"),
    ],
)
def test_a_wrong_request_exits_with_2_and_prints_nothing_to_standard_output(arguments, message, capfd):
    assert run(arguments) == 2
    captured = capfd.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("role", [["all"], ["base"], ["slot", "--slot", "green"], ["route", "--slot", "green"]])
def test_a_role_is_rendered_as_yaml_and_json_alike(role, capfd):
    assert run(["render", "--env", "local", "--role", *role]) == 0
    documents = list(yaml.safe_load_all(capfd.readouterr().out))
    assert run(["render", "--env", "local", "--role", *role, "--output", "json"]) == 0
    assert json.loads(capfd.readouterr().out)["manifests"] == documents
    kinds = {document["kind"] for document in documents}
    assert kinds
    assert ("HTTPRoute" in kinds) == (role[0] in {"all", "route"})
    assert ("Deployment" in kinds) == (role[0] in {"all", "slot"})
    assert "Secret" not in kinds
    labels = {document["metadata"]["labels"]["app.kubernetes.io/instance"] for document in documents}
    assert labels == {"genai"}


def test_the_namespace_can_be_given(capfd):
    assert run(["render", "--role", "slot", "--slot", "blue", "--namespace", "elsewhere"]) == 0
    documents = yaml.safe_load_all(capfd.readouterr().out)
    assert {document["metadata"].get("namespace", "elsewhere") for document in documents} == {"elsewhere"}


def test_outside_of_a_checkout_the_packages_own_chart_is_used(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run(["validate", "--env", "dev"]) == 0
    assert capfd.readouterr().out.startswith("dev: no errors")
