"""Load the values of an environment: chart < profile < environment < -f < --set (design section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tooling.app.project import Project
from tooling.core.assignment import assign, read_assignments
from tooling.core.finding import Finding
from tooling.core.values import KeyPath, Layer, Layered, Origin, Values, coalesce, find_origins, layer
from tooling.errors import UsageError, ValuesError
from tooling.ports.documents import Documents


@dataclass(frozen=True, slots=True)
class ValuesRequest:
    """Which values are asked for: what --env, --profile, -f and --set say."""

    env: str
    profile: str = ""
    files: tuple[Path, ...] = ()
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedValues:
    """`values` is what helm is given, `effective` has the chart's defaults under it; origins cover both."""

    environment: str
    values: Values
    effective: Values
    origins: Mapping[KeyPath, Origin]
    chart_layers: frozenset[str] = frozenset()

    @property
    def layered(self) -> Layered:
        """The effective values with who set what."""
        return Layered(self.effective, self.origins)

    @property
    def instance(self) -> str:
        """Name of the instance."""
        return str((self.effective.get("rollout") or {}).get("instance") or "genai")


def load_values(documents: Documents, project: Project, request: ValuesRequest) -> LoadedValues:
    """Read and merge all layers.

    Raises UsageError for an environment or profile that does not exist and for a `--set` that cannot be read;
    ValuesError with the findings of all unreadable files together.
    """
    chosen = []
    if request.profile:
        chosen.append(_choose(documents, project.profiles, request.profile, "profile"))
    chosen.append(_choose(documents, project.environments, request.env, "environment"))
    defaults, layers = _read_all(documents, project, [*chosen, *request.files])
    subcharts = layer(defaults[1:])
    chart = coalesce(subcharts.values, defaults[0].values)
    own = layer(layers)
    values: dict[str, Any] = dict(own.values)
    origins = {**subcharts.origins, **find_origins(defaults[0]), **own.origins}
    for text in request.sets:
        values = _apply_set(values, origins, text)
    return LoadedValues(
        environment=request.env,
        values=values,
        effective=coalesce(chart, values),
        origins=origins,
        chart_layers=frozenset(one.name for one in defaults),
    )


def _choose(documents: Documents, folder: Path, name: str, kind: str) -> Path:
    known = documents.find(folder)
    if name not in known:
        there = f"There are: {', '.join(sorted(known))}." if known else f"There is none in {folder}."
        raise UsageError(f"there is no {kind} {name!r}.", hint=there)
    return known[name]


def _read_all(
    documents: Documents, project: Project, files: Iterable[Path]
) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """Return the chart's layers (umbrella first, then subcharts under their names) and the user's."""
    findings: list[Finding] = []

    def read(file: Path) -> Layer:
        try:
            return documents.read(file)
        except ValuesError as error:
            findings.extend(error.findings)
            return Layer(str(file), {})

    umbrella = read(project.chart / "values.yaml")
    folders = documents.find_folders(project.chart / "charts")
    subcharts = [(name, documents.find(folder).get("values")) for name, folder in folders.items()]
    nested = tuple(_put_under(name, read(file)) for name, file in subcharts if file)
    own = tuple(read(file) for file in files)
    if findings:
        count = len({finding.file for finding in findings})
        what = "a values file" if count == 1 else f"{count} values files"
        raise ValuesError(f"{what} cannot be used.", findings=findings)
    return (umbrella, *nested), own


def _put_under(name: str, one: Layer) -> Layer:
    """Move a subchart's own defaults to where the umbrella sees them."""
    return Layer(one.name, {name: one.values}, {(name, *path): mark for path, mark in one.marks.items()})


def _apply_set(values: Values, origins: dict[KeyPath, Origin], text: str) -> dict[str, Any]:
    """Set what one `--set` says; the value is not repeated anywhere, it may be one that others should not see."""
    changed = dict(values)
    try:
        for one in read_assignments(text):
            changed = assign(changed, one)
            for path in [path for path in origins if path[: len(one.path)] == one.path]:
                del origins[path]
            origins[one.path] = Origin(f"--set {text.split('=', maxsplit=1)[0]}")
    except ValueError as error:
        key = text.split("=", maxsplit=1)[0]
        raise UsageError(f"--set {key}: {error}.", hint="Write it as --set gateway.replicas=2") from error
    return changed
