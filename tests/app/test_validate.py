"""Loading the layers of an environment and what is found in them."""

import json
from pathlib import Path

import pytest

from tooling.adapters.documents_yaml import YamlDocuments
from tooling.adapters.schemas_jsonschema import JsonSchemas
from tooling.adapters.zones_machine import MachineZones
from tooling.app.project import Project
from tooling.app.validate import has_errors, validate
from tooling.app.values import ValuesRequest, load_values
from tooling.core.values import find_origin
from tooling.errors import UsageError, ValuesError

FILES = {
    "charts/genai-stack/values.yaml": """
gateway: {models: {small: {}}, replicas: 2}
inference: {models: {small: {}}}
rollout: {instance: genai, contexts: [], steps: [{weight: 10, hold: 1m}]}
""",
    "charts/genai-stack/charts/gateway/values.yaml": "enabled: true\nreplicas: 1\nport: 80\n",
    "charts/genai-stack/charts/common/Chart.yaml": "name: common\n",
    "charts/genai-stack/values.schema.json": json.dumps(
        {
            "type": "object",
            "properties": {"gateway": {"properties": {"replicas": {"type": "integer"}}}},
            "additionalProperties": {"type": "object"},
        }
    ),
    "values/prod.yaml": "gateway:\n  replicas: 3\nrollout:\n  contexts: [prod]\n",
    "values/dev.yaml": "gateway:\n  port: null\n",
    "values/profiles/gke.yaml": "gateway: {replicas: 5, extra: gke}\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def load(project, env="prod", **options):
    return load_values(YamlDocuments(), project, ValuesRequest(env, **options))


def find(project, **options):
    return [str(one) for one in validate(JsonSchemas(project.schema), load(project, **options), MachineZones())]


def test_later_layers_win(project):
    (project.root / "mine.yaml").write_text("gateway: {replicas: 7}\n")
    layers = [
        ({"env": "dev"}, 2, "charts/genai-stack/values.yaml"),
        ({"env": "dev", "profile": "gke"}, 5, "values/profiles/gke.yaml"),
        ({"profile": "gke"}, 3, "values/prod.yaml"),
        ({"files": [Path("mine.yaml")]}, 7, "mine.yaml"),
        ({"files": [Path("mine.yaml")], "sets": ["gateway.replicas=9"]}, 9, "--set gateway.replicas"),
    ]
    for options, replicas, source in layers:
        loaded = load(project, **options)
        assert loaded.effective["gateway"]["replicas"] == replicas
        assert find_origin(loaded.origins, ("gateway", "replicas")).layer == source


def test_helm_gets_the_users_values_and_the_core_sees_the_charts_defaults(project):
    loaded = load(project, env="dev")
    assert loaded.values == {"gateway": {"port": None}}
    assert loaded.effective["gateway"] == {"models": {"small": {}}, "replicas": 2, "enabled": True}
    assert loaded.instance == "genai"
    assert load(project, sets=["rollout.instance=blue-team"]).instance == "blue-team"


def test_an_origin_below_a_set_is_forgotten(project):
    loaded = load(project, profile="gke", sets=["gateway=null"])
    assert loaded.values["gateway"] is None
    assert find_origin(loaded.origins, ("gateway", "extra")).layer == "--set gateway"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"env": "prd"}, "there is no environment 'prd'. There are: dev, prod."),
        ({"profile": "aks"}, "there is no profile 'aks'. There are: gke."),
        ({"sets": ["gateway.replicas"]}, "--set: it has no value; write key=value"),
        (
            {"sets": ["gateway.replicas.x=hunter2"]},
            "--set gateway.replicas.x: gateway.replicas is no map in the layers below",
        ),
    ],
)
def test_a_wrong_request_says_what_there_is(project, options, message):
    with pytest.raises(UsageError) as caught:
        load(project, **options)
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_no_profiles_at_all_is_said(project):
    (project.profiles / "gke.yaml").unlink()
    with pytest.raises(UsageError, match="There is none in"):
        load(project, profile="gke")


def test_unreadable_files_are_found_together(project):
    (project.root / "one.yaml").write_text("a: 1\na: 2\n")
    (project.root / "two.yaml").write_text("- b\n")
    with pytest.raises(ValuesError, match="2 values files cannot be used") as caught:
        load(project, files=[Path("one.yaml"), Path("two.yaml")])
    assert [(one.file, one.line) for one in caught.value.findings] == [("one.yaml", 2), ("two.yaml", 1)]
    with pytest.raises(ValuesError, match="a values file cannot be used"):
        load(project, files=[Path("two.yaml")])


def test_right_values_have_no_findings(project):
    assert find(project) == []


def test_schema_and_rules_are_told_together_errors_first(project):
    (project.root / "values" / "prod.yaml").write_text(
        "rollout:\n  contexts: []\ngateway:\n  replicas: many\n  defaultModel: big\n"
    )
    found = find(project)
    assert [text.split(" [")[-1].rstrip("]") for text in found] == ["schema", "model-default", "rollout-contexts"]
    assert found[0].startswith('values/prod.yaml:4:3: error: gateway.replicas: must be a whole number, not "many"')
    assert found[2].startswith("values/prod.yaml:2:3: warning: rollout.contexts: is empty")


def test_what_the_schema_found_is_not_said_again_by_a_rule(project):
    (project.root / "values" / "prod.yaml").write_text("rollout: {contexts: [x]}\n")
    schema = json.loads(project.schema.read_text())
    schema["properties"]["rollout"] = {"properties": {"readyTimeout": {"pattern": "^[0-9]+s$"}}}
    project.schema.write_text(json.dumps(schema))
    found = find(project, sets=["rollout.readyTimeout=soon"])
    assert [text.split(" [")[-1] for text in found] == ["schema]"]


def test_only_errors_stop_a_release(project):
    warned = validate(JsonSchemas(project.schema), load(project, env="dev"), MachineZones())
    assert warned
    assert not has_errors(warned)
    wrong = load(project, sets=["gateway.replicas=x"])
    assert has_errors(validate(JsonSchemas(project.schema), wrong, MachineZones()))
