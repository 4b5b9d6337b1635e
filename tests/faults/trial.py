"""One trial: an instance of its own, one rollout with one fault in it, its end, and what was promised."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.gateways import Gateways
from tests.faults.history import Write
from tests.faults.processes import Command, Zygote
from tests.faults.project import INSTANCE, SECRET, Project, make_values
from tests.faults.promises import find_broken, find_leaks
from tests.faults.proxy import Door
from tests.faults.reactions import MAY_BACK_OUT, SPOILS_HELM, WRITERS, kill_before, kill_twice
from tests.faults.stand import Grounds, Picture, Stand, compare, take_picture
from tests.faults.wire import Reaction, Wire

TERMINAL = {"Succeeded": 0, "RolledBack": 0, "Aborted": 3, "Failed": 4}
PATIENCE = 60.0
"""Seconds that a command may take; a whole rollout takes a few."""

_MOST_COMMANDS = 4
_NOT_DONE = 2
_SECOND_KILL = 7
"""The one who goes on is killed at one of its first writes."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command on a stand, and how it ends when nothing breaks. `bad` is a slot whose new version fails."""

    name: str
    stand: str
    arguments: tuple[str, ...]
    version: str
    ends: str
    bad: str = ""
    rollout: Mapping[str, Any] = field(default_factory=dict)
    from_phase: str = ""
    """Writes before that phase are no points: another scenario has them."""


@dataclass(slots=True)
class Ended:
    """How a trial ended. `how` is one word for the table, `broken` what must not be."""

    writes: Sequence[Write]
    picture: Picture
    how: str = ""
    phase: str = ""
    exits: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    output: str = ""
    struck: Write | None = None

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken


@dataclass(slots=True)
class Bench:
    """What trials run on: a cluster, a zygote, a folder."""

    grounds: Grounds
    zygote: Zygote
    folder: Path
    checkout: Path
    stands: dict[str, Stand] = field(default_factory=dict)

    @contextmanager
    def open_trial(self, namespace: str, gateways: Gateways) -> Iterator[Trial]:
        """Prepare a folder and a proxy for one namespace."""
        folder = self.folder / namespace
        project = Project.make(folder, self.checkout)
        wire = Wire(self.grounds.upstream, namespace, gateways, secrets=(SECRET.encode(),))
        trial = Trial(self.zygote, project, wire)
        try:
            yield trial
        finally:
            trial.close()
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Trial:
    """Commands on one instance, each through a door of its own."""

    zygote: Zygote
    project: Project
    wire: Wire
    doors: list[Door] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def start(self, arguments: Sequence[str], environment: str) -> Command:
        """Begin a command."""
        door = Door(self.wire, len(self.doors) + 1)
        door.open()
        self.doors.append(door)
        config = self.project.write_kubeconfig(f"door{door.number}", door.address, self.wire.namespace)
        full = [
            *arguments,
            *("--env", environment, "--namespace", self.wire.namespace),
            *("--kubeconfig", str(config), "--output", "json"),
        ]
        door.command = self.zygote.start(full, self.project.root, self.project.root / f"{door.number}.log")
        self.commands.append(door.command)
        return door.command

    def run(self, arguments: Sequence[str], environment: str) -> int:
        """Run a command to its end and return its exit code. Raises TimeoutError when it hangs."""
        command = self.start(arguments, environment)
        code = command.wait(PATIENCE)
        if code is None:
            command.kill()
            raise TimeoutError(f"{arguments[0]} did not end within {PATIENCE:.0f} s")
        self.doors[-1].close()
        return code

    def read_output(self) -> str:
        """Return what all commands printed."""
        return "\n".join(command.read_output() for command in self.commands)

    def find_leaks(self) -> list[str]:
        """Return where the planted secret shows."""
        texts = [("the output", self.read_output())]
        texts += [("a command line", line) for command in self.commands for line in command.arguments_seen]
        return [*self.wire.leaks, *find_leaks(texts, SECRET)]

    def close(self) -> None:
        """End what is left."""
        for command in self.commands:
            if not command.ended.is_set():
                command.kill()
        for door in self.doors:
            door.close()


def run_trial(
    bench: Bench,
    scenario: Scenario,
    namespace: str,
    *,
    point: int = 0,
    reaction: Reaction | None = None,
    is_abort: bool = False,
    ends: Mapping[str, Picture] | None = None,
) -> Ended:
    """Run a scenario with a fault at one write, go on (or abort) after it, and judge the end.

    `ends` has the expected picture by phase; without it only the promises on writes are judged.
    """
    stand = bench.stands[scenario.stand]
    bench.grounds.copy(stand, namespace)
    weights = {"blue": 100} if scenario.stand == "first" else {"green": 100}
    gateways = Gateways(INSTANCE, bad=scenario.bad, weights=weights)
    with bench.open_trial(namespace, gateways) as trial:
        trial.wire.point, trial.wire.reaction = point, reaction
        trial.wire.refuses_events = point % 2 == 1  # nothing may hang on them
        trial.project.write_values("trial", make_values(scenario.version, **_options(scenario)))
        ended = Ended(trial.wire.writes, Picture({}, {}))
        try:
            _drive(trial, scenario, ended, reaction, is_abort=is_abort)
        except TimeoutError as error:
            ended.broken.append(f"hangs: {error}")
        ended.phase = str(trial.wire.rollout.get("phase", ""))
        ended.struck = trial.wire.struck.write if trial.wire.struck else None
        ended.picture = take_picture(bench.grounds, namespace)
        ended.broken += find_broken(trial.wire.writes, instance=INSTANCE)
        ended.broken += trial.find_leaks()
        ended.broken += _judge_end(ended, scenario, reaction, ends or {}, is_abort=is_abort)
        ended.output = trial.read_output()
    bench.grounds.remove(namespace)
    return ended


def _options(scenario: Scenario) -> dict[str, Any]:
    return {"rollout": scenario.rollout} if scenario.rollout else {}


def _drive(trial: Trial, scenario: Scenario, ended: Ended, reaction: Reaction | None, *, is_abort: bool) -> None:
    """Run the command, then whatever a person would run until it ended."""
    wire = trial.wire

    def go_on() -> None:
        if not wire.rollout:
            ended.how, arguments = "begun again", scenario.arguments
        elif is_abort:
            ended.how, arguments = "aborted", ("abort",)
        else:
            ended.how, arguments = "resumed", ("resume",)
        ended.exits.append(trial.run(arguments, "trial"))

    wire.rescue = go_on
    code = trial.run(scenario.arguments, "trial")
    ended.exits.append(code)
    ended.how = ended.how or ("went on" if wire.struck else "not reached")
    if reaction is kill_twice and wire.struck:
        wire.point, wire.reaction = wire.count + 1 + wire.point % _SECOND_KILL, kill_before
    while _is_unfinished(trial) and len(ended.exits) < _MOST_COMMANDS:
        go_on()
    wire.reaction = None
    _check_repetition(trial, ended)


def _check_repetition(trial: Trial, ended: Ended) -> None:
    """Going on with what has ended changes nothing (P8)."""
    written = len(trial.wire.writes)
    if not _is_unfinished(trial):
        code = trial.run(("resume",), "trial")
        late = [str(write) for write in trial.wire.writes[written:]]
        if late or code != _NOT_DONE:
            ended.broken.append(f"P8: resume of a finished rollout exits {code} and writes {late}")


def _is_unfinished(trial: Trial) -> bool:
    """Whether the rollout of this trial has not ended; before it began, only the last one's end is recorded."""
    return str(trial.wire.rollout.get("phase", "")) not in TERMINAL


def _judge_end(
    ended: Ended, scenario: Scenario, reaction: Reaction | None, ends: Mapping[str, Picture], *, is_abort: bool
) -> Iterator[str]:
    allowed = {scenario.ends}
    if is_abort or _may_back_out(ended, reaction):
        allowed.add("Aborted")
    if ended.phase not in allowed:
        yield f"ends in {ended.phase or 'nothing recorded'}, not in {' or '.join(sorted(allowed))}"
    was_killed_late = ended.how == "went on" and min(ended.exits) < 0
    if ended.picture.holder and not was_killed_late:
        yield f"the lock is still held by {ended.picture.holder}"
    expected = ends.get(ended.phase)
    if expected is None:
        return
    for line in compare(expected, ended.picture):
        if reaction in WRITERS and (_is_of_writer(line) or _is_after_the_end(ended.struck)):
            continue
        yield f"P5: {line}"


def _may_back_out(ended: Ended, reaction: Reaction | None) -> bool:
    if reaction in MAY_BACK_OUT:
        return True
    return reaction in SPOILS_HELM and ended.struck is not None and ended.struck.is_helm


def _is_of_writer(line: str) -> bool:
    """Whether a difference may be what the second writer left and nobody has to take back."""
    return "example.com/" in line or "spec: replicas" in line


def _is_after_the_end(struck: Write | None) -> bool:
    """Whether a second writer came after the last look: with the write of the end, or later."""
    if struck is None:
        return False
    text = (struck.read_json().get("data") or {}).get("rollout.json", "{}")
    phases = (struck.before.rollout.get("phase"), json.loads(text).get("rollout", {}).get("phase"))
    return any(phase in TERMINAL for phase in phases)
