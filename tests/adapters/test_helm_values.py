"""Our reading of values against the real helm's: scalars, layers, nulls and --set, through a chart that echoes."""

import json
import subprocess

import pytest

from tests.adapters.helm_echo import is_same
from tooling.adapters.documents_yaml import YamlDocuments
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.core.assigning import assign
from tooling.core.assignment import TYPED, Setting, read_assignments
from tooling.core.values import coalesce, layer
from tooling.local.binaries import find_helm

SCALAR_LINES = (
    "y n Y N yes No on OFF true False ~ null Null 0 00 -0 +1 -1 007 08 0o10 0o8 0x1F 0b11 0b12 -0b11 1_000 _1",
    "1__0 0_7 1e3 1E3 1e+3 1e-3 1.0 1.10 1. .5 -.5 +.5 1.5e3 .5e1 1e400 1.2.3 12:30 12:30:45 1:2 2024-01-01",
    "2024-1-1 2024-01-01T10:00:00Z 20240101 9007199254740992 9007199254740993 -9007199254740993",
    "9223372036854775807 18446744073709551615 18446744073709551616 123456789012345678901234567890 = == << a-b",
    "+a -a .a 1a 0x 0xg 1e 1e+ e3 . .. - 1,000 1/2 v1.10 sha256:ab TRUE tRuE nUlL 0.1 100.0 1e21 1e20 1e15",
    "123456789.0 -1e3 --1 ++1 0. -0.0 00.5 1_000.5 ._5 0b 0o 0x1_F ٣ NO Off",
)
SCALARS = [word for line in SCALAR_LINES for word in line.split()]

SETS = [
    "a=1",
    "a.b.c=x",
    "a=true,b=null,c=nil",
    "a=x\\,y",
    "a\\.b=1",
    "l={x,1,true}",
    "l={}",
    "l[0]=x",
    "l[2]=x",
    "l[1].k=v",
    "l[0][1]=z",
    "have.keep=9",
    "have.list[1]=new",
    "have.map.k=null",
    "have.map=null",
    "n=007",
    "n=0",
    "n=-3",
    "n=1.5",
    "n=+4",
    "e=",
    "e=a=b",
    "a=1,",
    "a=\\\\",
    "t=TRUE",
    "n=9007199254740991",
    "s=1e3",
    "have.maps[0].a=2",
    'q="x"',
    "k={a,b},m=1",
]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: echo\nversion: 0.1.0\n",
    "values.yaml": """
have: {keep: 1, list: [a, b], map: {k: 1, l: 2}, maps: [{a: 1}]}
base: {x: {y: 1, z: 2}}
""",
    "templates/echo.yaml": "values: {{ toJson .Values | quote }}\n",
}


@pytest.fixture(scope="module")
def helm_path():
    return str(find_helm())


@pytest.fixture
def chart(tmp_path):
    for path, text in CHART.items():
        file = tmp_path / "chart" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "chart"


def ask_helm(helm_path, chart, *arguments):
    command = [helm_path, "template", "x", str(chart), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(json.loads(done.stdout.split("values: ", 1)[1].strip()))


def test_scalars_mean_what_they_mean_to_helm(helm_path, chart, tmp_path):
    file = tmp_path / "scalars.yaml"
    lines = [f"s{number}: {text}" for number, text in enumerate(SCALARS) if text != "-"]
    keys = [f"? {text}\n: {number}" for number, text in enumerate(["y", "No", "1", "0x10", "1.5", "a b", "'y'"])]
    text = "\n".join([*lines, "keys:", *("  " + key.replace("\n", "\n  ") for key in keys)])
    file.write_text(text)
    seen = ask_helm(helm_path, chart, "-f", str(file))
    ours = {**YamlDocuments().read(file).values}
    wrong = {
        text: (ours[f"s{number}"], seen.get(f"s{number}"))
        for number, text in enumerate(SCALARS)
        if text != "-" and not is_same(ours[f"s{number}"], seen.get(f"s{number}"))
    }
    assert wrong == {}
    assert ours["keys"] == seen["keys"]


LAYERS = [
    ("a: 1\nb: {c: [1, 2], d: 3}\n", "b: {c: [9]}\n"),
    ("have: {keep: null}\n", "base: {x: {y: null}}\n"),
    ("have: null\n", "have: {keep: 2}\n"),
    ("have: {map: null}\nbase: {x: null}\n", "{}\n"),
    ("have: {map: {k: null, new: null}}\n", "fresh: null\n"),
    ("base: {x: {y: {deep: 1}}}\n", "base: {x: {y: 5}}\n"),
    ("base: 5\n", "have: {list: {a: 1}}\n"),
    ("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n", "c: [1, null]\n"),
    ("a: &a {x: 1, y: 2}\nb: {x: 3, <<: *a}\n", "c: {<<: [{k: 1}, {k: 2, l: 3}]}\n"),
    ("", 'a: "\\U0001F600"\n'),
]


@pytest.mark.parametrize(("below", "above"), LAYERS)
def test_layers_merge_as_helm_merges_them(helm_path, chart, tmp_path, below, above):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(below)
    two.write_text(above)
    documents = YamlDocuments()
    own = layer([documents.read(one), documents.read(two)]).values
    effective = coalesce(documents.read(chart / "values.yaml").values, own)
    assert effective == ask_helm(helm_path, chart, "-f", str(one), "-f", str(two))
    assert effective == render(helm_path, chart, own)


@pytest.mark.parametrize("text", SETS)
def test_set_means_what_it_means_to_helm(helm_path, chart, tmp_path, text):
    file = tmp_path / "have.yaml"
    file.write_text((chart / "values.yaml").read_text())
    values = YamlDocuments().read(file).values
    values = assign(values, read_assignments(Setting(TYPED, text)))
    effective = coalesce(YamlDocuments().read(chart / "values.yaml").values, values)
    assert effective == ask_helm(helm_path, chart, "-f", str(file), "--set", text)


def render(helm_path, chart, values):
    (manifest,) = Pyhelm3Helm(executable=helm_path, chart=chart, namespace="n").render("x", values)
    return json.loads(manifest["values"])


def test_what_we_send_is_what_helm_reads(helm_path, chart):
    values = {
        "text": '\U0001f600 \\ud83d \x7f \x85 \ufeff\n\t"é',
        "n": [1, 1.5, True, None, "y", "1e3", "007"],
        "have": None,
        "base": None,
    }
    seen = render(helm_path, chart, values)
    assert seen == {"text": values["text"], "n": values["n"]}
