"""Images into a running cluster: there is no registry inside, so that every image comes from an archive."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tooling.local.archive import read_references
from tooling.local.errors import LocalError
from tooling.local.folders import ClusterFolder
from tooling.local.locks import hold
from tooling.local.observation import read_record
from tooling.local.progress import Stopwatch, be_silent
from tooling.local.readiness import accepts
from tooling.local.settings import CONTAINERS, DEFAULT_NAME, check_name
from tooling.local.space import Need, check_space
from tooling.local.system import check_platform, check_system, find_program

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tooling.local.progress import Progress

UNPACKED = 2
"""An image takes its archive's size twice: its layers, and their files."""


def archive_identity(path: Path) -> str:
    """Return a text that changes when the file at `path` is another one or was written again."""
    facts = path.stat()
    return f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}"


def _ctr(folder: ClusterFolder, *arguments: str) -> str:
    ctr = find_program("ctr") or "ctr"
    command = [str(ctr), "--address", str(folder.containerd_socket), "--namespace", "k8s.io", "images", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise LocalError(
            f"`ctr images {' '.join(arguments)}` failed: {lines[-1] if lines else 'no message'}.",
            hint=f"The log of containerd is {folder.logs}/containerd.log.",
        )
    return done.stdout


def _read_loaded(path: Path) -> dict[str, list[str]]:
    try:
        loaded: dict[str, list[str]] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return loaded


def load_images(
    name: str = DEFAULT_NAME, archives: Iterable[Path] = (), progress: Progress = be_silent
) -> tuple[str, ...]:
    """Import docker-archives into the cluster `name`; return the references in them, in order.

    An archive that was imported before, has not been written since and whose images are all there, is skipped.
    """
    folder = ClusterFolder.of(check_name(name))
    check_system()
    record, archives = read_record(folder), tuple(archives)
    if record is not None and record.settings.runtime != CONTAINERS:
        raise LocalError(
            f"the cluster {name} only simulates pods: it has no images.",
            hint="Nothing has to be loaded: a simulated pod runs whatever its image is.",
        )
    check_platform()
    if record is None or not accepts(str(folder.containerd_socket)):
        raise LocalError(f"no cluster {name} runs here.", hint=f"Start it: genai-stack cluster up --name {name}")
    check_space([Need(folder.root, UNPACKED * sum(path.stat().st_size for path in archives), "unpacked images")])
    references: list[str] = []
    with hold(folder.root / ".loading.lock", waiting="waiting for another import", progress=progress):
        loaded = _read_loaded(folder.loaded)
        present = set(_ctr(folder, "list", "--quiet").split())
        for archive in archives:
            found = read_references(archive)
            if not found:
                raise LocalError(
                    f"{archive} is no docker-archive with named images.",
                    hint="Make one with `docker save` or `buildah push IMAGE docker-archive:FILE:NAME`.",
                )
            identity = archive_identity(archive)
            if identity not in loaded or not present.issuperset(loaded[identity]):
                watch = Stopwatch()
                before = present
                _ctr(folder, "import", str(archive.resolve()))
                present = set(_ctr(folder, "list", "--quiet").split())
                # containerd spells out short names (docker.io/library/...): what counts is what it shows.
                loaded[identity] = sorted(present - before) or [each for each in found if each in present]
                folder.loaded.write_text(json.dumps(loaded))
                progress(f"loaded {', '.join(found)} ({watch})")
            references.extend(found)
    return tuple(references)
