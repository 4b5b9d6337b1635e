"""pyhelm3's commands, executed our way.

pyhelm3 knows helm's flags; its low-level `Command` is kept and only the way it executes is replaced. Importing it
takes as long as `helm template` does, so only what changes or reads releases does.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from pyhelm3.command import Command

from tooling.adapters.helm_process import HISTORY_MAX, HelmProcess

_Answer = TypeVar("_Answer")


class HelmCommand(Command):  # type: ignore[misc]  # pyhelm3 has no types
    """One object serves any number of calls. Raises what HelmProcess raises."""

    def __init__(self, process: HelmProcess) -> None:
        super().__init__(
            executable=process.executable,
            kubeconfig=process.kubeconfig,
            kubecontext=process.context,
            history_max_revisions=HISTORY_MAX,
            default_timeout=f"{process.deadline:.0f}s",
        )
        self._process = process

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:  # noqa: A002 - pyhelm3's name
        """Run one helm command."""
        return self._process.run(command, input)


def finish(call: Coroutine[Any, Any, _Answer]) -> _Answer:
    """Carry out one of pyhelm3's calls, none of which waits for anything but helm: `run` does that itself.

    So no event loop is needed, which would keep an interrupt from us until helm has ended.
    """
    try:
        call.send(None)
    except StopIteration as done:
        answer: _Answer = done.value
        return answer
    call.close()
    raise RuntimeError("pyhelm3 waits for something else than helm")
