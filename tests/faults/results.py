"""What trials gave: one line of JSON each, so that a long campaign can be stopped and go on, and a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.campaign import SCENARIOS, Case, name_of
from tests.faults.reactions import BY_NAME
from tests.faults.trial import Ended

_COLUMNS = ("scenario", "fault", "points", "went on", "resumed", "aborted", "finished", "backed out", "violations")


@dataclass(frozen=True, slots=True)
class Result:
    """How one trial ended; `history` (its writes and all output) is kept only where a promise was broken."""

    case: str
    scenario: str
    fault: str
    at: str
    how: str
    phase: str
    exits: tuple[int, ...]
    broken: tuple[str, ...] = ()
    history: str = ""

    def __str__(self) -> str:
        verdict = f"BROKEN {self.broken[0]}" if self.broken else "ok"
        return f"{self.case}: {self.how}, {self.phase} {list(self.exits)}: {verdict}"


def make_result(case: Case, ended: Ended, *, has_history: bool) -> Result:
    """Keep of a trial what is told of it."""
    history = "\n".join((*(f"    {write}" for write in ended.writes), ended.output))
    return Result(
        str(case),
        case.scenario,
        name_of(case.reaction),
        str(ended.struck or "not reached").strip(),
        ended.how,
        ended.phase,
        tuple(ended.exits),
        tuple(ended.broken),
        history if has_history or ended.broken else "",
    )


def read_results(file: Path) -> list[Result]:
    """Return what an earlier run kept; nothing where there is no file."""
    if not file.exists():
        return []
    found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Result(**{**one, "exits": tuple(one["exits"]), "broken": tuple(one["broken"])}) for one in found]


def keep_result(file: Path, result: Result) -> None:
    """Add one result."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{json.dumps(asdict(result))}\n")


def write_table(results: Sequence[Result]) -> str:
    """Return a table by scenario and class: how many points, how they ended, how many broke a promise."""
    rows = [_write_row(_COLUMNS), "|---" * len(_COLUMNS) + "|"]
    for scenario in SCENARIOS:
        for fault in BY_NAME:
            found = [one for one in results if (one.scenario, one.fault) == (scenario, fault)]
            rows += [_write_row(_count(scenario, fault, found))] if found else []
    return "\n".join(rows)


def _count(scenario: str, fault: str, found: Sequence[Result]) -> tuple[object, ...]:
    how = Counter(one.how for one in found)
    return (
        scenario,
        fault,
        len(found),
        how["went on"],
        how["resumed"] + how["begun again"],
        how["aborted"],
        sum(one.phase in {"Succeeded", "RolledBack"} for one in found),
        sum(one.phase == "Aborted" for one in found),
        sum(bool(one.broken) for one in found),
    )


def _write_row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
