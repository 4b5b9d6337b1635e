"""Manifests as kubectl reads them: documents, lists, lines, and what is refused."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tooling.adapters.manifests_yaml import MAX_BYTES, YamlManifests
from tooling.core.values import Mark
from tooling.errors import UsageError
from tooling.ports.manifests import Reading

Read = Callable[[str], Reading]

TWO = """\
# a comment first
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
# nothing but a comment
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: two
data:
  a.b: |
    --- this is text
  on: "1"
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> Reading:
        file = tmp_path / "mine.yaml"
        file.write_text(text, encoding="utf-8")
        return YamlManifests().read(str(file))

    return read_text


def test_each_document_is_an_object_with_its_line(read: Read) -> None:
    reading = read(TWO)
    assert [(one.name, one.line) for one in reading.objects] == [("ConfigMap/one", 1), ("ConfigMap/two", 7)]
    assert reading.objects[1].manifest["data"] == {"a.b": "--- this is text\n", "true": "1"}
    assert not reading.findings


@pytest.mark.parametrize(
    ("field", "mark"),
    [
        ("metadata.name", Mark(11, 3)),
        ('data."a.b"', Mark(13, 3)),
        ("data", Mark(12, 1)),
        ("data.missing", Mark(12, 1)),
        ("metadata.labels.app[0].x", Mark(10, 1)),
        ("spec.replicas", Mark(7, 0)),
        ("", Mark(7, 0)),
    ],
)
def test_a_field_is_found_or_what_holds_it(read: Read, field: str, mark: Mark) -> None:
    assert YamlManifests().locate(read(TWO).objects[1], field) == mark


def test_items_of_a_list_have_lines_of_their_own(read: Read) -> None:
    reading = read("kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n- kind: Pod\n  metadata: {name: b}\n")
    assert [one.name for one in reading.objects] == ["Pod/a", "Pod/b"]
    assert YamlManifests().locate(reading.objects[1], "metadata.name") == Mark(6, 14)
    assert YamlManifests().locate(reading.objects[1], "spec") == Mark(5, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740993", 9007199254740993),
        ("1e3", 1000),
        ("0o10", 8),
        ("y", True),
        ("2026-01-01", "2026-01-01"),
        ("12:30", "12:30"),
        ("~", None),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("!!binary aGk=", "aGk="),
        ("{a: &x {k: 1}, b: {<<: *x, l: 2}}", {"a": {"k": 1}, "b": {"k": 1, "l": 2}}),
        ("[&x {k: 1}, {<<: [*x, {k: 2, m: 3}]}]", [{"k": 1}, {"k": 1, "m": 3}]),
        ("{<<: {k: 1, m: 1}, k: 2, <<: {m: 2, q: 2}}", {"k": 2, "m": 1, "q": 2}),
    ],
)
def test_scalars_are_what_kubectl_makes_of_them(read: Read, text: str, value: object) -> None:
    (found,) = read(f"value: {text}\n").objects
    assert found.manifest == {"value": value}


def test_taking_over_many_maps_takes_time_in_proportion(read: Read) -> None:
    """20,000 of them took six seconds where what was merged so far was copied for each."""
    began = time.process_time()
    assert read("".join(f"<<: {{k{index}: 1}}\n" for index in range(20_000))).findings == ()
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\n---\nb: [1\n", 3, "the document is not YAML"),
        ("a: 1\n---\nb: 1\nb: 2\n", 4, "has the key `b` twice in one map."),
        ("---\n- a\n- b\n", 1, "is no object"),
        ("a: !!python/object:os.system x\n", 1, "has the tag here, which"),
        ("a: !!int x\n", 1, "does not fit the tag !!int"),
        ("a: .inf\n", 1, "JSON cannot hold"),
        ("? [a]\n: 1\n", 1, "a key that is no text"),
        ("~: 1\n", 1, "a key that cannot be one"),
        ("a: {<<: 3}\n", 1, "takes over something else than maps"),
        ("a: " + "[" * 200 + "\n", 1, "is nested deeper than 100 levels."),
        ("a: \t@\n", 1, "is not YAML"),
        ("a: \x07\n", 1, "is not YAML"),
    ],
)
def test_what_cannot_be_read_is_a_finding_with_its_line(read: Read, text: str, line: int, message: str) -> None:
    reading = read(f"{text}---\nkind: Pod\n")
    (finding,) = reading.findings
    assert (finding.rule, finding.line) == ("manifest-unreadable", line)
    assert message in finding.message
    assert "Pod/without-a-name" in [one.name for one in reading.objects], "the others go on"


def test_a_bomb_of_aliases_is_refused_at_once(read: Read) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]
    (finding,) = read("\n".join(lines)).findings
    assert "aliases that stand for more than 10000 values" in finding.message


def test_a_long_document_with_one_anchor_is_no_bomb(read: Read) -> None:
    rows = "\n".join(f"- {{a: [{number}], b: {{}}}}" for number in range(12_000))
    reading = read(f"labels: &l {{app: x}}\nagain: *l\nrows:\n{rows}\n")
    assert not reading.findings


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"kind": "Pod", "metadata": {"name": "a"}}', ["Pod/a"]),
        ('{"kind": "Pod", "metadata": {"name": "a\\ud83d\\ude00"}}\n{"kind": "Job"}', ["Pod/a\U0001f600", "Job/"]),
        ("{kind: Pod, metadata: {name: a}}", ["Pod/a"]),
    ],
)
def test_json_is_read_as_json_and_the_rest_as_yaml(read: Read, text: str, names: list[str]) -> None:
    reading = read(text)
    assert not reading.findings
    assert [one.name.removesuffix("without-a-name") for one in reading.objects] == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"kind": "Pod", "kind": "Job"}', "has the key `kind` twice"),
        ('{"a": NaN, "b": ', "is not YAML"),
        ('{"a": "\\ud800"}', "is not YAML"),
        ('{"a": ' + "[" * 2000, "is nested deeper"),
        ('{"a": ' + "[" * 120 + "]" * 120 + "}", "is nested deeper"),
    ],
)
def test_odd_json_is_a_finding(read: Read, text: str, message: str) -> None:
    (finding,) = read(text).findings
    assert message in finding.message


def test_fields_of_json_are_found_where_yaml_would_find_them(read: Read) -> None:
    (plain,) = read('{"kind": "Pod",\n "metadata": {"name": "a"}}').objects
    assert YamlManifests().locate(plain, "metadata.name") == Mark(2, 15)
    (odd,) = read('{"kind": "\\ud83d\\ude00",\n "metadata": {"name": "a"}}').objects
    assert YamlManifests().locate(odd, "metadata.name") is None


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("kind: B\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").write_text('{"kind": "A"}')
    (tmp_path / "notes.txt").write_text("nothing")
    reading = YamlManifests().read(str(tmp_path))
    assert [one.manifest["kind"] for one in reading.objects] == ["A", "B"]


def test_standard_input_names_the_template_and_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "---\n# Source: chart/templates/a.yaml\nkind: A\n---\nkind: B\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    first, second = YamlManifests().read("-").objects
    assert (first.file, first.line, first.text) == ("chart/templates/a.yaml", 0, "")
    assert (second.file, second.line) == ("-", 4)
    assert YamlManifests().locate(first, "kind") is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.yaml", b"a: \xe9\n", "is not UTF-8 text"),
        ("huge.yaml", b"#" * (MAX_BYTES + 1), "is larger than 64 MiB"),
        ("none.yaml", None, "cannot be read"),
    ],
)
def test_what_is_no_file_of_manifests_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        YamlManifests().read(str(tmp_path / name))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no"):
        YamlManifests().read(str(tmp_path))


def test_definitions_of_a_chart_are_found_in_its_subcharts_too(tmp_path: Path) -> None:
    for place in ("crds", "charts/sub/crds", "templates"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "one.yaml").write_text("kind: CustomResourceDefinition\n")
    (tmp_path / "crds" / "README.md").write_text("no definition")
    found = YamlManifests().find_definitions(tmp_path)
    assert found == tuple(str(tmp_path / place / "one.yaml") for place in ("charts/sub/crds", "crds"))
