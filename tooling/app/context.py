"""What every use case of a rollout is given: the ports, and what is to be released where."""

from __future__ import annotations

import getpass
import hashlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.rollout import TargetVersion
from tooling.core.strategy import Strategy, read_strategy
from tooling.errors import ValuesError
from tooling.ports.clock import Clock
from tooling.ports.cluster import Cluster
from tooling.ports.helm import Helm
from tooling.ports.lease import Lease
from tooling.ports.load import Load
from tooling.ports.metrics import Metrics
from tooling.ports.reporter import Reporter
from tooling.ports.route import Route
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


@dataclass(frozen=True, slots=True)
class Target:
    """What is to run: the user's values, the strategy in them, the models to warm, the version they make."""

    values: Values
    strategy: Strategy
    version: TargetVersion
    models: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    environment: str = "local"

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
    except ValueError as error:
        raise ValuesError(f"rollout: {error}.", hint="Correct it in the values file.") from error
    released = {key: value for key, value in effective.items() if key != "rollout"}
    text = json.dumps(released, sort_keys=True, default=str) + chart.digest
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Target(
        values=values,
        strategy=strategy,
        version=TargetVersion(digest, f"{chart.name}-{chart.version} ({digest[:8]})"),
        models=tuple((effective.get("gateway") or {}).get("models") or ()),
        secrets=tuple(sorted(set(_find_secrets(effective)))),
    )


def find_user() -> str:
    """Name who runs this process, as `user@host`."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


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
