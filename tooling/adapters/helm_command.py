"""How helm is run: without a shell, with a deadline, and as a child that cannot outlive us.

pyhelm3 knows helm's flags; its low-level `Command` is kept and only the way it executes is replaced. Values go
through standard input and credentials through the kubeconfig: neither is ever on a command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pyhelm3 import errors
from pyhelm3.command import Command

from tooling.adapters.yaml_go import load_all

GRACE_SECONDS = 3.0
"""How long helm may take to record that it was stopped before it is killed."""

HISTORY_MAX = 10
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_SURROGATES = re.compile(rb"\\\\|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
_OVERRIDES = ("HELM_KUBE", "HELM_DEBUG", "HELM_NAMESPACE")
"""Variables that would send helm to another cluster than our other clients, or mix debug lines into its output."""


class HelmCommand(Command):  # type: ignore[misc]  # pyhelm3 has no types
    """pyhelm3's commands, executed our way; one object serves any number of calls."""

    def __init__(
        self, *, executable: str, kubeconfig: str | None, kubecontext: str | None, deadline: float
    ) -> None:
        super().__init__(
            executable=executable,
            kubeconfig=kubeconfig,
            kubecontext=kubecontext,
            history_max_revisions=HISTORY_MAX,
            default_timeout=f"{deadline:.0f}s",
        )
        self.deadline = deadline
        self.arguments = [
            *(["--kubeconfig", kubeconfig] if kubeconfig else []),
            *(["--kube-context", kubecontext] if kubecontext else []),
        ]
        self.executable = executable

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:  # noqa: A002 - pyhelm3's name
        """Run one helm command. Raises pyhelm3's errors, TimeoutError past the deadline, OSError."""
        process = await asyncio.create_subprocess_exec(
            self.executable,
            *(str(part) for part in command),
            *self.arguments,
            stdin=asyncio.subprocess.PIPE if input is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=find_environment(os.environ),
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),
        )
        text = None if input is None else escape_for_yaml(input)
        try:
            async with asyncio.timeout(self.deadline):
                stdout, stderr = await process.communicate(text)
        finally:
            if process.returncode is None:
                await _stop(process)
        if process.returncode == 0:
            return stdout
        raise _classify(stderr)(process.returncode, stdout, stderr)

    async def render(
        self,
        release: str,
        chart: str,
        values: Mapping[str, Any],
        *,
        namespace: str,
        kube_version: str,
        has_hooks: bool = False,
    ) -> list[Any]:
        """Return the documents that `helm template` prints; pyhelm3's has no --kube-version."""
        command = ["template", release, chart, "--values", "-", "--skip-crds"]
        command += ["--namespace", namespace, "--kube-version", kube_version]
        command += [] if has_hooks else ["--no-hooks"]
        return load_all(await self.run(command, encode(values)))


def encode(values: Mapping[str, Any]) -> bytes:
    """Write values for helm's standard input."""
    return json.dumps(dict(values)).encode()


def escape_for_yaml(text: bytes) -> bytes:
    r"""Turn JSON's surrogate pairs (`\ud83d\ude00`) into YAML's `\U0001f600`: helm refuses the former."""

    def join(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return match[0]
        point = 0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00
        return b"\\U%08x" % point

    return _SURROGATES.sub(join, text)


def find_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for helm, less what would change what we asked for."""
    return {name: value for name, value in environment.items() if not name.startswith(_OVERRIDES)}


def die_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what the child runs before helm so that it is killed when we die; None where the system cannot."""
    libc = _LIBC
    if libc is None:
        return None

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # we died between fork and prctl
            os._exit(1)

    return arm


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End the whole process group: politely, so that helm records its failure, then for good."""
    for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
                return
        except TimeoutError:
            continue


def _classify(stderr: bytes) -> type[errors.Error]:
    text = stderr.decode(errors="replace").lower()
    if "release: not found" in text and "etcdserver" not in text:
        return errors.ReleaseNotFoundError  # type: ignore[no-any-return]
    return errors.Error  # type: ignore[no-any-return]
