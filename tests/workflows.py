"""The workflows of docs/ci: their steps, and a runner that does what the CI system does around them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "ci"
GITHUB, GITLAB = FOLDER / "github.yml", FOLDER / "gitlab-ci.yml"
KEPT = (
    ".venv",
    "Makefile",
    "charts",
    "docs",
    "images",
    "pyproject.toml",
    "requirements.lock",
    "tests",
    "tooling",
    "tools",
)
OUTSIDE = ("requirements-dev.lock", "values", "README.md")
TOLD = 'if [ "$1" = login ]; then shift; set -- login --tls-verify=false "$@"; fi'
"""The registry of the tests has no TLS, which a login can be told by an option only."""
MADE = "-o .venv/.python -o .venv/.runtime -o .venv/.dev"
"""The tests run in the virtual environment that `make setup` makes: it is not made again."""


def wrap_programs() -> Iterator[tuple[str, str]]:
    """Programs that stand before those of the machine, and what they do."""
    yield "sudo", 'exec env "$@"'
    yield "make", f'exec {shutil.which("make")} {MADE} "$@"'
    buildah = shutil.which("buildah")
    if buildah:
        yield "buildah", f'{TOLD}\nexec {buildah} "$@"'


@dataclass(frozen=True)
class Step:
    """A script of a job, with the environment that the workflow gives it, expressions not yet filled in."""

    job: str
    name: str
    script: str
    environment: Mapping[str, str]


def read(file: Path) -> dict[str, Any]:
    """The workflow as data; `on` is a word in it, not a yes."""
    loaded: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return loaded


def find_steps(file: Path) -> Iterator[Step]:
    """Every script of a workflow in order; what prepares the machine (before_script) is left out."""
    document = read(file)
    if file == GITHUB:
        for job, told in document["jobs"].items():
            for step in told["steps"]:
                if "run" in step:
                    shared = {**document.get("env", {}), **told.get("env", {}), **step.get("env", {})}
                    yield Step(job, step["name"], step["run"], shared)
        return
    for job in document["stages"]:
        shared = {**document["variables"], **document[job].get("variables", {})}
        for part in ("script", "after_script"):
            if part in document[job]:
                yield Step(job, part, "\n".join(document[job][part]), shared)


@dataclass(frozen=True)
class Runner:
    """A machine that runs the steps of one job: a checkout, a folder for temporary files, and `sudo`."""

    folder: Path
    variables: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path, **variables: str) -> Runner:
        """Link the checkout into a folder, so that what steps write does not end up in it."""
        work, programs = folder / "work", folder / "bin"
        for each in (work, programs, folder / "temp"):
            each.mkdir()
        for name in (*KEPT, *OUTSIDE):
            (work / name).symlink_to(ROOT / name)
        for name, line in wrap_programs():
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        return cls(folder, variables)

    @property
    def work(self) -> Path:
        """Where steps run."""
        return self.folder / "work"

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub and GitLab do: bash, ending at the first failure."""
        kept = self.folder / "environment"
        given = {key: value for key, value in step.environment.items() if "$" not in value}
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("COV_", "PYTEST_"))},
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_ENV": str(kept),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "CI_PROJECT_DIR": str(self.work),
            **given,
            **self.variables,
            **(
                dict(line.split("=", maxsplit=1) for line in kept.read_text().splitlines())
                if kept.exists()
                else {}
            ),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script]
        return subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, check=False)

    def run_job(self, file: Path, job: str, *, only: str = "") -> str:
        """Run the steps of a job (those whose name matches `only`), insist on success, and return all output."""
        told = []
        for step in find_steps(file):
            if step.job == job and re.search(only, step.name):
                done = self.run(step)
                told.append(done.stdout + done.stderr)
                assert done.returncode == 0, f"{job}: {step.name}: {step.script}\n{told[-1]}"
        assert told, f"{file} has no step {only!r} in {job}"
        return "".join(told)
