"""Every Dockerfile keeps the same promises; a new image is covered by being there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tooling.local.images import ALL_IMAGES

FOLDER = Path(__file__).resolve().parents[2] / "images"
DOCKERFILES = sorted(FOLDER.glob("*/Dockerfile"))
LOCKS = sorted(FOLDER.glob("*/requirements.lock"))


def instructions(path):
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


@pytest.fixture(params=DOCKERFILES, ids=lambda path: path.parent.name)
def steps(request):
    return instructions(request.param)


def final_stage(steps):
    starts = [number for number, (name, _) in enumerate(steps) if name == "FROM"]
    return steps[starts[-1] :]


def test_the_builder_knows_every_image_and_each_has_a_dockerfile():
    assert {path.parent.name for path in DOCKERFILES} == {image.name for image in ALL_IMAGES}


def test_the_base_is_an_argument_with_a_pinned_version(steps):
    assert steps[0] == ("ARG", "BASE_IMAGE=docker.io/library/python:3.13-slim")
    assert [rest.split()[0] for name, rest in steps if name == "FROM"] == ["${BASE_IMAGE}", "${BASE_IMAGE}"]


def test_the_last_stage_runs_nothing_and_ends_as_a_number_above_10000(steps):
    last = final_stage(steps)
    assert [rest for name, rest in last if name == "USER"] == ["10001:10001"]
    assert not [rest for name, rest in last if name == "RUN"]
    assert not [rest for name, rest in last if name == "ADD"]
    assert all(rest.startswith("--from=build ") for name, rest in last if name == "COPY")


def test_no_secret_index_or_latest_is_written_down(steps):
    text = " ".join(rest for _, rest in steps)
    assert not re.search(r":latest|index-url|find-links|trusted-host|https?://(?!127\.0\.0\.1)", text)
    assert not re.search(r"(?i)password|token|api_?key", text)
    for name, rest in steps:
        assert name != "ARG" or rest.startswith("BASE_IMAGE=")
        if "/run/secrets/" in rest:
            assert rest.startswith("--mount=type=secret,")


def test_packages_are_installed_from_the_lock_by_hash(steps):
    installs = [rest for name, rest in steps if name == "RUN" and " install --" in rest and "pip" in rest]
    own = [
        rest
        for rest in installs
        if rest.split(";")[1].rstrip().endswith("--no-deps --no-build-isolation /build/src")
    ]
    foreign = [rest for rest in installs if rest not in own]
    assert all("--require-hashes" in rest and "--only-binary :all:" in rest for rest in foreign)
    copies_lock = any("requirements.lock" in rest for name, rest in steps if name == "COPY")
    assert bool(foreign) is copies_lock


def test_a_server_says_whether_it_is_healthy(steps):
    last = dict(final_stage(steps))
    assert ("EXPOSE" in last) is ("HEALTHCHECK" in last)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.parent.name)
def test_locks_pin_by_hash_and_name_no_index(path):
    text = path.read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    assert all(re.match(r"[a-z0-9.-]+==\S+", entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    wanted = {line.split("=")[0] for line in path.with_name("requirements.in").read_text().split()}
    assert wanted <= {entry.split("==")[0] for entry in entries}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_caches_and_notes_stay_out_of_the_image(path):
    patterns = path.with_name(".dockerignore").read_text().split("\n")
    caches = {f"**/{name}" for name in ("__pycache__", "*.pyc", ".mypy_cache", ".pytest_cache", ".ruff_cache")}
    assert {*caches, "*.md"} <= set(patterns)
