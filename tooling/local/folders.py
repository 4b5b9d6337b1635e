"""Where things lie: this checkout, the user's cache, and the state of one cluster. Pure paths, no effects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STATE_ROOT = Path("/var/lib/genai-stack/clusters")
"""Where root's clusters are."""


def cache_root() -> Path:
    """Return the user's cache folder, `${XDG_CACHE_HOME:-~/.cache}/genai-stack`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "genai-stack"


def state_root() -> Path:
    """Return where this user's clusters are; not for root that is below `${XDG_STATE_HOME:-~/.local/state}`."""
    if os.geteuid() == 0:
        return STATE_ROOT
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "genai-stack" / "clusters"


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """Everything that one cluster keeps on disk lies below `root`, except its lock."""

    name: str
    root: Path

    @classmethod
    def of(cls, name: str) -> ClusterFolder:
        """Return the folder of this user's cluster `name`."""
        return cls(name=name, root=state_root() / name)

    @property
    def lock(self) -> Path:
        """The file that `up` and `down` of this cluster lock."""
        return self.root.parent / f".{self.name}.lock"

    @property
    def record(self) -> Path:
        """What `up` asked for and where it runs (JSON)."""
        return self.root / "cluster.json"

    @property
    def status(self) -> Path:
        """What the supervisor last saw of its components (JSON)."""
        return self.root / "status.json"

    @property
    def plan(self) -> Path:
        """What the supervisor has to start (JSON)."""
        return self.root / "plan.json"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.root / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One log per component."""
        return self.root / "logs"

    @property
    def certificates(self) -> Path:
        """Keys and certificates, readable by root only."""
        return self.root / "pki"

    @property
    def config(self) -> Path:
        """Configuration files and kubeconfigs of the components."""
        return self.root / "config"

    @property
    def objects(self) -> Path:
        """Kubernetes objects that are applied at the start, in order of their names."""
        return self.root / "objects"

    @property
    def data(self) -> Path:
        """Data of etcd, containerd and kubelet."""
        return self.root / "data"

    @property
    def volumes(self) -> Path:
        """The folders behind the persistent volumes."""
        return self.root / "volumes"

    @property
    def images(self) -> Path:
        """Values with the tags of the images that were built for it."""
        return self.root / "images.yaml"

    @property
    def loaded(self) -> Path:
        """Which archives were imported (JSON)."""
        return self.root / "loaded.json"

    @property
    def containerd_socket(self) -> Path:
        """Containerd's API."""
        return self.root / "containerd.sock"

    @property
    def cgroup(self) -> str:
        """The cgroup, below each hierarchy's root, that holds all pods of this cluster."""
        return f"genai-stack-{self.name}"
