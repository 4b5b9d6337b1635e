"""Effects as data. `app/apply.py` carries them out, one at a time, after they were recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tooling.core.leftovers import Leftover


@dataclass(frozen=True, slots=True)
class InstallBase:
    """Install or upgrade the Helm release with what is shared."""

    def __str__(self) -> str:
        return "helm upgrade --install base"


@dataclass(frozen=True, slots=True)
class InstallSlot:
    """Install or upgrade the Helm release of a slot with the target."""

    slot: str

    def __str__(self) -> str:
        return f"helm upgrade --install {self.slot}"


@dataclass(frozen=True, slots=True)
class RevertRelease:
    """Take a Helm release back to `revision`, or uninstall it where that is 0. `slot` is empty for base."""

    slot: str
    revision: int

    def __str__(self) -> str:
        name = self.slot or "base"
        return f"helm rollback {name} to revision {self.revision}" if self.revision else f"helm uninstall {name}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Ask for that many replicas of one workload of a slot."""

    slot: str
    workload: str
    replicas: int

    def __str__(self) -> str:
        return f"scale {self.slot} {self.workload} to {self.replicas}"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Ask every model of a slot one real question, past the route."""

    slot: str

    def __str__(self) -> str:
        return f"ask {self.slot} one question"


@dataclass(frozen=True, slots=True)
class RunTests:
    """Run the tests that the chart brings (`helm test`) against one slot."""

    slot: str

    def __str__(self) -> str:
        return f"helm test {self.slot}"


@dataclass(frozen=True, slots=True)
class FinishSlot:
    """Upgrade a slot to the same target with its autoscalers switched on; pod templates stay as they are."""

    slot: str

    def __str__(self) -> str:
        return f"helm upgrade {self.slot} with autoscalers"


@dataclass(frozen=True, slots=True)
class FreezeScalers:
    """Let the autoscalers of a slot never scale down."""

    slot: str

    def __str__(self) -> str:
        return f"freeze autoscalers of {self.slot}"


@dataclass(frozen=True, slots=True)
class RestScalers:
    """Keep the autoscalers of a slot from waking it once it has no pods."""

    slot: str

    def __str__(self) -> str:
        return f"let autoscalers of {self.slot} rest"


@dataclass(frozen=True, slots=True)
class RestoreScalers:
    """Give the autoscalers of a slot back what their manifests say."""

    slot: str

    def __str__(self) -> str:
        return f"restore autoscalers of {self.slot}"


@dataclass(frozen=True, slots=True)
class RemoveLeftovers:
    """Remove what a version that was taken back left behind in live objects."""

    leftovers: tuple[Leftover, ...]

    def __str__(self) -> str:
        return f"remove leftovers: {', '.join(one.what for one in self.leftovers)}"[:200]


@dataclass(frozen=True, slots=True)
class StartBackup:
    """Start a backup of the vector DB: a Job of that name, made from a CronJob."""

    cronjob: str
    job: str

    def __str__(self) -> str:
        return f"start backup {self.job} from CronJob {self.cronjob}"


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Write the whole route in one write: percent by slot; slots that are not named get none."""

    weights: Mapping[str, int]
    serving: str

    def __str__(self) -> str:
        shares = ", ".join(f"{slot} {weight} %" for slot, weight in self.weights.items())
        return f"route {shares}"


@dataclass(frozen=True, slots=True)
class DeleteRoute:
    """Remove the route: a first install that failed leaves nothing to send traffic to."""

    def __str__(self) -> str:
        return "delete the route"


Action = (
    InstallBase
    | InstallSlot
    | FinishSlot
    | RevertRelease
    | Scale
    | WarmUp
    | RunTests
    | FreezeScalers
    | RestScalers
    | RestoreScalers
    | RemoveLeftovers
    | StartBackup
    | SetWeights
    | DeleteRoute
)
