"""What the ports reported at one look, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tooling.core.analysis import Measurement
from tooling.core.comparison import Comparison
from tooling.core.quality import QualityRun


def is_pending(status: str) -> bool:
    """Whether Helm's status word says that an operation has begun and not ended (it runs, or its process died)."""
    return status.startswith("pending-") or status == "uninstalling"


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """A Helm release: its current revision, Helm's status word, and the description of that revision."""

    name: str
    revision: int
    status: str
    description: str = ""
    chart: str = ""
    updated_at: float = 0.0
    """When it was made, in seconds since the epoch; 0 where that is not known."""

    @property
    def is_pending(self) -> bool:
        """Whether an operation on it has begun and not ended (it runs, or its process died)."""
        return is_pending(self.status)


@dataclass(frozen=True, slots=True)
class ReleaseMark:
    """What Helm's own records say of a release: newest revision, its status word, its age in seconds."""

    revision: int
    status: str
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class JobState:
    """A Job: whether it ended, how, and why it failed."""

    name: str
    is_done: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment of a slot. `key` is `gateway` or `inference/<model>`; counts are pods."""

    key: str
    name: str
    wanted: int
    ready: int
    is_current: bool = True
    """Whether its controller has seen the newest template and all ready pods run it."""
    problem: str = ""
    """Why a pod does not start and will not by itself, in one line; empty while there is hope."""
    waiting: str = ""
    """Why a pod is not ready yet, in one line."""
    autoscaler: str = ""
    """State of its autoscaler: on, frozen (never down), resting; empty where it has none."""
    asked: int = 0
    """Replicas that its autoscaler asks for now; 0 where it has none or does not say."""
    template: str = ""
    """Digest of its pod template; empty where that was not read."""
    edited_by: str = ""
    """Who wrote its pod template last besides helm: `manager (operation, time)`; empty for nobody."""
    scaled_by: str = ""
    """Who wrote its replicas last besides us: `manager (operation, time)`; empty for nobody."""

    def has(self, replicas: int) -> bool:
        """Whether that many pods of the newest template are wanted and ready."""
        return self.wanted == replicas and self.ready >= replicas and self.is_current


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot: its Helm release (None: not installed) and its workloads."""

    release: ReleaseState | None = None
    workloads: tuple[Workload, ...] = ()

    @property
    def can_serve(self) -> bool:
        """Whether every workload has at least one ready pod."""
        return bool(self.workloads) and all(workload.ready > 0 for workload in self.workloads)

    @property
    def ready(self) -> Mapping[str, int]:
        """Ready pods by workload key."""
        return {workload.key: workload.ready for workload in self.workloads}


@dataclass(frozen=True, slots=True)
class RouteState:
    """The live route: percent by slot, the slot of the Service, who wrote it last."""

    weights: Mapping[str, int]
    serving: str
    resource_version: str = ""
    is_ours: bool = True
    previews: tuple[str, ...] = ()
    """Slots that can be reached by themselves: by the preview header, or by a Service of their own."""
    written_by: str = ""
    """Who wrote it last besides us: `manager (operation, time)`; empty for nobody."""

    @property
    def leader(self) -> str:
        """The slot with more than half of the traffic, or the one of the Service where none has."""
        return next((slot for slot, weight in self.weights.items() if weight > 50), self.serving)

    def gives(self, weights: Mapping[str, int]) -> bool:
        """Whether traffic is split like that; a slot that is not named and one with 0 are the same."""
        return _drop_zeros(self.weights) == _drop_zeros(weights)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked of a running rollout from another process: `abort`, `promote`, or `promote --full`.

    `step` is the index of the step that waited when it was asked: a promote passes that one and no later one.
    """

    verb: str
    by: str
    reason: str = ""
    rollout: str = ""
    step: int = 0

    def is_for(self, rollout: str, step: int) -> bool:
        """Whether it speaks of that step of that rollout."""
        return (self.rollout, self.step) == (rollout, step)


@dataclass(frozen=True, slots=True)
class Failure:
    """The last action did not succeed. Whether it may work at another look is `is_retryable`."""

    message: str
    is_retryable: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at everything a decision needs."""

    base: ReleaseState | None = None
    slots: Mapping[str, SlotState] = field(default_factory=dict)
    route: RouteState | None = None
    measurement: Measurement | None = None
    wish: Wish | None = None
    failure: Failure | None = None
    revisions: Mapping[str, ReleaseMark] = field(default_factory=dict)
    """Newest revisions by release name, as far as they were looked for."""
    in_flight: Mapping[str, int] = field(default_factory=dict)
    """Requests that the gateways of a slot are answering; a slot without data is missing."""
    quality: QualityRun | None = None
    comparison: Comparison | None = None
    base_workloads: tuple[Workload, ...] = ()
    backup: JobState | None = None

    def slot(self, name: str) -> SlotState:
        """Return the slot of that name, empty when nothing is installed there."""
        return self.slots.get(name, SlotState())


def _drop_zeros(weights: Mapping[str, int]) -> Mapping[str, int]:
    return {slot: weight for slot, weight in weights.items() if weight}
