"""The workflows that docs/ci offers for copying: what they may do, and that their check job runs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.workflows import FOLDER, GITHUB, GITLAB, Runner, find_steps, read
from tooling.cli.main import run

SECRETS = re.compile(r"TOKEN|PASSWORD|SECRET")
PIPED = re.compile(r"""printf '%s' "\$(\w+)" \| [^|]*--password-stdin""")
STEPS = [(file, step) for file in (GITHUB, GITLAB) for step in find_steps(file)]
GIVEN = {"HOME", "RUNNER_TEMP", "GITHUB_ENV", "GITHUB_STEP_SUMMARY", "KUBECONFIG"}


def test_each_workflow_goes_from_check_over_images_to_release():
    for file in (GITHUB, GITLAB):
        jobs = list(dict.fromkeys(step.job for step in find_steps(file)))
        assert jobs == ["check", "images", "release"]


def test_no_expression_stands_in_a_script():
    """Whoever names a branch `$(rm -rf ~)` must not be able to run it."""
    assert [step.name for file, step in STEPS if file == GITHUB and "${{" in step.script] == []


def test_every_variable_of_a_script_is_set_by_the_workflow():
    for file, step in STEPS:
        used = set(re.findall(r"\$\{?([A-Z_]+)", step.script))
        known = GIVEN | set(step.environment)
        missing = {name for name in used - known if not (file == GITLAB and name.startswith("CI_"))}
        assert not missing, f"{file.name}: {step.job}: {step.name}"


def test_secrets_are_only_ever_piped():
    for file, step in STEPS:
        used = set(re.findall(r"\$\{?(\w+)", step.script))
        piped = set(PIPED.findall(step.script))
        assert {name for name in used if SECRETS.search(name)} <= piped, f"{file.name}: {step.name}"


def test_both_release_by_the_same_command():
    github = next(step.script for step in find_steps(GITHUB) if step.name == "Release")
    assert github.replace("\\\n", "").split() == read(GITLAB)["release"]["script"][-1].split()


def test_permissions_are_the_least():
    document = read(GITHUB)
    assert document["permissions"] == {}
    asked = {job: told["permissions"] for job, told in document["jobs"].items()}
    assert asked == {
        "check": {"contents": "read", "security-events": "write"},
        "images": {"contents": "read", "packages": "write"},
        "release": {"contents": "read", "id-token": "write"},
    }
    for told in document["jobs"].values():
        assert int(told["timeout-minutes"]) <= 360
        for step in told["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@(v\d+|[0-9a-f]{40})", step.get("uses", "a/b@v1"))
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] == "false"


def test_one_release_at_a_time_and_only_with_approval():
    github, gitlab = read(GITHUB)["jobs"]["release"], read(GITLAB)["release"]
    assert github["environment"] == gitlab["environment"] == "prod"
    assert github["concurrency"]["cancel-in-progress"] == gitlab["interruptible"] == "false"
    assert gitlab["resource_group"] == "prod"
    assert gitlab["rules"][0]["when"] == "manual"


@pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_the_check_job_runs(file: Path, tmp_path: Path) -> None:
    runner = Runner.make(tmp_path, TESTS="-q -n 0 -p no:cacheprovider tests/core/test_kinds.py")
    told = runner.run_job(file, "check")
    assert "passed" in told
    report = json.loads((runner.work / "findings.sarif").read_text())
    assert report["version"] == "2.1.0"


def test_the_check_job_fails_on_a_wrong_value_and_says_where(tmp_path: Path) -> None:
    runner = Runner.make(tmp_path, ENVIRONMENT="mine", PROFILE="")
    values = runner.work / "values"
    values.unlink()
    shutil.copytree(GITHUB.parents[2] / "values", values)
    (values / "mine.yaml").write_text("gateway:\n  replcas: 2\n")
    (step,) = [step for step in find_steps(GITHUB) if step.name == "Validate the values"]
    done = runner.run(step)
    assert done.returncode == 2
    assert re.search(r"::error file=.*values/mine.yaml,line=2.*replcas", done.stdout), done.stdout + done.stderr


def call(capsys: Any, monkeypatch: Any, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run docs/ci/cluster_access.py, which is no part of the package."""
    import runpy

    for name in ("KUBE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "KUBE_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code = runpy.run_path(str(FOLDER / "cluster_access.py"))["main"](list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_token_of_gitlab_becomes_a_credential_with_its_end(capsys, monkeypatch):
    token = "e30.eyJleHAiOjE4MDAwMDAwMDB9.x"  # {} . {"exp":1800000000}
    code, out, _ = call(capsys, monkeypatch, "token", KUBE_ID_TOKEN=token)
    assert code == 0
    assert json.loads(out)["status"] == {"token": token, "expirationTimestamp": "2027-01-15T08:00:00Z"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "usage: cluster_access.py kubeconfig|token"),
        (("kubeconfig",), "KUBE_CONTEXT is not set"),
        (("token",), "ACTIONS_ID_TOKEN_REQUEST_URL is not set"),
    ],
)
def test_what_is_missing_is_said(arguments, told, capsys, monkeypatch):
    code, _, error = call(capsys, monkeypatch, *arguments)
    assert (code, told in error) == (2, True)


def test_a_token_service_that_does_not_answer_is_said(capsys, monkeypatch):
    service = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/?", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
    code, _, error = call(capsys, monkeypatch, "token", **service)
    assert (code, "no token: " in error, "id-token: write" in error) == (2, True, True)


def test_what_the_workflows_name_is_there(monkeypatch):
    monkeypatch.chdir(GITHUB.parents[2])
    environment = read(GITHUB)["env"]
    assert run(["validate", "--env", environment["ENVIRONMENT"], "--profile", environment["PROFILE"]]) == 0
