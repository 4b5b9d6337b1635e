"""`lint` from the command line, with this repository's own chart and values."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
Capture = pytest.CaptureFixture[str]
Write = Callable[[str], str]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("env", ["local", "prod"])
def test_our_own_environments_have_no_errors_and_templates_for_files(env: str, capfd: Capture) -> None:
    assert run(["lint", "--env", env, "--output", "json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert {one["rule"] for one in document["findings"]} <= {"kind-without-schema"}
    for one in document["findings"]:
        assert (ROOT / one["file"]).is_file()
        assert one["line"] == 0
    assert document["objects"] > 20
    assert len(document["kubernetes"]) == 3
    assert document["totals"]["pods"]["least"] > 0


def test_a_waiver_in_the_values_is_shown_with_its_reason(mine: Write, capfd: Capture) -> None:
    file = mine(
        "lint: {waivers: {kind-without-schema: {reason: The operators bring them.}, gpu-not-whole: null}}\n"
    )
    assert run(["lint", "--env", "prod", "-f", file]) == 0
    out = capfd.readouterr().out
    assert "waived: HTTPRoute/genai: apiVersion: there is no schema for HTTPRoute" in out
    assert "Reason: The operators bring them." in out
    assert out.splitlines()[-1].endswith("no errors, no warnings, 3 waived")


def test_a_waiver_of_an_unknown_rule_is_an_error_at_its_line(mine: Write, capfd: Capture) -> None:
    file = mine("lint:\n  waivers:\n    kind-without-shema: {reason: A slip.}\n")
    assert run(["lint", "--env", "dev", "--role", "route", "-f", file]) == 2
    out = capfd.readouterr().out
    assert "3:5 error lint.waivers.kind-without-shema: waives a rule that does not exist." in out
    assert "Did you mean `kind-without-schema`?" in out


def test_a_waiver_without_a_reason_is_no_waiver(mine: Write, capfd: Capture) -> None:
    file = mine("lint: {waivers: {kind-without-schema: {objects: [HTTPRoute/*]}}}\n")
    assert run(["lint", "--env", "prod", "-f", file]) == 2
    assert "`reason` is missing" in capfd.readouterr().err


def test_findings_are_below_their_object(mine: Write, capfd: Capture) -> None:
    file = mine(f"{CONFIG}dta: 1\nimmutable: maybe\n")
    assert run(["lint", "--manifests", file]) == 2
    first, *findings, last = capfd.readouterr().out.splitlines()
    assert first == f"ConfigMap/a  {file}"
    assert sorted(findings) == [
        "  4:1 error dta: is not a field that Kubernetes knows here. Did you mean `data`? [field-unknown]",
        '  5:1 error immutable: must be true or false, not "maybe". [field-wrong]',
    ]
    assert last.startswith(f"{file}: 1 object for Kubernetes 1.")
    assert last.endswith(": 2 errors, no warnings")


def test_a_name_cannot_act_on_the_terminal(mine: Write, capfd: Capture) -> None:
    file = mine('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"\\e[2J\\nx": 1\n')
    assert run(["lint", "--manifests", file]) == 2
    out = capfd.readouterr().out
    assert "error \\x1b[2J\\x0ax: is not a field" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("text", ["rollout: [1]\n", "lint: 3\n", "global: x\n", "inference: [1]\n"])
def test_wrong_values_are_told_when_files_are_linted_too(
    text: str, mine: Write, tmp_path: Path, capfd: Capture
) -> None:
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(CONFIG)
    assert run(["lint", "--manifests", str(manifests), "--env", "prod", "-f", mine(text)]) == 2
    captured = capfd.readouterr()
    assert f"error: {text.partition(':')[0]}: must be a map" in captured.err
    assert captured.out == ""


def test_values_that_cannot_be_read_are_annotated(mine: Write, capfd: Capture) -> None:
    file = mine("a: 1\na: 2\n")
    assert run(["lint", "--output", "github", "-f", file]) == 2
    captured = capfd.readouterr()
    assert captured.out.startswith(f"::error file={file},line=2,col=1,title=")
    assert captured.err == ""


@pytest.mark.parametrize("output", ["text", "json", "sarif", "github"])
def test_the_name_of_a_file_may_be_any_bytes(output: str, tmp_path: Path, capfd: Capture) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.yaml")
    Path(file).write_text(f"{CONFIG}dta: 1\n")
    assert run(["lint", "--manifests", file, "--output", output]) == 2
    shown = capfd.readouterr().out
    assert {"text": "a\\xdcff.yaml", "json": "a\\udcff.yaml", "sarif": "a%FF.yaml", "github": "a\ufffd.yaml"}[
        output
    ] in shown


@pytest.mark.parametrize(("flags", "code"), [([], 0), (["--strict"], 2)])
def test_warnings_alone_pass_unless_strict(mine: Write, flags: list[str], code: int, capfd: Capture) -> None:
    file = mine("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n")
    assert run(["lint", "--manifests", file, *flags]) == code
    assert "is deprecated since Kubernetes 1.33" in capfd.readouterr().out


def test_versions_are_those_that_are_asked_for(mine: Write, capfd: Capture) -> None:
    file = mine("apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\n")
    assert run(["lint", "--manifests", file, "--kube-version", "1.31"]) == 0
    assert "and gone from 1.32 on" in capfd.readouterr().out
    assert run(["lint", "--manifests", file, "--kube-version", "1.31", "--kube-version", "1.32.4"]) == 2
    assert "is not in Kubernetes 1.32: Kubernetes 1.31 was the last with it" in capfd.readouterr().out
    assert run(["lint", "--manifests", file, "--kube-version", "1.99"]) == 2
    assert "there are no schemas of Kubernetes 1.99. Known are" in capfd.readouterr().err


def test_definitions_of_custom_kinds_come_from_a_folder(mine: Write, tmp_path: Path, capfd: Capture) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    schema = "{type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}"
    (folder / "widgets.yaml").write_text(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.e.com}\n"
        "spec:\n  group: example.com\n  names: {kind: Widget}\n"
        f"  versions: [{{name: v1, served: true, schema: {{openAPIV3Schema: {schema}}}}}]\n"
    )
    file = mine("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {sise: 1}\n")
    assert run(["lint", "--manifests", file]) == 0
    assert "Name a folder with its CustomResourceDefinition with --crd-dir." in capfd.readouterr().out
    assert run(["lint", "--manifests", file, "--crd-dir", str(folder)]) == 2
    assert "4:8 error spec.sise: is not a field" in capfd.readouterr().out


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    text = f"# Source: chart/templates/a.yaml\n{CONFIG}dta: 1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(["lint", "--manifests", "-", "--output", "github"]) == 2
    assert capfd.readouterr().out.startswith(
        "::error file=chart/templates/a.yaml,title=field-unknown::ConfigMap/a: dta:"
    )


def test_sarif_tells_the_rules_too(mine: Write, capfd: Capture) -> None:
    assert run(["lint", "--manifests", mine(CONFIG), "--output", "sarif"]) == 0
    (result,) = json.loads(capfd.readouterr().out)["runs"]
    assert result["results"] == []
    assert {"field-unknown", "gpu-without-limit"} <= {rule["id"] for rule in result["tool"]["driver"]["rules"]}


def test_waivers_of_an_environment_hold_for_files_when_it_is_named(
    mine: Write, tmp_path: Path, capfd: Capture
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("lint: {waivers: {field-unknown: {reason: Ours., objects: [ConfigMap/a]}}}\n")
    file = mine(f"{CONFIG}dta: 1\n")
    assert run(["lint", "--manifests", file, "-f", str(values)]) == 0
    assert "1 waived" in capfd.readouterr().out
    waived = 'lint.waivers={"field-unknown": {"reason": "Ours."}}'
    assert run(["lint", "--manifests", file, "--set-json", waived]) == 0
    assert run(["lint", "--manifests", file, "--env", "dev"]) == 2


def test_one_rule_can_be_asked_for_and_explained(mine: Write, capfd: Capture) -> None:
    file = mine(f"{CONFIG}dta: 1\nimmutable: maybe\n")
    assert run(["lint", "--manifests", file, "--rule", "field-wrong"]) == 2
    assert "field-unknown" not in capfd.readouterr().out
    assert run(["lint", "--explain", "field-wrong"]) == 0
    assert capfd.readouterr().out.startswith("field-wrong (error)\n  The API server refuses the object.")
    assert run(["lint", "--rules"]) == 0
    assert capfd.readouterr().out.count("(error)") > 10
    assert run(["lint", "--explain", "feild-wrong"]) == 2
    assert "there is no rule feild-wrong. Did you mean `field-wrong`?" in capfd.readouterr().err


def test_what_is_not_there_is_said(capfd: Capture) -> None:
    assert run(["lint", "--manifests", "nowhere.yaml"]) == 2
    assert "nowhere.yaml cannot be read" in capfd.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "---\n---\n", "apiVersion: v1\nkind: List\nitems: []\n"]
)
@pytest.mark.parametrize("flags", [[], ["--strict"], ["--rule", "field-wrong"]])
def test_nothing_to_lint_is_no_success(text: str, flags: list[str], mine: Write, capfd: Capture) -> None:
    assert run(["lint", "--manifests", mine(text), *flags]) == 2
    captured = capfd.readouterr()
    assert "there is no object in" in captured.err
    assert captured.out == ""


def test_an_empty_pipe_is_no_success(monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert run(["lint", "--manifests", "-"]) == 2
    assert "there is no object in standard input." in capfd.readouterr().err


def test_what_cannot_be_read_is_told_whatever_is_asked_for(mine: Write, capfd: Capture) -> None:
    assert run(["lint", "--manifests", mine("a: [1"), "--rule", "field-wrong"]) == 2
    assert "[manifest-unreadable]" in capfd.readouterr().out


@pytest.mark.parametrize("output", ["github", "sarif"])
def test_message_and_hint_are_sentences_of_their_own(output: str, mine: Write, capfd: Capture) -> None:
    arguments = ["--manifests", mine(CONFIG), "-f", mine("gateway: {a: 1, a: 2}\n")]
    assert run(["lint", *arguments, "--output", output]) == 2
    shown = capfd.readouterr()
    assert "first in line 1. Take one of the two out" in shown.out + shown.err


def test_a_template_of_a_chart_is_to_be_rendered_first(mine: Write, capfd: Capture) -> None:
    assert run(["lint", "--manifests", mine(f"{CONFIG}data: {{{{ .Values.data }}}}\n")]) == 2
    assert "This is a template of a chart: render it first" in capfd.readouterr().out
    assert run(["lint", "--manifests", mine("{{- if .Values.a }}\na: 1\n{{- end }}\n")]) == 2
    assert "This is a template of a chart: render it first" in capfd.readouterr().out
    assert run(["lint", "--manifests", mine("a: [1")]) == 2
    assert "render it first" not in capfd.readouterr().out


@pytest.mark.parametrize("command", ["lint", "render", "diff", "status"])
@pytest.mark.parametrize("name", ["Bad NS", "a.b", "x" * 64, "-a", "a\n"])
def test_a_namespace_that_cannot_be_is_refused(command: str, name: str, capfd: Capture) -> None:
    assert run([command, "--namespace", name]) == 2
    assert "can be no namespace" in capfd.readouterr().err


def test_standard_input_is_read_once(capfd: Capture) -> None:
    assert run(["lint", "--manifests", "-", "--crd-dir", "-"]) == 2
    assert "standard input can be read once only." in capfd.readouterr().err
