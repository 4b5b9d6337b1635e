"""Where a checkout keeps its chart and values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of the repository; pure paths."""

    root: Path

    @property
    def chart(self) -> Path:
        """The umbrella chart."""
        return self.root / "charts" / "genai-stack"

    @property
    def schema(self) -> Path:
        """The schema of the chart's values."""
        return self.chart / "values.schema.json"

    @property
    def environments(self) -> Path:
        """One values file per environment."""
        return self.root / "values"

    @property
    def profiles(self) -> Path:
        """One values file per kind of cluster."""
        return self.root / "values" / "profiles"
