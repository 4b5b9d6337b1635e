"""Every error that the product raises on purpose.

GenaiError
├── UsageError            2  the request is wrong; nothing was touched
│   ├── ValuesError       2  values cannot be read or do not fit; carries findings
│   └── PreflightError    2  the cluster cannot take this release; nothing was written
├── HeldError             5  somebody else drives this instance
├── OutsideError          4  an outside system failed
│   ├── HelmError         4  helm ended with an error
│   ├── ClusterError      4  the Kubernetes API answered with an error
│   │   └── ConflictError 4  an object changed since it was read
│   └── UnavailableError  4  no answer in time; worth another look
├── StateError            4  recorded state cannot be used as it is
└── IllegalTransition     4  a (phase, event) pair that is not in TRANSITIONS
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tooling.core.finding import Finding


class GenaiError(Exception):
    """An error with one clear sentence, what to do next, and an exit code (design section 6)."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(GenaiError):
    """The request is wrong; nothing was touched."""

    exit_code = 2


class ValuesError(UsageError):
    """Values cannot be read or do not fit the schema; `findings` names each place."""

    def __init__(self, message: str, *, findings: Sequence[Finding] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)


class PreflightError(UsageError):
    """The cluster cannot take this release as it is; nothing was written."""


class HeldError(GenaiError):
    """Somebody else drives this instance, or the work waits for a person."""

    exit_code = 5


class OutsideError(GenaiError):
    """An outside system failed. `is_retryable` says whether another look can help."""

    is_retryable = False


class HelmError(OutsideError):
    """Helm ended with an error; the message is its last line."""


class ClusterError(OutsideError):
    """The Kubernetes API answered with an error; `status` is the HTTP status, 0 without an answer."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.is_retryable = status in {0, 409, 429, 500, 502, 503, 504}


class ConflictError(ClusterError):
    """An object changed since it was read; read again and decide again."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, status=409, hint=hint)


class UnavailableError(OutsideError):
    """No answer in time; worth another look."""

    is_retryable = True


class StateError(GenaiError):
    """Recorded state cannot be used as it is: a newer version, damaged, or another target's."""


class IllegalTransition(GenaiError):  # noqa: N818 - the name that design.md gives it
    """An event that the phase does not know. Nothing was changed."""

    def __init__(self, phase: str, event: str) -> None:
        super().__init__(
            f"a rollout in phase {phase} cannot take the event {event}.",
            hint="This is a defect of genai-stack: please report it with the output of `genai-stack status`.",
        )
        self.phase = phase
        self.event = event
