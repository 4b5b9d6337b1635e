"""The pinned Go modules below `tools/` and what is built from each. Pure: text in, values out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tooling.local.folders import CHECKOUT


@dataclass(frozen=True, slots=True)
class Module:
    """One Go module of ours. `packages` maps the name of a binary to the package it is built from."""

    name: str
    folder: Path
    packages: Mapping[str, str]
    flags: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda _versions: {}
    tags: str = ""
    """Build tags, separated by commas."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files whose content decides what is built."""
        found = [self.folder / "go.mod", self.folder / "go.sum", *sorted(self.folder.glob("*.go"))]
        return tuple(path for path in found if path.exists())


def parse_requirements(go_mod: str) -> dict[str, str]:
    """Return the version of every module that a go.mod requires."""
    return dict(re.findall(r"^\s*(?:require\s+)?([\w.~/-]+\.[\w./~-]+) (v\d\S*)", go_mod, flags=re.MULTILINE))


def _kubernetes_flags(versions: Mapping[str, str]) -> Mapping[str, str]:
    version = versions["k8s.io/kubernetes"]
    major, minor, _ = version.removeprefix("v").split(".", 2)
    return {
        f"k8s.io/{package}.{variable}": value
        for package in ("component-base/version", "client-go/pkg/version")
        for variable, value in {
            "gitVersion": version,
            "gitMajor": major,
            "gitMinor": minor,
            "gitTreeState": "clean",
        }.items()
    }


def _helm_flags(versions: Mapping[str, str]) -> Mapping[str, str]:
    # Helm takes the Kubernetes release that it was built for from its client-go: v0.N is Kubernetes 1.N.
    minor = versions["k8s.io/client-go"].split(".")[1]
    capabilities = {
        f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}": value
        for package in ("chartutil", "lint/rules")
        for part, value in {"Major": "1", "Minor": minor}.items()
    }
    return capabilities | {
        "helm.sh/helm/v3/internal/version.version": versions["helm.sh/helm/v3"],
        "helm.sh/helm/v3/internal/version.gitTreeState": "clean",
    }


def _helm4_flags(versions: Mapping[str, str]) -> Mapping[str, str]:
    # Helm 4 reads the Kubernetes release that it was built for from the build information by itself.
    return {
        "helm.sh/helm/v4/internal/version.version": versions["helm.sh/helm/v4"],
        "helm.sh/helm/v4/internal/version.gitTreeState": "clean",
    }


def _traefik_flags(versions: Mapping[str, str]) -> Mapping[str, str]:
    version = versions["github.com/traefik/traefik/v3"].removeprefix("v")
    return {"github.com/traefik/traefik/v3/pkg/version.Version": version}


def _keda_flags(versions: Mapping[str, str]) -> Mapping[str, str]:
    version = versions["github.com/kedacore/keda/v2"].removeprefix("v")
    return {"github.com/kedacore/keda/v2/version.Version": version}


_TOOLS = CHECKOUT / "tools"
_KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")

MODULES: Final = (
    Module(
        "kubernetes",
        _TOOLS / "kubernetes",
        {name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES} | {"etcd": "go.etcd.io/etcd/server/v3"},
        _kubernetes_flags,
    ),
    Module("edge", _TOOLS / "edge", {"traefik": "github.com/traefik/traefik/v3/cmd/traefik"}, _traefik_flags),
    Module("coredns", _TOOLS / "coredns", {"coredns": "github.com/coredns/coredns"}),
    Module("helm", _TOOLS / "helm", {"helm": "helm.sh/helm/v3/cmd/helm"}, _helm_flags),
    Module(
        "weaviate",
        _TOOLS / "weaviate",
        {"weaviate": "github.com/weaviate/weaviate/cmd/weaviate-server"},
    ),
    Module("pause", CHECKOUT / "images" / "pause", {"pause": "."}),
    Module("kwok", _TOOLS / "kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),
    Module("helm4", _TOOLS / "helm4", {"helm4": "helm.sh/helm/v4/cmd/helm"}, _helm4_flags),
    Module(
        "kube-score",
        _TOOLS / "kube-score",
        {"kube-score": "github.com/zegl/kube-score/cmd/kube-score"},
        lambda versions: {"main.version": versions["github.com/zegl/kube-score"].removeprefix("v")},
    ),
    Module(
        "kubeconform",
        _TOOLS / "kubeconform",
        {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"},
        lambda versions: {"main.version": versions["github.com/yannh/kubeconform"]},
    ),
    Module(
        "prometheus",
        _TOOLS / "prometheus",
        {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
        tags="remove_all_sd",  # no clouds: their clients are most of what would be compiled
    ),
    Module(
        "metrics-adapter",
        _TOOLS / "metrics-adapter",
        {"prometheus-adapter": "sigs.k8s.io/prometheus-adapter/cmd/adapter"},
    ),
    Module(
        "keda",
        _TOOLS / "keda",
        {
            name: f"github.com/kedacore/keda/v2/cmd/{name.removeprefix('keda-')}"
            for name in ("keda-operator", "keda-adapter")
        },
        _keda_flags,
    ),
)


def ldflags(module: Module) -> str:
    """Return the linker flags of `module`: no symbols, no debug data, and the versions that go.mod pins."""
    versions = parse_requirements((module.folder / "go.mod").read_text())
    stamps = [f"-X {name}={value}" for name, value in sorted(module.flags(versions).items())]
    return " ".join(["-s", "-w", *stamps])


COMPILER_FLAGS: Final = "all=-dwarf=false"
"""Debug data that the linker would drop is not made at all: 6 % less time. The same for every module, because Go's
cache shares a compiled package between modules only when version and flags agree."""


def content_hash(parts: Mapping[str, bytes]) -> str:
    """Return 12 hex digits that change whenever a name or a content in `parts` changes."""
    digest = hashlib.sha256()
    for name, content in sorted(parts.items()):
        digest.update(f"{len(name)}:{name}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def module_key(module: Module, machine: str) -> str:
    """Return the name of the cache folder that holds what is built from `module` for `machine`."""
    parts = {path.name: path.read_bytes() for path in module.files}
    parts |= {
        "ldflags": ldflags(module).encode(),
        "gcflags": COMPILER_FLAGS.encode(),
        "machine": machine.encode(),
    }
    if module.tags:
        parts["tags"] = module.tags.encode()
    return f"{module.name}-{content_hash(parts)}"


def module_of(binary: str) -> Module | None:
    """Return the module that `binary` is built from, or None when we build no such thing."""
    return next((module for module in MODULES if binary in module.packages), None)
