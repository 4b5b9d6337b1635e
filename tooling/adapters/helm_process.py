"""How helm is run: without a shell, with a deadline, and as a child that cannot outlive us.

Values go through standard input and credentials through the kubeconfig: neither is ever on a command line.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

GRACE_SECONDS = 3.0
"""How long helm may take to record that it was stopped before it is killed."""

HISTORY_MAX = 10
"""How many revisions helm keeps of a release."""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_SURROGATES = re.compile(rb"\\\\|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
_OVERRIDES = ("HELM_KUBE", "HELM_DEBUG", "HELM_NAMESPACE")
"""Variables that would send helm to another cluster than our other clients, or mix debug lines into its output."""


class HelmFailedError(Exception):
    """Helm ended with another exit code than 0; never leaves the adapters."""

    def __init__(self, returncode: int, stdout: bytes, stderr: bytes) -> None:
        super().__init__(stderr.decode(errors="replace"))
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    @property
    def is_absent(self) -> bool:
        """Whether helm knows no release of that name."""
        text = self.stderr.decode(errors="replace").lower()
        return "release: not found" in text and "etcdserver" not in text


@dataclass(frozen=True, slots=True)
class HelmProcess:
    """One helm for one kube context; serves any number of calls, each within `deadline` seconds."""

    executable: str
    kubeconfig: str | None
    context: str | None
    deadline: float

    def run(self, command: Sequence[object], text: bytes | None = None) -> bytes:
        """Run one command and return what it printed. Raises HelmFailedError, TimeoutError, OSError."""
        arguments = [
            self.executable,
            *(str(part) for part in command),
            *(["--kubeconfig", self.kubeconfig] if self.kubeconfig else []),
            *(["--kube-context", self.context] if self.context else []),
        ]
        with subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=find_environment(os.environ),
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - it takes no lock and allocates nothing
        ) as process:
            try:
                given = None if text is None else escape_for_yaml(text)
                stdout, stderr = process.communicate(given, timeout=self.deadline)
            except subprocess.TimeoutExpired:
                raise TimeoutError from None
            finally:
                if process.poll() is None:
                    _stop(process)
        if process.returncode == 0:
            return stdout
        raise HelmFailedError(process.returncode, stdout, stderr)


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: politely, so that helm records its failure, then for good."""
    for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
