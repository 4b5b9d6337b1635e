"""What every use case of a rollout is given: the ports, and what is to be released where."""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.core.entries import EntryKind
from tooling.core.strategy import Strategy, read_strategy
from tooling.core.strategy_digest import digest_strategy
from tooling.core.suite import Suite, read_suite
from tooling.core.trail import TargetVersion
from tooling.errors import ValuesError
from tooling.ports.alarm import Alarm
from tooling.ports.clock import Clock
from tooling.ports.cluster import Cluster
from tooling.ports.helm import Helm
from tooling.ports.images import Images, Unchecked
from tooling.ports.lease import Lease
from tooling.ports.load import Load
from tooling.ports.metrics import Metrics
from tooling.ports.notices import Notices, Silence
from tooling.ports.quality import Quality
from tooling.ports.reporter import Reporter
from tooling.ports.route import Route
from tooling.ports.scalers import Scalers
from tooling.ports.store import Store

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ports:
    """One of each outside system."""

    helm: Helm
    cluster: Cluster
    route: Route
    metrics: Metrics
    store: Store
    lease: Lease
    clock: Clock
    reporter: Reporter
    load: Load
    alarm: Alarm
    scalers: Scalers
    quality: Quality
    notices: Notices = field(default_factory=Silence)
    images: Images = field(default_factory=Unchecked)


@dataclass(frozen=True, slots=True)
class Target:
    """What is to run: the user's values, the strategy in them, the models to warm, the version they make.

    `effective` has the chart's defaults under the values; `suites` are those that quality steps name. `places` has
    the file and line that set a key (`rollout.steps`: `values/prod.yaml:88`).
    """

    values: Values
    strategy: Strategy
    version: TargetVersion
    models: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    environment: str = "local"
    effective: Values = field(default_factory=dict)
    suites: Mapping[str, Suite] = field(default_factory=dict)
    strategy_digest: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def instance(self) -> str:
        """Name of the instance, prefix of its slots."""
        return self.strategy.instance

    @property
    def namespace(self) -> str:
        """Namespace that holds everything."""
        return self.strategy.namespace


def make_target(helm: Helm, *, values: Values, effective: Values) -> Target:
    """Describe a target; `values` are the user's, `effective` has the chart's defaults under them.

    Raises ValuesError when the rollout section cannot be read.
    """
    chart = helm.read_chart()
    try:
        strategy = read_strategy(effective)
        suites = {name: read_suite(effective, name) for name in _find_suites(strategy)}
    except ValueError as error:
        raise ValuesError(f"rollout: {error}.", hint="Correct it in the values file.") from error
    released = {key: value for key, value in effective.items() if key != "rollout"}
    text = json.dumps(released, sort_keys=True, default=str)
    digest = _digest(text + chart.digest)
    return Target(
        values=values,
        strategy=strategy,
        version=TargetVersion(
            digest,
            f"{chart.name}-{chart.version} ({digest[:8]})",
            chart=f"{chart.name}-{chart.version}",
            values=_digest(text),
        ),
        models=tuple((effective.get("gateway") or {}).get("models") or ()),
        secrets=tuple(sorted(set(_find_secrets(effective)))),
        effective=effective,
        suites=suites,
        strategy_digest=digest_strategy(effective),
    )


def find_user() -> str:
    """Name who runs this process, as `user@host`."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _find_suites(strategy: Strategy) -> set[str]:
    entries = (*strategy.steps, *strategy.preview, *strategy.after)
    return {one.quality.suite for one in entries if one.kind is EntryKind.QUALITY}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _find_secrets(values: Values) -> list[str]:
    """Collect the Secrets that values refer to: every `existingSecret`, and the image pull secrets."""
    names = [
        str(one) for one in (values.get("global") or {}).get("imagePullSecrets") or () if isinstance(one, str)
    ]
    for key, value in values.items():
        if key == "existingSecret" and value:
            names.append(str(value))
        elif isinstance(value, Mapping) and value.get("enabled", True):
            names.extend(_find_secrets(value))
    return names
