"""Helm through pyhelm3: one chart, one namespace, one kube context."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from tooling.adapters.helm_process import HISTORY_MAX, HelmFailedError, HelmProcess
from tooling.adapters.helm_size import measure
from tooling.adapters.helm_stream import read_stream
from tooling.adapters.helm_tests import run_tests
from tooling.adapters.yaml_go import load_all
from tooling.core.observation import ReleaseState
from tooling.errors import HelmError, OutsideError, UnavailableError
from tooling.ports.helm import PLAIN, ChartInfo, Installed, Manifest, ReleaseSize, Rendered, RenderSettings, Values

if TYPE_CHECKING:
    from tooling.adapters.helm_command import HelmCommand

DEADLINE_SECONDS = 120.0
DEFAULT_KUBE_VERSION = "1.34.0"
MESSAGE_LIMIT = 400
DEPLOYED = "deployed"

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
    ": eof",
    "etcdserver",
    "internal error occurred",
    # helm's own record changed between its read and its write
    "the object has been modified",
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
        self._process = HelmProcess(executable, kubeconfig, context, deadline)
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
        rendered = self.template(release, values, RenderSettings(has_hooks=has_hooks))
        return tuple(one.manifest for one in rendered)

    def template(self, release: str, values: Values, settings: RenderSettings = PLAIN) -> tuple[Rendered, ...]:
        """Return what `render` does, with where each manifest came from."""
        command = ["template", release, str(self._chart), "--values", "-", "--skip-crds"]
        command += ["--namespace", self._namespace, "--kube-version", settings.kube_version or self._kube_version]
        command += [] if settings.has_hooks else ["--no-hooks"]
        for version in settings.api_versions:
            command += ["--api-versions", version]

        given = json.dumps(dict(values)).encode()
        return self._ask(f"helm template {release}", lambda: read_stream(self._process.run(command, given)))

    def read_installed(self, release: str) -> Installed | None:
        """Return the newest revision that was deployed (where none was, the newest); None without a release."""
        try:
            states = self._read_history(release, HISTORY_MAX)
            if not states:
                return None
            state = next((one for one in states if one.status == DEPLOYED), states[0])
            return Installed(state, self._read_manifests(release, state.revision))
        except _AbsentError:
            return None

    def read_manifests(self, release: str, revision: int) -> tuple[Manifest, ...]:
        """Return the manifests of one revision, hooks aside; none where helm does not keep it any more."""
        try:
            return self._read_manifests(release, revision)
        except _AbsentError:
            return ()

    def read_values(self, release: str) -> Values | None:
        """Return the values that the newest revision was made with; None without a release."""
        command = ["get", "values", release, "--output", "json", "--namespace", self._namespace]
        try:
            found = self._ask(f"helm get values {release}", lambda: json.loads(self._process.run(command)))
        except _AbsentError:
            return None
        return found if isinstance(found, dict) else {}

    def read_release(self, release: str) -> ReleaseState | None:
        """Return the newest revision, whatever its status; None where no such release exists."""
        try:
            states = self._read_history(release, 1)
        except _AbsentError:
            return None
        return states[0] if states else None

    def measure_release(self, release: str, values: Values) -> ReleaseSize:
        """Return how large the Secret of `release` would be with these values; nothing is written."""
        command = ["install", release, str(self._chart), "--values", "-", "--skip-crds", "--namespace"]
        command += [self._namespace, "--dry-run=client", "--output", "json"]
        given = json.dumps(dict(values)).encode()
        return self._ask(f"helm install --dry-run {release}", lambda: measure(self._process.run(command, given)))

    def upgrade(self, release: str, values: Values, *, description: str) -> ReleaseState:
        """Install or upgrade without waiting for pods; the description is kept with the revision."""
        answer = self._finish(
            f"helm upgrade --install {release}",
            lambda command: command.install_or_upgrade(
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
        self._finish(
            f"helm rollback {release} {revision}",
            lambda command: command.rollback(release, revision, namespace=self._namespace),
        )

    def test(self, release: str) -> None:
        """Run the tests that a release brings and wait for them, minutes at most."""
        what = f"helm test {release}"
        self._ask(what, lambda: run_tests(self._process, release, self._namespace, explain))

    def uninstall(self, release: str) -> None:
        """Remove the release; nothing happens where there is none."""
        try:
            self._finish(
                f"helm uninstall {release}",
                lambda command: command.uninstall(release, namespace=self._namespace),
            )
        except _AbsentError:
            return

    def _read_manifests(self, release: str, revision: int) -> tuple[Manifest, ...]:
        command = ["get", "manifest", release, "--revision", revision, "--namespace", self._namespace]
        found = self._ask(f"helm get manifest {release}", lambda: read_stream(self._process.run(command)))
        return tuple(one.manifest for one in found)

    def _read_history(self, release: str, count: int) -> list[ReleaseState]:
        """Return the last revisions, newest first."""
        command = ["history", release, "--output", "json", "--max", count, "--namespace", self._namespace]
        entries = self._ask(f"helm history {release}", lambda: list(json.loads(self._process.run(command))))
        states = [
            ReleaseState(
                name=release,
                revision=int(entry["revision"]),
                status=str(entry["status"]),
                description=str(entry.get("description") or ""),
                chart=str(entry.get("chart") or ""),
                updated_at=_read_time(entry.get("updated")),
            )
            for entry in entries
        ]
        return sorted(states, key=lambda one: -one.revision)

    def _finish(self, what: str, call: Callable[[HelmCommand], Coroutine[Any, Any, _Answer]]) -> _Answer:
        """Carry out one of pyhelm3's calls, which know helm's flags."""
        # Here and not at the top: pyhelm3 takes as long to import as helm takes to render.
        from tooling.adapters.helm_command import HelmCommand, finish  # noqa: PLC0415

        return self._ask(what, lambda: finish(call(HelmCommand(self._process))))

    def _ask(self, what: str, call: Callable[[], _Answer]) -> _Answer:
        """Run one call to its end; whatever goes wrong comes out as an OutsideError that names the call."""
        process = self._process
        try:
            return call()
        except HelmFailedError as error:
            if error.is_absent:
                raise _AbsentError(f"{what}: no such release.") from error
            raise explain(what, str(error)) from error
        except TimeoutError as error:
            raise UnavailableError(f"{what} gave no answer within {process.deadline:g} s.") from error
        except OSError as error:
            hint = "Install helm 3.18 or newer."
            raise HelmError(f"{process.executable} cannot be run: {error.strerror}.", hint=hint) from error
        except (yaml.YAMLError, json.JSONDecodeError, ValueError, KeyError, TypeError) as error:
            raise HelmError(f"{what} printed something that cannot be read: {clip(str(error))}") from error


class _AbsentError(HelmError):
    """Helm knows no release of that name."""


def _read_time(text: Any) -> float:
    """Return a time of helm's in epoch seconds; 0 for what is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


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
