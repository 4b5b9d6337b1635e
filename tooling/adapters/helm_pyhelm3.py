"""Helm through pyhelm3: one chart, one namespace, one kube context."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pyhelm3 import errors

from tooling.adapters.helm_command import HelmCommand
from tooling.adapters.yaml_go import load_all
from tooling.core.observation import ReleaseState
from tooling.errors import HelmError, OutsideError, UnavailableError
from tooling.ports.helm import ChartInfo, Manifest, Values

DEADLINE_SECONDS = 120.0
DEFAULT_KUBE_VERSION = "1.34.0"
MESSAGE_LIMIT = 400

_NOT_COUNTED = frozenset({".git", "tests", "ci"})
_NOISE = re.compile(r"^(WARNING|Use --debug flag|coalesce\.go|\d{4}/\d\d/\d\d |[IWEF]\d{4} |level=)")
_PREFIX = re.compile(r"^(Error: )?(UPGRADE FAILED: |INSTALLATION FAILED: |release \S+ failed: )*")
_UNAVAILABLE = (
    "connection refused",
    "connection reset by peer",
    "i/o timeout",
    "operation timed out",
    "tls handshake timeout",
    "context deadline exceeded",
    "no such host",
    "network is unreachable",
    "no route to host",
    "client connection lost",
    "unexpected eof",
    "etcdserver",
    "server is currently unable to handle the request",
    "too many requests",
)

_Answer = TypeVar("_Answer")


class Pyhelm3Helm:
    """Implements `tooling.ports.helm.Helm`.

    `deadline` (seconds) bounds every call; `kube_version` is what charts are rendered for without a cluster.
    """

    def __init__(
        self,
        *,
        executable: str,
        chart: Path,
        namespace: str,
        kubeconfig: str | None = None,
        context: str | None = None,
        deadline: float = DEADLINE_SECONDS,
        kube_version: str = DEFAULT_KUBE_VERSION,
    ) -> None:
        self._command = HelmCommand(
            executable=executable, kubeconfig=kubeconfig, kubecontext=context, deadline=deadline
        )
        self._chart = chart
        self._namespace = namespace
        self._kube_version = kube_version

    def read_chart(self) -> ChartInfo:
        """Describe the chart that this port installs."""
        try:
            text = (self._chart / "Chart.yaml").read_bytes()
            chart = load_all(text)[0]
            return ChartInfo(str(chart["name"]), str(chart["version"]), digest_chart(self._chart))
        except OSError as error:
            raise HelmError(f"{self._chart} cannot be read as a chart: {error.strerror}.") from error
        except (yaml.YAMLError, IndexError, KeyError, TypeError) as error:
            raise HelmError(f"{self._chart}/Chart.yaml has no name and version.") from error

    def render(self, release: str, values: Values, *, has_hooks: bool = False) -> tuple[Manifest, ...]:
        """Return the manifests that an install of `release` would apply, in Helm's order; hooks only if asked."""
        documents = self._ask(
            f"helm template {release}",
            self._command.render(
                release,
                str(self._chart),
                values,
                namespace=self._namespace,
                kube_version=self._kube_version,
                has_hooks=has_hooks,
            ),
        )
        return tuple(document for document in documents if isinstance(document, Mapping))

    def read_release(self, release: str) -> ReleaseState | None:
        """Return the newest revision, whatever its status; None where no such release exists."""
        try:
            history = self._ask(
                f"helm history {release}",
                self._command.history(release, max_revisions=1, namespace=self._namespace),
            )
        except _AbsentError:
            return None
        newest = max(history, key=lambda entry: int(entry["revision"]), default=None)
        if newest is None:
            return None
        return ReleaseState(
            name=release,
            revision=int(newest["revision"]),
            status=str(newest["status"]),
            description=str(newest.get("description") or ""),
            chart=str(newest.get("chart") or ""),
        )

    def upgrade(self, release: str, values: Values, *, description: str) -> ReleaseState:
        """Install or upgrade without waiting for pods; the description is kept with the revision."""
        answer = self._ask(
            f"helm upgrade --install {release}",
            self._command.install_or_upgrade(
                release,
                str(self._chart),
                dict(values),
                description=description,
                namespace=self._namespace,
                create_namespace=False,
                # Without it helm takes the last revision's values when it is given none.
                reset_values=True,
                skip_crds=True,
            ),
        )
        metadata = answer["chart"]["metadata"]
        return ReleaseState(
            name=release,
            revision=int(answer["version"]),
            status=str(answer["info"]["status"]),
            description=str(answer["info"].get("description") or ""),
            chart=f"{metadata['name']}-{metadata['version']}",
        )

    def rollback(self, release: str, revision: int) -> None:
        """Make a new revision out of an old one."""
        self._ask(
            f"helm rollback {release} {revision}",
            self._command.rollback(release, revision, namespace=self._namespace),
        )

    def uninstall(self, release: str) -> None:
        """Remove the release; nothing happens where there is none."""
        try:
            self._ask(f"helm uninstall {release}", self._command.uninstall(release, namespace=self._namespace))
        except _AbsentError:
            return

    def _ask(self, what: str, call: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Run one call to its end; whatever goes wrong comes out as an OutsideError that names the call."""
        command = self._command
        try:
            return asyncio.run(call)
        except errors.ReleaseNotFoundError as error:
            raise _AbsentError(f"{what}: no such release.") from error
        except errors.Error as error:
            raise explain(what, error.stderr.decode(errors="replace")) from error
        except TimeoutError as error:
            raise UnavailableError(f"{what} gave no answer within {command.deadline:g} s.") from error
        except OSError as error:
            hint = "Install helm 3.18 or newer."
            raise HelmError(f"{command.executable} cannot be run: {error.strerror}.", hint=hint) from error
        except (yaml.YAMLError, json.JSONDecodeError, ValueError, KeyError, TypeError) as error:
            raise HelmError(f"{what} printed something that cannot be read: {clip(str(error))}") from error


class _AbsentError(HelmError):
    """Helm knows no release of that name."""


def explain(what: str, stderr: str) -> OutsideError:
    """Make one line of what helm wrote to standard error, and say whether another look can help."""
    lines = [line.strip() for line in stderr.splitlines()]
    starts = [index for index, line in enumerate(lines) if line.startswith("Error:")]
    told = [line for line in lines[starts[-1] if starts else 0 :] if line and not _NOISE.match(line)]
    message = _PREFIX.sub("", " ".join(told if starts else told[-1:])) or "helm ended without a reason"
    text = f"{what}: {clip(message)}"
    if any(sign in message.lower() for sign in _UNAVAILABLE):
        return UnavailableError(text, hint="The Kubernetes API did not answer: is the cluster up?")
    return HelmError(text)


def clip(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return text as one line of at most `limit` characters; the end, where helm puts the cause, is kept."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    half = (limit - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


def digest_chart(chart: Path) -> str:
    """Return SHA-256 over paths and contents of all files, less each chart's own `tests` and `ci`."""
    digest = hashlib.sha256()
    files = {file.relative_to(chart): file for file in chart.rglob("*") if file.is_file()}
    for relative in sorted(files, key=lambda path: path.as_posix()):
        if not _counts(relative):
            continue
        content = files[relative].read_bytes()
        digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _counts(relative: Path) -> bool:
    """Whether a file can change what is installed; `templates/tests` can, a chart's `tests` folder cannot."""
    parts = relative.parts
    while len(parts) > 2 and parts[0] == "charts":
        parts = parts[2:]
    return parts[0] not in _NOT_COUNTED
