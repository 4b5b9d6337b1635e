"""The rules of the house find what they are for, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import DEFINE_LINES, FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES, VALUES_LINES, find_faults, main

GOOD = '"""A module."""\n\n\ndef read() -> None:\n    """Read."""\n'
SMILE = "\N{GRINNING FACE}"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def define(name: str, *body: str) -> str:
    return "\n".join([f'{{{{- define "{name}" -}}}}', *body, "{{- end -}}", ""])


def long_function(lines: int) -> str:
    return "def run() -> None:\n" + "    pass\n" * (lines - 1)


BODY = ("{{- if .a }}", "a: 1", "{{- end }}", "b: 2")

CLEAN: dict[str, dict[str, str]] = {
    "nothing": {},
    "a good module": {"tooling/core/plan.py": GOOD},
    "a file at the limit": {"tests/test_a.py": "\n" * FILE_LINES},
    "a function at the limit": {"tests/test_a.py": long_function(FUNCTION_LINES)},
    "a private function without docstring": {"tooling/a.py": "def _read() -> None:\n    pass\n"},
    "a test without docstring": {"tests/a.py": "def read() -> None:\n    pass\n"},
    "a word that only contains another": {"tooling/a.py": "backstage = 1\nscoreboard = 2\n"},
    "a synonym that is only used": {"tooling/a.py": "import a\n\na.cancel()\n"},
    "a template at the limit": {"charts/x/templates/a.yaml": "a: 1\n" * TEMPLATE_LINES},
    "a define at the limit": {
        "charts/x/templates/_a.tpl": define(
            "genai.a", *["{{ with .x }}", "{{ end }}"], *["a: 1"] * (DEFINE_LINES - 4)
        )
    },
    "short equal defines": {"charts/x/templates/_a.tpl": define("genai.a", "1") + define("genai.b", "1")},
    "values at the limit": {"charts/x/values.yaml": "a: 1\n" * VALUES_LINES},
    "a long values file of an environment": {"values/prod.yaml": "a: 1\n" * (VALUES_LINES + 1)},
    "other people's code": {"tooling/.venv/utils.py": "x" + SMILE, "tests/__pycache__/a.py": SMILE},
    "a picture": {"docs/a.png": SMILE},
    "letters and signs": {"README.md": "caf\u00e9 \u2264 90 % \u2192 \u2500 \u2026\n"},
}


@pytest.mark.parametrize("files", CLEAN.values(), ids=CLEAN)
def test_what_is_allowed(tmp_path: Path, files: dict[str, str]) -> None:
    assert [str(fault) for fault in find_faults(write(tmp_path, files))] == []


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "a long file": ({"images/x/app.py": "\n" * (FILE_LINES + 1)}, "images/x/app.py:301: 301 lines"),
    "a long function": (
        {"tests/a.py": "\n" + long_function(FUNCTION_LINES + 1)},
        "tests/a.py:2: run has 61 lines",
    ),
    "a long method": (
        {"tests/a.py": "class A:\n    async def run(self) -> None:\n" + "        pass\n" * FUNCTION_LINES},
        "tests/a.py:2: run has 61 lines",
    ),
    "utils": ({"tooling/utils.py": GOOD}, "tooling/utils.py:1: utils says nothing"),
    "some helpers": ({"tests/kube_helpers.py": ""}, "tests/kube_helpers.py:1: kube_helpers says nothing"),
    "a folder": ({"tooling/manager/plan.py": GOOD}, "tooling/manager/plan.py:1"),
    "a function without docstring": (
        {"tooling/a.py": "def read() -> None:\n    pass\n"},
        "tooling/a.py:1: read has",
    ),
    "a class without docstring": (
        {"tooling/a.py": "\nclass A:\n    pass\n"},
        "tooling/a.py:2: A has no docstring",
    ),
    "a synonym as a name": ({"tooling/a.py": "next_stage = 1\n"}, "tooling/a.py:1: next_stage: we say step"),
    "a synonym in camel case": (
        {"tooling/a.py": 'class SlotVariant:\n    """A."""\n'},
        "SlotVariant: we say slot, never variant",
    ),
    "a synonym as an argument": (
        {"tooling/a.py": 'def read(score: int) -> None:\n    """Read."""\n'},
        "tooling/a.py:1: score: we say verdict",
    ),
    "a long template": (
        {"charts/x/templates/a.yaml": "a: 1\n" * (TEMPLATE_LINES + 1)},
        "charts/x/templates/a.yaml:121: 121 lines",
    ),
    "a long define": (
        {"charts/x/templates/_a.tpl": "\n" + define("genai.a", *["a: 1"] * (DEFINE_LINES - 1))},
        "charts/x/templates/_a.tpl:2: define genai.a has 41 lines",
    ),
    "a long define of a subchart, with blocks inside": (
        {"charts/x/charts/y/templates/_a.tpl": define("genai.a", *BODY * 10)},
        "define genai.a has 42 lines",
    ),
    "a define without prefix": (
        {"charts/x/templates/_a.tpl": define("labels", "a: 1")},
        "charts/x/templates/_a.tpl:1: define labels must begin with genai.",
    ),
    "a name that is taken": (
        {"charts/x/templates/_a.tpl": define("genai.a", "1"), "charts/y/templates/_b.tpl": define("genai.a", "2")},
        "charts/y/templates/_b.tpl:1: define genai.a is in charts/x/templates/_a.tpl:1 too",
    ),
    "the same text under two names": (
        {"charts/x/templates/_a.tpl": define("genai.a", *BODY) + define("genai.b", *("  " + one for one in BODY))},
        "charts/x/templates/_a.tpl:7: define genai.b is the same as genai.a in charts/x/templates/_a.tpl:1",
    ),
    "many values": (
        {"charts/x/values.yaml": "a: 1\n" * (VALUES_LINES + 1)},
        "charts/x/values.yaml:401: 401 lines",
    ),
    "an emoji": ({"docs/a.md": f"fine\nnot {SMILE}\n"}, "docs/a.md:2: an emoji"),
    "an emoji at the top": ({"README.md": SMILE}, "README.md:1: an emoji"),
}


@pytest.mark.parametrize(("files", "says"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_allowed(tmp_path: Path, files: dict[str, str], says: str) -> None:
    (fault,) = find_faults(write(tmp_path, files))
    assert says in str(fault)


def test_faults_are_printed_in_order_and_make_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    write(
        tmp_path, {"tooling/b.py": "def b() -> None:\n    pass\n", "tooling/a.py": "def a() -> None:\n    pass\n"}
    )
    assert main([str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["tooling/a.py", "tooling/b.py"]
