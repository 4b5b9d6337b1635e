"""Load the values of an environment: chart < profile < environment < -f < --set (design section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tooling.app.project import Project
from tooling.app.settings import apply_settings
from tooling.core.assignment import Setting
from tooling.core.coalescing import ChartValues, coalesce_chart
from tooling.core.finding import Finding
from tooling.core.literals import is_expected
from tooling.core.values import KeyPath, Layer, Layered, Origin, Values, find_origins, layer, pick, table
from tooling.errors import UsageError, ValuesError
from tooling.ports.documents import Documents


@dataclass(frozen=True, slots=True)
class ValuesRequest:
    """Which values are asked for: what --env, --profile, -f and --set with its sisters say.

    `sets` are made in their order; a bare text stands for a --set.
    """

    env: str
    profile: str = ""
    files: tuple[Path, ...] = ()
    sets: tuple[Setting | str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedValues:
    """`values` is what helm is given, `effective` has the chart's defaults under it; origins cover both.

    `warnings` name what Helm reads otherwise than a person means, in the user's own layers. `layers` are all
    files, the lowest first; what flags set is in `values` and `origins` alone.
    """

    environment: str
    values: Values
    effective: Values
    origins: Mapping[KeyPath, Origin]
    chart_layers: frozenset[str] = frozenset()
    profile_layers: frozenset[str] = frozenset()
    warnings: tuple[Finding, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def layered(self) -> Layered:
        """The effective values with who set what."""
        return Layered(self.effective, self.origins)

    @property
    def instance(self) -> str:
        """Name of the instance."""
        return str(pick(self.effective, "rollout", "instance") or "genai")


def load_values(documents: Documents, project: Project, request: ValuesRequest) -> LoadedValues:
    """Read and merge all layers.

    Raises UsageError for an environment or profile that does not exist and for a setting that cannot be read;
    ValuesError with the findings of all unreadable files together.
    """
    chosen = []
    if request.profile:
        chosen.append(_choose(documents, project.profiles, request.profile, "profile"))
    chosen.append(_choose(documents, project.environments, request.env, "environment"))
    defaults, layers = _read_all(documents, project, [*chosen, *request.files])
    umbrella, *subcharts = defaults
    chart = ChartValues(
        umbrella.values,
        {name: ChartValues(table(one.values, name), {}) for one in subcharts for name in one.values},
    )
    own, warnings = apply_settings(documents, layer(layers), request.sets)
    below = coalesce_chart(chart, {}, hands_down=False)
    return LoadedValues(
        environment=request.env,
        values=own.values,
        effective=coalesce_chart(chart, own.values, hands_down=False),
        origins={**layer(subcharts).origins, **find_origins(umbrella), **own.origins},
        chart_layers=frozenset(one.name for one in defaults),
        profile_layers=frozenset(one.name for one in layers[: len(chosen) - 1]),
        warnings=(*_find_surprises(layers, below), *warnings),
        layers=(*subcharts, umbrella, *layers),
    )


def _find_surprises(layers: Iterable[Layer], defaults: Values) -> Iterable[Finding]:
    """Find literals that Helm reads otherwise than a person means, but where the default is of the kind read."""
    for one in layers:
        for path, finding in one.warnings:
            if not is_expected(finding.rule, pick(one.values, *path), pick(defaults, *path)):
                yield finding


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
