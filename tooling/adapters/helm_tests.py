"""`helm test`: the pods that a chart brings to try itself, run and waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tooling.adapters.helm_process import HelmFailedError, HelmProcess
from tooling.errors import HelmError, OutsideError, UnavailableError

PATIENCE_SECONDS = 300
"""How long helm waits for one test; the chart's pods end themselves earlier."""

_TESTS_AT_MOST = 4
_LOG_LINES = 3
_HELM4_LINE = re.compile(r'^level=[A-Z]+ msg="(.*)"$')
_OUT_OF_TIME = "context deadline exceeded"
"""What helm 4 says of a test that did not end: the test's fault and not the cluster's."""


def run_tests(
    process: HelmProcess, release: str, namespace: str, explain: Callable[[str, str], OutsideError]
) -> None:
    """Run the tests of a release one after the other, and wait. Raises HelmFailedError where there is no release.

    Raises HelmError for a test that failed: with what helm said, and the end of the pod's log where helm printed
    it (`helm.sh/hook-output-log-policy`).
    """
    what = f"helm test {release}"
    patient = replace(process, deadline=_TESTS_AT_MOST * PATIENCE_SECONDS)
    try:
        patient.run(["test", release, "--namespace", namespace, "--timeout", f"{PATIENCE_SECONDS}s"])
    except HelmFailedError as error:
        if error.is_absent:
            raise
        text = str(error).replace(_OUT_OF_TIME, f"gave up waiting after {PATIENCE_SECONDS} s")
        told = explain(what, text)
        log = _find_log(str(error))
        if log and not isinstance(told, UnavailableError):
            raise HelmError(f"{told.message} ({log})") from error
        raise told from error
    except TimeoutError as error:
        raise HelmError(f"{what} did not end within {patient.deadline:.0f} s.") from error


def _find_log(stderr: str) -> str:
    """Return the last lines that come before helm's own error: those of the pod that failed."""
    lines = [_HELM4_LINE.sub(r"\1", line.strip()) for line in stderr.splitlines()]
    ends = [index for index, line in enumerate(lines) if line.startswith("Error:")]
    return " ".join([line for line in lines[: ends[-1] if ends else 0] if line][-_LOG_LINES:])
