"""Definitions of custom kinds, out of the Go modules of their projects; each module is pinned by its hash.

They are copied into the user's cache, so that afterwards neither Go nor a network is needed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tooling.local.errors import BuildError
from tooling.local.folders import CHECKOUT, cache_root
from tooling.local.locks import hold
from tooling.local.modules import content_hash
from tooling.local.progress import be_silent
from tooling.local.toolchain import find_go, go_environment

if TYPE_CHECKING:
    from tooling.local.progress import Progress
    from tooling.local.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Source:
    """A Go module that carries definitions as YAML. `sum` is what Go says of its content."""

    module: str
    version: str
    sum: str
    files: tuple[str, ...]

    @property
    def key(self) -> str:
        """A name for the folder of its copies, another for every version and choice of files."""
        parts = {"sum": self.sum.encode(), "files": "\n".join(self.files).encode()}
        return f"{self.module.split('/')[1]}-{self.version}-{content_hash(parts)}"


def find_pinned(tool: str, module: str, *files: str) -> Source:
    """Return a module in the version that one of our own pinned modules uses."""
    lines = (CHECKOUT / "tools" / tool / "go.sum").read_text(encoding="utf-8").splitlines()
    name, version, total = next(
        line.split() for line in lines if line.startswith(f"{module} ") and "/go.mod " not in line
    )
    return Source(name, version, total, files)


_GATEWAY_KINDS: Final = (
    "gatewayclasses",
    "gateways",
    "httproutes",
    "grpcroutes",
    "referencegrants",
    "backendtlspolicies",
)
CUSTOM: Final = (
    Source(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        tuple(
            f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
            for kind in ("podmonitors", "prometheusrules", "servicemonitors")
        ),
    ),
    Source(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        ("config/crd/bases/keda.sh_scaledobjects.yaml",),
    ),
    Source(
        "github.com/cert-manager/cert-manager",
        "v1.21.2",
        "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        ("deploy/crds/cert-manager.io_certificates.yaml",),
    ),
)
"""What the chart can ask for besides the Gateway API. Nobody in an embedded cluster acts on these kinds."""


def gateway_sources() -> tuple[Source, ...]:
    """Return the Gateway API (standard channel) as the pinned edge knows it."""
    folder = "config/crd/standard/gateway.networking.k8s.io_{}.yaml"
    return (find_pinned("edge", "sigs.k8s.io/gateway-api", *map(folder.format, _GATEWAY_KINDS)),)


def provide(
    sources: tuple[Source, ...], progress: Progress = be_silent, *, cache: Path | None = None
) -> tuple[Path, ...]:
    """Return the files of `sources`, fetching what the cache lacks. Raises BuildError when that cannot be done."""
    root = (cache or cache_root()) / "definitions"
    found: list[Path] = []
    for source in sources:
        target = root / source.key
        if not target.exists():
            with hold(root / f".{source.key}.lock", progress=progress):
                if not target.exists():
                    progress(f"fetching definitions of {source.module} {source.version}")
                    _copy(source, fetch(source, find_go(progress, cache=cache)), target)
        found += [target / Path(file).name for file in source.files]
    return tuple(found)


def fetch(source: Source, go: Toolchain) -> Path:
    """Return the module's folder in Go's own cache. Its hash is compared here: no checksum database is asked."""
    environment = go_environment() | {"GOFLAGS": "-mod=mod", "GONOSUMDB": "*", "GOSUMDB": "off"}
    command = [str(go.command), "mod", "download", "-json", f"{source.module}@{source.version}"]
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        raise BuildError(
            f"{source.module} {source.version} cannot be fetched: {answer.get('Error') or done.stderr.strip()}",
            hint="Check the network, or name a reachable module proxy in GOPROXY.",
        )
    if answer["Sum"] != source.sum:
        raise BuildError(
            f"{source.module} {source.version} is not what is pinned: {answer['Sum']}, expected {source.sum}.",
            hint="Somebody changed the module on its way: do not use this module proxy.",
        )
    return Path(answer["Dir"])


def _copy(source: Source, module: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        copy = Path(scratch) / "definitions"
        copy.mkdir()
        for file in source.files:
            shutil.copyfile(module / file, copy / Path(file).name)
        copy.rename(target)
