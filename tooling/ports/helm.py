"""Helm: renders the chart and keeps releases. Every call is bounded in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tooling.core.manifests import Manifest
from tooling.core.observation import ReleaseState

Values = Mapping[str, Any]

__all__ = [
    "PLAIN",
    "ChartInfo",
    "Helm",
    "Installed",
    "Manifest",
    "ReleaseSize",
    "RenderSettings",
    "Rendered",
    "Values",
]


@dataclass(frozen=True, slots=True)
class ChartInfo:
    """A chart on disk: its name, version, and a digest over every file that counts."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How to render: hooks too, and for which cluster; no `kube_version` is that of the port's own choice."""

    has_hooks: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


PLAIN = RenderSettings()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One manifest, the file it came from (`genai-stack/charts/gateway/templates/service.yaml`), and its text."""

    manifest: Manifest
    source: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """What a release put into the cluster: its deployed revision, hooks aside."""

    state: ReleaseState
    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class ReleaseSize:
    """Bytes of the Secret that Helm keeps a release in; `parts` are packed alone, the largest first."""

    size: int
    parts: Mapping[str, int] = field(default_factory=dict)


class Helm(Protocol):
    """Raises HelmError with helm's own reason; UnavailableError when a call ran out of time."""

    def read_chart(self) -> ChartInfo:
        """Describe the chart that this port installs."""
        ...

    def render(self, release: str, values: Values, *, has_hooks: bool = False) -> tuple[Manifest, ...]:
        """Return the manifests that an install of `release` would apply, in Helm's order; hooks only if asked."""
        ...

    def template(self, release: str, values: Values, settings: RenderSettings = PLAIN) -> tuple[Rendered, ...]:
        """Return what `render` does, with where each manifest came from."""
        ...

    def read_installed(self, release: str) -> Installed | None:
        """Return the newest revision that was deployed (where none was, the newest); None without a release."""
        ...

    def read_manifests(self, release: str, revision: int) -> tuple[Manifest, ...]:
        """Return the manifests of one revision, hooks aside; none where helm does not keep it any more."""
        ...

    def read_values(self, release: str) -> Values | None:
        """Return the values that the newest revision was made with; None without a release."""
        ...

    def read_release(self, release: str) -> ReleaseState | None:
        """Return the newest revision, whatever its status; None where no such release exists."""
        ...

    def measure_release(self, release: str, values: Values) -> ReleaseSize:
        """Return how large the Secret of `release` would be with these values; nothing is written."""
        ...

    def upgrade(self, release: str, values: Values, *, description: str) -> ReleaseState:
        """Install or upgrade without waiting for pods; the description is kept with the revision."""
        ...

    def rollback(self, release: str, revision: int) -> None:
        """Make a new revision out of an old one."""
        ...

    def test(self, release: str) -> None:
        """Run the tests that a release brings and wait for them, minutes at most.

        Raises HelmError with the reason of one that failed; nothing happens where it brings none.
        """
        ...

    def uninstall(self, release: str) -> None:
        """Remove the release; nothing happens where there is none."""
        ...
