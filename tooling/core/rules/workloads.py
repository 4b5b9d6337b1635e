"""The pods that the chart makes, as values describe them: whose settings they have, what the chart puts in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.values import KeyPath, Layered, Values, pick, read_count, read_model, table

_BACKUPS = "vectordb-backups"
_AGES = 1e18
"""Seconds past any sense; a longer number may be none that a float holds."""

_TMP, _SHM = "/tmp", "/dev/shm"  # noqa: S108 (paths in containers)


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of one kind: `sources` are where their settings stand, the strongest first; `settings` is what holds.

    `volumes` and `mounts` (paths) are the chart's own; a `*` at an end stands for any text.
    """

    sources: tuple[KeyPath, ...]
    settings: Values
    volumes: frozenset[str]
    mounts: frozenset[str]

    def locate(self, values: Values, *keys: str | int) -> KeyPath:
        """Return where a setting stands: in the strongest source that has it, else in the first."""
        named = [(*source, *keys) for source in self.sources if pick(values, *source, *keys[:1]) is not None]
        return named[0] if named else (*self.sources[0], *keys)


def find_pods(layered: Layered) -> Iterator[Pods]:
    """Yield the pods of every component that is on; a part of another shape than the schema's is passed over."""
    values = layered.values
    yield from _find_base(values)
    inference = table(values, "inference")
    if not is_on(values, "inference"):
        return
    yield from _one(values, ("inference", "fetch"), {"tmp", "weights", "models", "*-secret"}, {_TMP, "/weights"})
    for name, model in table(inference, "models").items():
        if isinstance(model, Mapping):
            yield _read_engine(inference, name, model)


def is_on(values: Values, section: str) -> bool:
    """Whether a component is installed; it is where nothing is said."""
    return table(values, section).get("enabled", True) is True


def choose_engine(settings: Values) -> str:
    """Return what runs a model, as the chart chooses it where nothing is said."""
    has_gpus = bool(read_count(pick(settings, "gpu", "count")))
    return str(settings.get("engine") or ("vllm" if has_gpus else "llamacpp"))


def leads_to(name: str, route: object) -> str:
    """Return the model that a route of the gateway leads to; "" where it leads to an address, or is no route."""
    if not isinstance(route, Mapping) or route.get("url"):
        return ""
    return str(route.get("model") or name)


def read_timeout(route: object) -> float | None:
    """Seconds that a route of the gateway gives an answer; None where it says nothing, or more than could be."""
    seconds = pick(route, "timeoutSeconds")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return float(seconds) if is_number and 0 <= seconds < _AGES else None


def _find_base(values: Values) -> Iterator[Pods]:
    yield from _one(values, ("gateway",), {"tmp", "config"}, {_TMP, "/etc/genai"})
    results = {"/results"} if pick(values, "evals", "results", "persistence", "enabled") is True else set()
    summary = pick(values, "evals", "results", "configMap", "enabled") is True
    token = {"/var/run/secrets/kubernetes.io/serviceaccount"} if summary else set()
    volumes = {"tmp", "suites", "dataset", "results", "api"}
    yield from _one(values, ("evals",), volumes, {_TMP, "/etc/genai/suites", *results, *token})
    backup = table(values, "vectordb", "backup")
    is_kept = backup.get("enabled") is True and backup.get("target") == "filesystem"
    kept = {"/var/lib/weaviate-backups"} if is_kept else set()
    yield from _one(values, ("vectordb",), {"tmp", "data", _BACKUPS}, {_TMP, "/var/lib/weaviate", *kept})
    if backup.get("enabled") is True:
        key = {"/etc/genai/vectordb"} if pick(values, "vectordb", "auth", "existingSecret") else set()
        yield from _one(values, ("vectordb", "backup"), {"tmp", _BACKUPS, "vectordb-key"}, {_TMP, *kept, *key})


def _one(values: Values, path: tuple[str, ...], volumes: set[str], mounts: set[str]) -> Iterator[Pods]:
    settings = table(values, *path)
    # Pods of `helm test` take what places them from evals, on or off.
    if settings and (path == ("evals",) or is_on(values, path[0])):
        yield Pods((path,), settings, frozenset(volumes), frozenset(mounts))


def _read_engine(inference: Values, name: str, model: Values) -> Pods:
    settings = read_model(inference, model)
    defaults: KeyPath = ("inference", "modelDefaults")
    profile: Any = model.get("profile") or pick(inference, "modelDefaults", "profile")
    hardware: tuple[KeyPath, ...] = (("inference", "profiles", profile),) if isinstance(profile, str) else ()
    mounts = {_TMP, "/models", "/probe", "/lora/*", "/with/*"}
    if choose_engine(settings) != "llamacpp":
        mounts |= {"/cache"}
    if settings.get("shmSize"):
        mounts |= {_SHM}
    volumes = {"tmp", "models", "weights", "shm", "engine-cache", "probe", "lora-*", "with-*", "claim-*"}
    sources: tuple[KeyPath, ...] = (("inference", "models", name), *hardware, defaults)
    return Pods(sources, settings, frozenset(volumes), frozenset(mounts))
