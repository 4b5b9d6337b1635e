"""--set and its sisters on top of values files, and literals that are told."""

import json
import re
from pathlib import Path

import pytest

from tooling.adapters.documents_yaml import YamlDocuments
from tooling.adapters.schemas_jsonschema import JsonSchemas
from tooling.adapters.zones_machine import MachineZones
from tooling.app.project import Project
from tooling.app.settings import apply_settings, order_settings
from tooling.app.validate import validate
from tooling.app.values import ValuesRequest, load_values
from tooling.core.assignment import Setting
from tooling.core.values import Layered, Origin
from tooling.errors import UsageError

BELOW = Layered(
    {"a": {"b": 1, "c": 2}, "l": [1]},
    {
        ("a",): Origin("f", 1, 1),
        ("a", "b"): Origin("f", 2, 3),
        ("a", "c"): Origin("f", 3, 3),
        ("l", 0): Origin("f", 4, 3),
    },
)


def apply(*settings):
    return apply_settings(YamlDocuments(), BELOW, settings)


def test_settings_apply_in_helms_order_whatever_their_order_on_the_command_line():
    texts = {"--set-literal": ["a.b=l"], "--set": ["a.b=1", "a.b=2"], "--set-json": ["a.b=3"], "--set-string": []}
    ordered = order_settings(texts)
    assert [str(one) for one in ordered] == ["--set-json a.b", "--set a.b", "--set a.b", "--set-literal a.b"]
    made, _ = apply(*ordered)
    assert made.values["a"] == {"b": "l", "c": 2}


def test_origins_name_flag_and_key_and_forget_what_is_replaced(tmp_path):
    (tmp_path / "text").write_text("from a file\n")
    made, _ = apply(
        "l={x}",
        Setting("--set-file", f"a.d={tmp_path / 'text'}"),
        Setting("--set-json", '{"a": {"b": {"x": 1}, "e": {}}}'),
    )
    assert made.values == {"a": {"b": {"x": 1}, "c": 2, "d": "from a file\n", "e": {}}, "l": ["x"]}
    assert made.origins == {
        ("a",): Origin("f", 1, 1),
        ("a", "b"): Origin("f", 2, 3),
        ("a", "b", "x"): Origin("--set-json a.b.x"),
        ("a", "c"): Origin("f", 3, 3),
        ("a", "d"): Origin("--set-file a.d"),
        ("a", "e"): Origin("--set-json a.e"),
        ("l",): Origin("--set l"),
    }


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Setting("--set", "password=hunter2,hunter2"), "--set password: after character 17 comes no key=value"),
        (Setting("--set-json", "password=hunter2"), "--set-json password: no JSON value at character 10"),
        (
            Setting("--set-file", "password=/none/here"),
            "--set-file password: /none/here: it cannot be read: No such file",
        ),
        (Setting("--set-string", "a.b.c=hunter2"), "--set-string a.b.c: a.b is no map in the layers below"),
        (Setting("--set-literal", "hunter2"), "--set-literal: it has no value"),
    ],
)
def test_what_cannot_be_set_is_said_without_the_value(setting, message):
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        apply(setting)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_all_indexes_together_are_bounded():
    with pytest.raises(UsageError, match="all indexes together make more than 100000 list items"):
        apply(*[f"k{number}[60000]=1" for number in range(3)])


def test_a_number_that_loses_digits_on_its_way_to_helm_is_told_without_showing_it():
    made, warnings = apply("token=9007199254740993,n=9007199254740992")
    assert made.values["token"] == 9007199254740993
    assert [(one.rule, one.file, one.path) for one in warnings] == [("literal-digits", "--set token", "token")]
    assert "9007" not in str(warnings[0])


CHART = """
gateway: {enabled: true, replicas: 1, tag: "1.0", mode: 420}
"""


@pytest.fixture
def project(tmp_path):
    for path, text in {"charts/genai-stack/values.yaml": CHART, "values/prod.yaml": ""}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("gateway: {enabled: yes}", []),
        ("gateway: {replicas: 1e1}", []),
        ("gateway: {replicas: 010}", ["literal-octal"]),
        ("gateway: {tag: yes}", ["literal-boolean"]),
        ("gateway: {tag: 1.10}", ["literal-name"]),
        ("gateway: {other: no, on: 1}", ["literal-boolean", "literal-key"]),
        ("gateway: {enabled: true, replicas: 2, tag: '1.10', mode: 0644}", []),
        ("a: &a {x: 1}\nb: {x: 2, <<: *a}", ["merge-order"]),
    ],
)
def test_literals_are_told_where_the_default_does_not_explain_them(project, tmp_path, text, rules):
    (tmp_path / "mine.yaml").write_text(text)
    loaded = load_values(YamlDocuments(), project, ValuesRequest("prod", files=(tmp_path / "mine.yaml",)))
    assert [one.rule for one in loaded.warnings] == rules
    assert all(one.line and one.column for one in loaded.warnings)


@pytest.mark.parametrize(
    ("key", "is_told"), [("switch", False), ("text", True), ("either", True), ("unknown", True)]
)
def test_a_word_where_the_schema_takes_only_a_switch_is_no_surprise(project, tmp_path, key, is_told):
    kinds = {"switch": {"type": "boolean"}, "text": {"type": "string"}, "either": {"type": ["boolean", "string"]}}
    (project.schema).write_text(
        json.dumps({"properties": {"models": {"additionalProperties": {"properties": kinds}}}})
    )
    (tmp_path / "mine.yaml").write_text(f"models: {{small: {{{key}: yes}}}}\n")
    loaded = load_values(YamlDocuments(), project, ValuesRequest("prod", files=(tmp_path / "mine.yaml",)))
    assert [one.rule for one in loaded.warnings] == ["literal-boolean"]
    paths = [one.path for one in validate(JsonSchemas(project.schema), loaded, MachineZones())]
    assert (f"models.small.{key}" in paths) is is_told


def test_the_values_that_we_ship_hold_no_such_literal():
    project = Project(Path(__file__).parents[2])
    for name in ("local", "dev", "staging", "prod"):
        assert load_values(YamlDocuments(), project, ValuesRequest(name)).warnings == ()
    for file in (project.chart / "values.yaml", *sorted(project.chart.glob("charts/*/values.yaml"))):
        assert YamlDocuments().read(file).warnings == ()
