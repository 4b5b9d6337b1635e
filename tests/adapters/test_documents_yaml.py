"""Values files: lines, what is refused and where, and what is written."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tooling.adapters.documents_yaml import MAX_BYTES, YamlDocuments
from tooling.adapters.yaml_go import load_all
from tooling.errors import ValuesError


@pytest.fixture
def read(tmp_path):
    def read_text(text: str | bytes):
        file = tmp_path / "mine.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return YamlDocuments().read(file)

    return read_text


def test_every_key_and_item_has_its_place(read):
    layer = read("# top\na:\n  b: 1\n  c.d:\n    - x\n    - {k: 2}\n\ne: |\n  text\nf: 3\n")
    assert layer.values == {"a": {"b": 1, "c.d": ["x", {"k": 2}]}, "e": "text\n", "f": 3}
    assert layer.marks == {
        ("a",): (2, 1),
        ("a", "b"): (3, 3),
        ("a", "c.d"): (4, 3),
        ("a", "c.d", 0): (5, 7),
        ("a", "c.d", 1): (6, 7),
        ("a", "c.d", 1, "k"): (6, 8),
        ("e",): (8, 1),
        ("f",): (10, 1),
    }


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("---\na: 1\n", {"a": 1}),
        ("\ufeffa: 1\n", {"a": 1}),
        ("a: !!str 5\nb: !!int 5\nc: !!float 5\nd: '5'\n", {"a": "5", "b": 5, "c": 5, "d": "5"}),
        ("a: &x {k: [1]}\nb: *x\n", {"a": {"k": [1]}, "b": {"k": [1]}}),
        ("a: &x {k: 1, l: 2}\nb: {k: 3, <<: *x}\n", {"a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 2}}),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}),
        ("a: &x {k: 1}\nb: {<<: [*x, {k: 2, m: 3}]}\n", {"a": {"k": 1}, "b": {"k": 1, "m": 3}}),
        ("y: 1\n", {"true": 1}),
        ("~\n", {}),
        ("a: 1\n---\n# nothing\n", {"a": 1}),
        ("a: 1\n...\n", {"a": 1}),
    ],
)
def test_what_helm_accepts_is_read(read, text, values):
    assert read(text).values == values


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)

REFUSED = [
    ("a: 1\nb: 2\na: 3\n", 3, "a: the key is there twice, first in line 1"),
    ("a:\n  b: 1\n  b: 2\n", 3, "a.b: the key is there twice, first in line 2"),
    ("yes: 1\non: 2\n", 2, "true: the key is there twice"),
    ("- a\n", 1, "values must be a map"),
    ("text\n", 1, "values must be a map"),
    ("a: 1\n---\nb: 2\n", 3, "another document"),
    ("a: 1\n...\n@\n", 3, "text follows the end of the document"),
    ("a: 1\n" + "---\n" * 12, 12, "more than 10 empty documents follow"),
    (f"a: [{'1,' * 100_001}]\n", 1, "holds more than 100000 keys and list items"),
    ("a: &a {'1': x}\nb: {1: y, <<: *a}\n", 2, "once by `<<`"),
    ("a: &a {true: x}\nb: {<<: *a, 'true': y}\n", 2, "once by `<<`"),
    ("a: [b?]\n", 1, "a question mark needs quotes"),
    ("a: [!!str ]\n", 1, "a tag without a value"),
    ("9223372036854775808: 1\n", 1, "does not take as a key"),
    ("%YAML 1.1\n---\na: 1\n", 1, "lines with %"),
    ("a: ,b\n", 1, "it is not YAML"),
    ('a: "\\/"\n', 1, "does not know the escape"),
    ("a: [1\nb: 2\n", 1, "it is not YAML"),
    ("a: 1\n\tb: 2\n", 2, "it is not YAML"),
    ("a: *missing\n", 1, "there is no anchor of its name"),
    ("a: 1\nb: \x01\n", 2, "control characters"),
    (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
    ("a: .inf\n", 1, "a: .inf is no number"),
    ("a: !!int x\n", 1, "a: the value does not fit its tag !!int"),
    ("a: !!python/object/apply:os.system [id]\n", 1, "is not allowed in values"),
    ("a: !secret x\n", 1, "the tag here is not allowed"),
    ("a: !!binary aGk=\n", 1, "is not allowed"),
    ("a: !!set {x}\n", 1, "is not allowed"),
    ("? [a]\n: 1\n", 1, "a key must be text"),
    ("~: 1\n", 1, "a key must be text"),
    ("a: {<<: [1]}\n", 1, "`<<` takes over maps only"),
    (BOMB, 4, "far more than it holds"),
    ("a: &a {b: *a}\n", 1, "what this alias repeats contains itself"),
    ("a: " + "[" * 200_000, 1, "nested deeper than 100 levels"),
    ("- " * 100_000, 1, "nested deeper than 100 levels"),
    ("a: '" + "x" * MAX_BYTES + "'", 0, "larger than 10 MiB"),
]


@pytest.mark.parametrize(("text", "line", "message"), REFUSED, ids=[row[2][:24] for row in REFUSED])
def test_what_would_surprise_is_refused_with_its_line(read, text, line, message):
    with pytest.raises(ValuesError) as caught:
        read(text)
    finding = caught.value.findings[0]
    assert message in str(finding)
    assert (finding.line, Path(finding.file).name) == (line, "mine.yaml")


def test_all_findings_of_a_file_come_at_once(read):
    with pytest.raises(ValuesError) as caught:
        read("a: 1\na: 2\nb: !x 1\n")
    assert [finding.line for finding in caught.value.findings] == [2, 3]


def test_a_missing_file_is_named():
    with pytest.raises(
        ValuesError, match=r"nowhere\.yaml cannot be used as values: it cannot be read: No such file"
    ):
        YamlDocuments().read(Path("nowhere.yaml"))


def test_a_file_is_named_from_where_one_stands(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    assert YamlDocuments().read(tmp_path / "in" / "a.yaml").name == os.path.join("in", "a.yaml")  # noqa: PTH118
    monkeypatch.chdir(tmp_path / "in")
    assert YamlDocuments().read(tmp_path / "in" / "a.yaml").name == "a.yaml"


def test_folders_are_listed(tmp_path):
    for name in ("prod.yaml", "dev.yml", "README.md", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / "examples").mkdir()
    documents = YamlDocuments()
    assert documents.find(tmp_path) == {"prod": tmp_path / "prod.yaml", "dev": tmp_path / "dev.yml"}
    assert documents.find_folders(tmp_path) == {"examples": tmp_path / "examples"}
    assert documents.find(tmp_path / "none") == documents.find_folders(tmp_path / "none") == {}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"], include_characters="\n\t"))
)
TRAPS = ["y", "no", "1e3", "0o10", "12:30", "2024-01-01", "~", "", " x", "- a", "a: b", "#", "=", ".inf"]
KEYS = st.text("abyn01.-/ ", min_size=1)
TREES = st.recursive(
    SCALARS | st.sampled_from(TRAPS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_what_is_written_is_read_alike_by_us_and_by_plain_yaml(document):
    text = YamlDocuments().write([document, {"kind": "B"}])
    assert load_all(text) == [document, {"kind": "B"}]
    assert list(yaml.safe_load_all(text)) == [document, {"kind": "B"}]
