"""`render` from the command line, with this repository's own chart and values."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: mine}
data: {key: aGVsbG8=}
"""


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.chdir(ROOT)


def render(*arguments, **environment):
    """Render in a process of its own, as a user does."""
    code = "import sys; from tooling.cli.main import run; sys.exit(run(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, "render", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=True,
        cwd=environment.get("PWD", ROOT),
    ).stdout


def test_the_same_input_gives_the_same_bytes_whatever_is_around(tmp_path):
    first = render("--env", "prod", "--role", "each", PYTHONHASHSEED="1", LC_ALL="C")
    second = render(
        "--env", "prod", "--role", "each", PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="Asia/Tokyo", PWD=str(tmp_path)
    )
    assert first == second
    assert not [line for line in first.splitlines() if line != line.rstrip()]


def test_each_part_of_an_instance_has_a_folder(tmp_path, capfd):
    folder = tmp_path / "out"
    assert run(["render", "--env", "local", "--role", "each", "--output-dir", str(folder)]) == 0
    assert capfd.readouterr().out.endswith("written, 0 unchanged, 0 removed\n")
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "base",
        "slot-blue",
        "slot-green",
        "route",
    }
    (gateway,) = folder.glob("slot-blue/deployment-*-gateway.yaml")
    assert gateway.read_text().startswith("---\n# Source: genai-stack/charts/gateway/templates/deployment.yaml\n")
    assert yaml.safe_load(gateway.read_text())["metadata"]["name"] == "genai-blue-gateway"

    assert (
        run(["render", "--env", "local", "--role", "each", "--output-dir", str(folder), "--output", "json"]) == 0
    )
    again = json.loads(capfd.readouterr().out)
    assert (again["written"], again["removed"]) == ([], [])
    assert len(again["unchanged"]) == len(list(folder.rglob("*.yaml")))


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (["service/genai-gateway"], ["Service"]),
        (["charts/gateway/templates/deployment.yaml", "HTTPRoute/genai"], ["Deployment", "HTTPRoute"]),
    ],
)
def test_single_objects_are_shown(wanted, kinds, capfd):
    options = [part for one in wanted for part in ("--show-only", one)]
    assert run(["render", "--env", "local", *options]) == 0
    assert [one["kind"] for one in yaml.safe_load_all(capfd.readouterr().out)] == kinds


def test_json_names_the_part_and_the_template_of_each_manifest(capfd):
    assert run(["render", "--env", "local", "--role", "each", "--output", "json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert len(document["manifests"]) == len(document["sources"])
    assert {one["part"] for one in document["sources"]} == {"base", "blue", "green", "route"}


def test_hooks_only_when_asked(capfd):
    counts = []
    for more in ([], ["--include-hooks"]):
        assert run(["render", "--env", "local", *more]) == 0
        documents = list(yaml.safe_load_all(capfd.readouterr().out))
        counts.append(sum("helm.sh/hook" in (one["metadata"].get("annotations") or {}) for one in documents))
    assert counts[0] == 0
    assert counts[1] > 0


def test_the_version_and_the_apis_of_the_cluster_reach_the_templates(tiny, capfd):
    assert run(["render", "--kube-version", "v1.33.1", "--api-versions", "x.io/v1/Thing"]) == 0
    config = next(one for one in yaml.safe_load_all(capfd.readouterr().out) if one["kind"] == "ConfigMap")
    assert config["data"] == {"version": "v1.33.1", "has": "true"}


@pytest.mark.parametrize(("more", "shown"), [([], "<hidden: 5 bytes>"), (["--show-secrets"], "aGVsbG8=")])
@pytest.mark.parametrize("output", ["text", "json"])
def test_the_data_of_secrets_is_shown_only_when_asked(tiny, more, shown, output, capfd):
    assert run(["render", "--output", output, *more]) == 0
    out = capfd.readouterr().out
    documents = json.loads(out)["manifests"] if output == "json" else list(yaml.safe_load_all(out))
    assert next(one for one in documents if one["kind"] == "Secret")["data"] == {"key": shown}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Be in a checkout with a chart of two objects and no rules to break."""
    chart = tmp_path / "charts" / "genai-stack"
    (chart / "templates").mkdir(parents=True)
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / "local.yaml").write_text(
        "rollout: {steps: [{weight: 10, hold: 1s}]}\ngateway: {enabled: false}\ninference: {enabled: false}\n"
    )
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: genai-stack\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text("{}\n")
    (chart / "values.schema.json").write_text('{"$schema": "http://json-schema.org/draft-07/schema#"}')
    (chart / "templates" / "secret.yaml").write_text(SECRET)
    (chart / "templates" / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
        "  version: {{ .Capabilities.KubeVersion }}\n"
        '  has: {{ .Capabilities.APIVersions.Has "x.io/v1/Thing" | quote }}\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--role", "each", "--slot", "blue"], "each renders both slots"),
        (["--show-only", "deployment/genai-gatway"], "Did you mean Deployment/genai-gateway?"),
        (["--show-only", "zzz"], "Name a template"),
        (["--kube-version", "latest"], "'latest' is no version of Kubernetes"),
        (["--output-dir", "README.md"], "is a file"),
    ],
)
def test_a_wrong_request_exits_with_2_and_prints_nothing_to_standard_output(arguments, message, capfd):
    assert run(["render", "--env", "local", *arguments]) == 2
    captured = capfd.readouterr()
    assert message in captured.err
    assert captured.out == ""
