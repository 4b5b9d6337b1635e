"""Our reading of values against helm's, case by case: what is alike, what one side refuses, what differs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.adapters.helm_echo import SHOW, Refused, ask, is_same, read_documents, write_chart
from tests.adapters.odd_settings import draw_below, draw_setting, write_files
from tests.adapters.odd_values import draw_values, write_document
from tooling.adapters.documents_yaml import YamlDocuments
from tooling.core.assigning import assign
from tooling.core.assignment import FLAGS, Setting, read_assignments
from tooling.core.coalescing import ChartValues, coalesce_chart
from tooling.core.values import Values, merge
from tooling.errors import ValuesError

STRICTER = (
    "is there twice", "is not allowed in values", "another document begins", "lines with %", "a key must be text",
    "does not take as a key", "far more than it holds", "a tag without a value", "question mark needs quotes",
    "no number that Helm can hand on",
    # what PyYAML's parser refuses and Go's takes, all of it broken
    "scanning a tag", "parsing a tag", "found unknown escape character", "text follows the end",
    "scanning a plain scalar found unexpected ':'",
    "is not closed before the next document",
    # settings
    "a key is empty", "Helm drops an empty value", "JSON object comes more",
)  # fmt: skip
"""Why we refuse what helm takes: it means something else than it looks, or helm drops a part of it."""

BATCH = 40
LARGE = 300_000
"""Characters of a found file that is not worth its time."""


@dataclass
class Score:
    """How many cases ended how, and those that differ as text."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def judge(self, case: Any, ours: Any, helms: Any) -> None:
        """Count one case."""
        if isinstance(ours, Refused) and isinstance(helms, Refused):
            self.counts["refused by both"] += 1
        elif isinstance(ours, Refused) and any(reason in ours.reason for reason in STRICTER):
            self.counts["refused by us on purpose"] += 1
        elif not isinstance(ours, Refused) and not isinstance(helms, Refused) and is_same(ours, helms):
            self.counts["alike"] += 1
        else:
            self.counts["different"] += 1
            self.differences.append(f"{case!r}\n  ours: {ours}\n  helm: {helms}")


def duel_documents(helm: str, folder: Path, seed: int, count: int, score: Score) -> None:
    """Read random documents on both sides."""
    random = Random(seed)
    documents = [write_document(random) for _ in range(count)]
    file = folder / "case.yaml"
    for text, helms in zip(documents, read_documents(helm, folder / "documents", documents), strict=True):
        file.write_bytes(text.encode())
        ours: Any
        try:
            ours = YamlDocuments().read(file).values
        except ValuesError as error:
            ours = Refused(error.findings[0].message)
        score.judge(text, ours, helms)


def duel_files(helm: str, folder: Path, files: Sequence[Path], score: Score) -> None:
    """Read files as they are found on both sides."""
    known = [(file, text) for file in files if (text := _read_text(file)) is not None]
    answers = read_documents(helm, folder / "files", [text for _, text in known])
    for (file, _), helms in zip(known, answers, strict=True):
        ours: Any
        try:
            ours = YamlDocuments().read(file).values
        except ValuesError as error:
            ours = Refused(error.findings[0].message)
        score.judge(str(file), ours, helms)


def _read_text(file: Path) -> str | None:
    content = file.read_bytes()
    try:
        return content.decode() if len(content) < LARGE else None
    except UnicodeDecodeError:
        return None


def duel_layers(helm: str, folder: Path, seed: int, count: int, score: Score) -> None:
    """Lay two random files over charts with subcharts; each case is a subchart of its own."""
    random = Random(seed)
    for start in range(0, count, BATCH):
        names = [f"c{number}" for number in range(start, min(start + BATCH, count))]
        top = ChartValues({}, {name: _draw_chart(random) for name in names})
        layers = [{name: draw_values(random) for name in names} for _ in range(2)]
        chart = _write_charts(folder / f"layers{start}", "top", top)
        (chart / "templates" / "echo.yaml").write_text(SHOW)
        answer = ask(helm, chart, *_write_layers(folder, layers))
        assert not isinstance(answer, Refused), answer.reason
        ours = coalesce_chart(top, merge(*layers))
        for name in names:
            case = (top.subcharts[name], layers[0][name], layers[1][name])
            score.judge(case, ours[name], answer[0][name])


def duel_settings(helm: str, folder: Path, seed: int, count: int, score: Score, *, alone: int = 0) -> None:
    """Make random settings on both sides; of those that we refuse, helm is asked about the first `alone`."""
    random = Random(seed)
    write_files(folder)
    chart = write_chart(folder / "settings")
    below = {f"c{number}": draw_below(random) for number in range(count)}
    files = _write_layers(folder, [below])
    ours: dict[str, Any] = {}
    taken: list[Setting] = []
    for name, values in below.items():
        drawn = [draw_setting(random, name, folder) for _ in range(random.choice([1, 1, 2, 3]))]
        ours[name] = {name: values}
        for setting in sorted(drawn, key=lambda one: FLAGS.index(one.flag)):
            made = _make(ours[name], setting)
            if not isinstance(made, Refused):
                ours[name] = made
                taken.append(setting)
            elif alone:
                alone -= 1
                so_far = [one for one in taken if one.text.startswith(f"{name}.")]
                score.judge(setting, made, _ask_settings(helm, chart, files, [*so_far, setting]))
    refused = list(_find_refused(helm, chart, files, taken))
    for setting in refused:
        score.judge(setting, "taken", Refused("alone"))
    if not refused:
        answer = _ask_settings(helm, chart, files, taken)
        for name, values in ours.items():
            case = [str(one.text) for one in taken if one.text.startswith(f"{name}.")]
            score.judge((below[name], case), values[name], answer[name])


def _draw_chart(random: Random, depth: int = 0) -> ChartValues:
    values = draw_values(random, has_nulls=False)
    subcharts = {"s": _draw_chart(random, depth + 1)} if depth < 2 and random.random() < 0.8 else {}
    return ChartValues(values, subcharts)


def _write_charts(folder: Path, name: str, chart: ChartValues) -> Path:
    write_chart(folder, json.dumps(chart.values), template="", name=name)
    needs = [{"name": one, "version": "0.1.0"} for one in chart.subcharts]
    about = {"apiVersion": "v2", "name": name, "version": "0.1.0", "dependencies": needs}
    (folder / "Chart.yaml").write_text(json.dumps(about))
    for inner, subchart in chart.subcharts.items():
        _write_charts(folder / "charts" / inner, inner, subchart)
    return folder


def _write_layers(folder: Path, layers: Sequence[Values]) -> list[str]:
    arguments = []
    for number, values in enumerate(layers):
        file = folder / f"layer{number}.yaml"
        file.write_text(json.dumps(values))
        arguments += ["-f", str(file)]
    return arguments


def _make(values: Values, setting: Setting) -> Any:
    def read(name: str) -> str:
        try:
            return YamlDocuments().read_text(Path(name))
        except ValuesError as error:
            raise ValueError(error.message) from error

    try:
        return assign(values, read_assignments(setting, read))
    except ValueError as error:
        return Refused(str(error))


def _ask_settings(helm: str, chart: Path, files: Sequence[str], settings: Sequence[Setting]) -> Any:
    """Ask with the flags in the reverse of the order in which helm applies them."""
    given = sorted(settings, key=lambda one: -FLAGS.index(one.flag))
    arguments = [part for setting in given for part in (setting.flag, setting.text)]
    answer = ask(helm, chart, *files, *arguments)
    return answer if isinstance(answer, Refused) else answer[0]


def _find_refused(helm: str, chart: Path, files: Sequence[str], settings: Sequence[Setting]) -> Iterator[Setting]:
    """Find the settings that helm refuses by halving."""
    if not settings or not isinstance(_ask_settings(helm, chart, files, settings), Refused):
        return
    if len(settings) == 1:
        yield settings[0]
        return
    middle = len(settings) // 2
    for half in (settings[:middle], settings[middle:]):
        yield from _find_refused(helm, chart, files, half)


def show(score: Score) -> Mapping[str, int]:
    """Return the counts, sorted by name."""
    return dict(sorted(score.counts.items()))
