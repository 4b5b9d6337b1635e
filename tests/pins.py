"""Pin what the Go modules below `tools/` share at one version: `python -m tests.pins`, after a pin was raised.

Go's build cache holds a compiled package once per version. Traefik, CoreDNS and Weaviate would each bring
their own client-go, grpc and OpenTelemetry beside those of Kubernetes: a fifth of what a first run compiles.
Helm is left as its makers pinned it, because it renders what users install.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tooling.local.modules import parse_requirements

TOOLS = Path(__file__).resolve().parents[1] / "tools"
SHARING = ("kubernetes", "edge", "coredns", "weaviate")
_REPLACED = re.compile(r"^\s*(?:replace\s+)?([\w.~/-]+) => ([\w.~/-]+) (v\d\S*)", re.MULTILINE)


def read_pins(go_mod: str) -> dict[str, str]:
    """Return the version of every module that a go.mod uses, after its replace lines."""
    replaced = {path: version for path, _, version in _REPLACED.findall(go_mod)}
    return {path: replaced.get(path, version) for path, version in parse_requirements(go_mod).items()}


def find_disagreements(go_mods: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what several of `go_mods` (text by name) use at different versions, with those versions."""
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for name, text in go_mods.items():
        for path, version in read_pins(text).items():
            users[path][name] = version
    return {path: pins for path, pins in users.items() if len(set(pins.values())) > 1}


def read_go_mods() -> dict[str, str]:
    """Return the text of the go.mod of every module that shares."""
    return {name: (TOOLS / name / "go.mod").read_text() for name in SHARING}


def _go(folder: Path, *arguments: str, workspace: str = "off") -> str:
    world = os.environ | {"GOWORK": workspace, "GOTOOLCHAIN": "local", "GOFLAGS": "", "CGO_ENABLED": "0"}
    done = subprocess.run(["go", *arguments], cwd=folder, env=world, capture_output=True, text=True, check=True)
    return done.stdout


def find_common_versions(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return what Go selects for all copies in `folder`: required versions, and replacements `path@version`."""
    (folder / "go.work").write_text("go 1.26.0\nuse (\n" + "".join(f"./{name}\n" for name in SHARING) + ")\n")
    shape = "{{.Path}} {{.Version}}{{with .Replace}} {{.Path}}@{{.Version}}{{end}}"
    rows = [line.split() for line in _go(folder, "list", "-m", "-f", shape, "all", workspace="").splitlines()]
    return {row[0]: row[1] for row in rows if len(row) > 1}, {row[0]: row[2] for row in rows if len(row) > 2}


def align(folder: Path) -> None:
    """Give every copy in `folder` the common versions of what it requires, and their checksums."""
    versions, replacements = find_common_versions(folder)
    for name in SHARING:
        own = parse_requirements((folder / name / "go.mod").read_text())
        changes = [f"-require={path}@{versions[path]}" for path in own if path in versions]
        # Kubernetes replaces its staging modules; the others have to follow it.
        changes += [
            f"-replace={path}={replacements[path]}"
            for path in own
            if path in replacements and path.startswith("k8s.io/")
        ]
        _go(folder / name, "mod", "edit", *changes)
        _go(folder / name, "mod", "tidy")


def main() -> None:
    """Align the modules of this checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in SHARING:
            shutil.copytree(TOOLS / name, Path(scratch) / name)
        align(Path(scratch))
        for name in SHARING:
            for file in ("go.mod", "go.sum"):
                shutil.copyfile(Path(scratch) / name / file, TOOLS / name / file)
    if left := find_disagreements(read_go_mods()):
        sys.exit(f"still at different versions: {left}")


if __name__ == "__main__":
    main()
