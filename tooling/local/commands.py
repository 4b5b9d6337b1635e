"""Long commands, run to their end: a line of progress now and then, and none outlives our interruption."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

from tooling.local.progress import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tooling.local.progress import Progress

HEARTBEAT_SECONDS = 20.0
END_SECONDS = 10.0


class Failure(Exception):  # noqa: N818 - translated by the callers, who know what was built
    """A command that ended with an error; `output` is what it printed."""

    def __init__(self, command: str, output: str) -> None:
        super().__init__(command)
        self.output = output


def run(
    command: Sequence[str],
    *,
    label: str,
    progress: Progress,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    watch: Stopwatch | None = None,
) -> str:
    """Run `command` to its end and return what it printed; `label` and the time are told now and then.

    An error is a Failure with the output. Interrupted, it takes the command down with it. The time is that of
    `watch`, by default since the command began.
    """
    watch = watch or Stopwatch()
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        while True:
            try:
                output, _ = process.communicate(timeout=HEARTBEAT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                progress(f"{label} ... {watch.seconds:.0f} s")
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=END_SECONDS)
            finally:  # a second interruption ends our patience, not our care
                process.kill()
                process.wait()
    if process.returncode != 0:
        raise Failure(command[0], output)
    return output
