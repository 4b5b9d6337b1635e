"""Binaries built from the pinned modules, once per user, into `<cache>/bin/<module>-<hash>/NAME`.

The hash is over go.mod, go.sum, sources, linker flags and machine type: a changed pin builds anew beside the old.
The Go version is not in it, so that a machine with built binaries needs no Go; `built-with` in each folder names
it.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tooling.local import commands
from tooling.local.errors import BuildError
from tooling.local.folders import cache_root
from tooling.local.locks import hold
from tooling.local.modules import COMPILER_FLAGS, MODULES, Module, ldflags, module_key, module_of
from tooling.local.progress import Stopwatch, be_silent
from tooling.local.toolchain import find_go, go_environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tooling.local.progress import Progress
    from tooling.local.toolchain import Toolchain

HELM_MINIMUM = (3, 18)
HELM_LIMIT = (5, 0)
_NETWORK_SIGNS = ("dial tcp", "lookup ", "no such host", "connection refused", "timeout", "proxy.golang.org")


def folder_of(module: Module, *, cache: Path | None = None) -> Path:
    """Return the cache folder of `module`; it may not exist yet."""
    if not (module.folder / "go.mod").exists():
        raise BuildError(
            f"{module.folder}/go.mod is missing.",
            hint="The binaries are built from a checkout of genai-stack: install it with `pip install -e .`.",
        )
    return (cache or cache_root()) / "bin" / module_key(module, platform.machine())


def explain_failure(module: Module, output: str) -> BuildError:
    """Return the error for a failed build: the module, the last lines, and what to do."""
    lines = [line for line in output.strip().splitlines() if not line.startswith("go: downloading")][-5:]
    if any(sign in output for sign in _NETWORK_SIGNS):
        hint = "Go could not fetch modules: check the network, or name a reachable module proxy in GOPROXY."
    elif "no space left" in output:
        hint = "Free disk space (a full build needs about 10 GB in the Go caches) and try again."
    else:
        hint = f"Try `cd {module.folder} && go build -mod=readonly tool` to see it alone."
    return BuildError(
        f"building {module.name} ({module.folder}) failed:\n  " + "\n  ".join(lines) + "\n", hint=hint
    )


def _build_missing(module: Module, names: list[str], target: Path, go: Toolchain, progress: Progress) -> None:
    """Build `names` beside `target` and rename them into it one by one: a reader never sees half a file."""
    watch = Stopwatch()
    progress(f"building {module.name} with Go {go.version}: {', '.join(names)}")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        for group in _output_groups(module, names):
            command = [str(go.command), "build", "-trimpath", "-gcflags", COMPILER_FLAGS]
            command += ["-ldflags", ldflags(module), "-tags", module.tags]
            output = f"{scratch}/{group[0]}" if len(group) == 1 else f"{scratch}/"
            command += ["-o", output, *(module.packages[name] for name in group)]
            label = f"building {module.name}"
            try:
                commands.run(
                    command,
                    label=label,
                    progress=progress,
                    folder=module.folder,
                    environment=go_environment(),
                    watch=watch,
                )
            except commands.Failure as failure:
                raise explain_failure(module, failure.output) from failure
        (Path(scratch) / "built-with").write_text(f"go {go.version}\n")
        for name in [*names, "built-with"]:
            (Path(scratch) / name).rename(target / name)
    progress(f"built {module.name} ({watch})")


def _output_groups(module: Module, names: list[str]) -> list[list[str]]:
    """Split `names` into one command for all that Go names as we do, and one for each other."""
    plain = [name for name in names if module.packages[name].rsplit("/", 1)[-1] == name]
    return ([plain] if plain else []) + [[name] for name in names if name not in plain]


def build(names: Iterable[str], progress: Progress = be_silent, *, cache: Path | None = None) -> dict[str, Path]:
    """Return the path of each binary in `names`, building those that the cache lacks.

    Two builders may ask for the same at once: one builds, the other waits and takes its result.
    """
    wanted = list(dict.fromkeys(names))
    unknown = [name for name in wanted if module_of(name) is None]
    if unknown:
        known = ", ".join(sorted(name for module in MODULES for name in module.packages))
        raise BuildError(f"no pinned module builds {', '.join(unknown)}.", hint=f"There are: {known}.")
    paths: dict[str, Path] = {}
    for module in MODULES:
        own = [name for name in wanted if name in module.packages]
        if own:
            paths |= build_module(module, own, progress, cache=cache)
    return paths


def build_module(
    module: Module, names: Iterable[str], progress: Progress = be_silent, *, cache: Path | None = None
) -> dict[str, Path]:
    """Return the path of each of `names`, binaries of one module, building those that the cache lacks."""
    own = list(names)
    target = folder_of(module, cache=cache)
    if any(not (target / name).exists() for name in own):
        waiting = f"waiting for another build of {module.name}"
        with hold(target.parent / f".{target.name}.lock", waiting=waiting, progress=progress):
            missing = [name for name in own if not (target / name).exists()]
            if missing:
                _build_missing(module, missing, target, find_go(progress, cache=cache), progress)
    return {name: target / name for name in own}


def parse_helm_version(text: str) -> tuple[int, int] | None:
    """Return major and minor of what `helm version --short` prints, or None."""
    match = re.match(r"v(\d+)\.(\d+)\.", text.strip())
    return (int(match[1]), int(match[2])) if match else None


def find_helm(progress: Progress = be_silent, *, cache: Path | None = None) -> Path:
    """Return the helm on PATH when it is >= 3.18 and < 5, else the pinned one, built when the cache lacks it."""
    on_path = shutil.which("helm")
    if on_path:
        answer = subprocess.run([on_path, "version", "--short"], capture_output=True, text=True, check=False)
        version = parse_helm_version(answer.stdout) if answer.returncode == 0 else None
        if version is not None and HELM_MINIMUM <= version < HELM_LIMIT:
            return Path(on_path)
        progress(f"{on_path} is not a supported helm (>= 3.18 and < 5): using the pinned one")
    return build(["helm"], progress, cache=cache)["helm"]
