"""What a policy is: a rule on manifests that live together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tooling.core.finding import Severity
from tooling.core.policies.bundle import Bundle, Ref

Fault = tuple[Ref, str, str]
"""The object, the path of the field in it, and what is wrong there, with the YAML to write."""

Faults = Iterator[Fault]


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule on manifests: `reason` is what happens otherwise, `fix` what to do; `find` yields what breaks it."""

    id: str
    severity: Severity
    reason: str
    fix: str
    find: Callable[[Bundle], Faults]
