"""Random documents, layers and settings, read by us and by the real helm 3 and 4: no difference.

The same with thousands of cases: `python -m bench.values_fuzz --cases 20000`.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.helm_echo import ask, write_chart
from tests.adapters.values_duel import Score, duel_documents, duel_layers, duel_settings
from tooling.adapters.documents_yaml import YamlDocuments
from tooling.core.assigning import assign
from tooling.core.assignment import FLAGS, JSON, Setting, read_assignments
from tooling.core.finding import Finding
from tooling.core.values import Layer
from tooling.errors import ValuesError
from tooling.local.binaries import build, find_helm

SEED = 5


@pytest.fixture(scope="module", params=["helm", "helm4"])
def helm_path(request):
    return str(find_helm() if request.param == "helm" else build(("helm4",))["helm4"])


def test_documents_are_read_as_helm_reads_them(helm_path, tmp_path):
    score = Score()
    duel_documents(helm_path, tmp_path, SEED, 400, score)
    assert score.differences == []
    assert score.counts["alike"] > 200


def test_layers_are_laid_as_helm_lays_them(helm_path, tmp_path):
    score = Score()
    duel_layers(helm_path, tmp_path, SEED, 40, score)
    assert score.differences == []
    assert score.counts["alike"] == 40


def test_settings_are_made_as_helm_makes_them(helm_path, tmp_path):
    score = Score()
    duel_settings(helm_path, tmp_path, SEED, 200, score, alone=5)
    assert score.differences == []
    assert score.counts["alike"] == 200


def test_a_whole_json_object_is_merged_as_helm_4_does(tmp_path):
    text = ' {"a": {"b": {"c": null}, "l": [1]}, "n": {}} '
    chart, below = write_chart(tmp_path / "chart"), tmp_path / "below.yaml"
    below.write_text("a: {b: {c: 1, d: 2}, l: [1, 2]}\nn: {k: 1}\n")
    made = assign(YamlDocuments().read(below).values, read_assignments(Setting(JSON, text)))
    helm = str(build(("helm4",))["helm4"])
    assert ask(helm, chart, "-f", str(below), JSON, text) == [made]


ODD_TEXT = st.text(
    st.sampled_from("ab01 \n\t:-?[]{},&*!|>'\"%@`#~=<.\\/ye\u00e9\x00\x85\ufeff\U0001f600"), max_size=60
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(content=st.binary(max_size=60) | ODD_TEXT.map(str.encode) | st.text(max_size=60).map(str.encode))
def test_any_file_is_values_or_findings_with_a_place(content, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    file.write_bytes(content)
    findings: tuple[Finding, ...] = ()
    layer = Layer("none", {})
    try:
        layer = YamlDocuments().read(file)
    except ValuesError as error:
        findings = error.findings or pytest.fail("refused without a finding")
    assert all(finding.file and finding.message for finding in findings)
    assert isinstance(layer.values, dict)
    assert all(mark.line > 0 and mark.column > 0 for mark in layer.marks.values())


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    flag=st.sampled_from(FLAGS),
    text=st.text(st.sampled_from("ab.=,[]{}01\\-\"': \n\u00e9\udcff"), max_size=30) | st.text(max_size=20),
)
def test_any_setting_is_made_or_said_to_be_wrong(flag, text):
    told = ""
    try:
        made = assign({"a": {"b": [1]}}, read_assignments(Setting(flag, text)))
    except ValueError as error:
        made, told = None, str(error)
    assert isinstance(made, dict) or told


@pytest.mark.parametrize("number", [3, 4])
def test_null_defaults_are_kept_by_helm_3_and_dropped_by_helm_4(number, tmp_path):
    """Why the chart's defaults have no null but for what templates never read."""
    helm = str(find_helm() if number == 3 else build(("helm4",))["helm4"])
    chart = write_chart(tmp_path / "chart", "a: null\nb: {c: null, d: 1}\n")
    assert ask(helm, chart) == [{"a": None, "b": {"c": None, "d": 1}} if number == 3 else {"b": {"d": 1}}]


def test_the_charts_defaults_have_no_null_that_a_template_reads():
    chart = Path(__file__).parents[2] / "charts" / "genai-stack"
    found = [
        (file.parent.name, path)
        for file in (chart / "values.yaml", *sorted(chart.glob("charts/*/values.yaml")))
        for path, value in find_leaves((), YamlDocuments().read(file).values)
        if value is None and path[0] != "rollout"
    ]
    assert found == []


def find_leaves(path, values):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from find_leaves((*path, key), value)
        else:
            yield (*path, key), value
