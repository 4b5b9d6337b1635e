"""The pure parts: helm's errors as one line, values for standard input, the chart's digest."""

import json

import pytest
import yaml

from tooling.adapters.helm_process import escape_for_yaml
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm, clip, digest_chart, explain
from tooling.errors import HelmError


@pytest.mark.parametrize(
    ("stderr", "message", "is_retryable"),
    [
        ("Error: UPGRADE FAILED: another operation is in progress\n", "another operation is in progress", False),
        ("coalesce.go:286: warning: x\nError: INSTALLATION FAILED: no\n\nUse --debug flag to see", "no", False),
        (
            "Error: values don't fit:\ngenai:\n- at '/a': not allowed\n",
            "values don't fit: genai: - at '/a': not allowed",
            False,
        ),
        (
            'WARNING: perms\nError: Get "https://x": dial tcp: i/o timeout',
            'Get "https://x": dial tcp: i/o timeout',
            True,
        ),
        ("Error: etcdserver: request timed out", "etcdserver: request timed out", True),
        ("Error: context deadline exceeded", "context deadline exceeded", True),
        ("Error: the server is currently unable to handle the request", "the server is currently unable", True),
        (
            "Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials",
            "credentials",
            False,
        ),
        ("panic: oops\nlast words", "last words", False),
        ("", "helm ended without a reason", False),
    ],
)
def test_what_helm_wrote_becomes_one_line(stderr, message, is_retryable):
    error = explain("helm x", stderr)
    assert message in error.message
    assert error.message.startswith("helm x: ")
    assert "\n" not in error.message
    assert error.is_retryable is is_retryable


def test_a_long_reason_keeps_both_ends():
    text = clip("a" * 500 + " cause", 100)
    assert len(text) <= 100
    assert text.startswith("aaa")
    assert text.endswith(" cause")


@pytest.mark.parametrize(
    "text",
    ["\U0001f600", "\\ud83d\\ude00", "\\\U0001f600\\\\\U0001f600", "é\x7f\u2028", "\U0010ffff"],
)
def test_text_beyond_the_basic_plane_reaches_helm_unharmed(text):
    assert yaml.safe_load(escape_for_yaml(json.dumps({"a": text}).encode())) == {"a": text}


def test_the_digest_counts_what_is_installed(tmp_path):
    def make(name: str, files: dict[str, str]) -> str:
        for path, text in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return digest_chart(tmp_path / name)

    base = {"Chart.yaml": "name: a\nversion: 1.2.3\n", "templates/a.yaml": "x", "charts/b/values.yaml": "y"}
    digest = make("one", base)
    uncounted = {"ci/a.yaml": "1", "tests/t.py": "1", "charts/b/tests/t.py": "1", ".git/HEAD": "1"}
    assert make("same", {**base, **uncounted}) == digest
    for number, change in enumerate(
        [
            {"templates/a.yaml": "z"},
            {"templates/tests/t.yaml": "1"},
            {"charts/b/values.yaml": "z"},
            {"charts/c/values.yaml": ""},
        ]
    ):
        assert make(f"other{number}", {**base, **change}) != digest
    chart = Pyhelm3Helm(executable="helm", chart=tmp_path / "one", namespace="n").read_chart()
    assert (chart.name, chart.version, chart.digest) == ("a", "1.2.3", digest)


@pytest.mark.parametrize("text", [None, "", "[]", "name: a\n", "a: ["])
def test_a_folder_that_is_no_chart_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / "Chart.yaml").write_text(text)
    with pytest.raises(HelmError, match=r"cannot be read as a chart|has no name and version"):
        Pyhelm3Helm(executable="helm", chart=tmp_path, namespace="n").read_chart()
