"""How many GPUs of which hardware a model needs, and the values that say so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tooling.core.quantity import parse_quantity
from tooling.core.quantity import write_bytes as write_quantity
from tooling.core.sizing.memory import MARGIN, Serving, Share, share
from tooling.core.sizing.model import Model
from tooling.core.values import pick
from tooling.errors import UsageError

UTILIZATION = 0.9
"""Part of a GPU that vLLM takes by default (`--gpu-memory-utilization`); the rest is for what it cannot count."""

TENSORS = (1, 2, 4, 8)
"""GPUs of one pod that are tried: those of one machine."""

_NOMINAL = 8 * 2**30
_LARGEST = 2**60
"""Bytes from which on a text is no size of anything."""

_SHOWN = 40
_SIZES = "Write it as 80Gi, 81920Mi or 15.2G."

LEAST_GPU = 2**30
LEAST_WEIGHTS = 2**20
"""Bytes below which a text is a slip: nobody has such a GPU, or such a model."""

_SHARES = re.compile(r"--gpu-memory-utilization[= ](0?\.\d+|1(?:\.0*)?)(?: |$)")


@dataclass(frozen=True, slots=True)
class Hardware:
    """A kind of GPU: its name in inference.profiles ("" where it has none), its bytes (0: not said).

    `utilization` is the part of it that an engine may take.
    """

    name: str
    resource: str
    memory: int
    utilization: float = UTILIZATION
    shm: int = 0
    extra_args: tuple[str, ...] = ()

    @property
    def usable(self) -> int:
        """Bytes that an engine may take."""
        return int(self.memory * self.utilization)

    @property
    def is_single(self) -> bool:
        """Whether a pod can use but one: slices and turns cannot reach each other's memory."""
        return "/mig-" in self.resource or self.resource.endswith(".shared") or self.utilization < UTILIZATION / 2


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model fits hardware: on which GPUs, `sequences` of full length at once; `reason`: why it does not."""

    hardware: Hardware
    serving: Serving
    share: Share
    sequences: int = 0
    reason: str = ""


def read_bytes(text: object, place: str, least: int = 1) -> int:
    """Return the bytes of a Kubernetes quantity; 0 for an empty one.

    Raises UsageError for what is none or less than `least` bytes, naming the option or key that says it: `place`.
    """
    size = parse_quantity(text or 0)
    shown = str(text)[:_SHOWN]
    if size is None or (size != 0 and not 1 <= size < _LARGEST):
        raise UsageError(f"{place}: {shown!r} is no size.", hint=_SIZES)
    if 0 < size < least:
        raise UsageError(
            f"{place}: {shown!r} is less than {write_bytes(least)}; a number alone is bytes.", hint=_SIZES
        )
    return int(size)


def read_least(text: str, place: str, least: int) -> int:
    """Return the bytes of a quantity that must be there. Raises UsageError for less than `least` bytes."""
    size = read_bytes(text, place, least)
    if not size:
        raise UsageError(f"{place}: {text[:_SHOWN]!r} is no size.", hint=_SIZES)
    return size


def write_bytes(size: int) -> str:
    """Return a quantity that is not smaller: whole GiB from 10, whole MiB below."""
    return write_quantity(Decimal(_round_up(size)))


def _round_up(size: int) -> int:
    unit = 2**30 if size >= 10 * 2**30 else 2**20
    return -(-size // unit) * unit


def read_hardware(name: str, profile: Mapping[str, Any]) -> Hardware:
    """Return what an entry of inference.profiles says about its GPUs."""
    stated = pick(profile, "extraArgs")
    arguments = tuple(str(one) for one in stated) if isinstance(stated, list) else ()
    part = _SHARES.search(" ".join(arguments))
    place = f"inference.profiles.{name}"
    return Hardware(
        name=name,
        resource=str(pick(profile, "gpu", "resource") or ""),
        memory=read_bytes(profile.get("gpuMemory"), f"{place}.gpuMemory", LEAST_GPU),
        utilization=float(part[1]) if part else UTILIZATION,
        shm=read_bytes(profile.get("shmSize"), f"{place}.shmSize"),
        extra_args=arguments,
    )


def fit(model: Model, serving: Serving, hardware: Hardware, tensors: tuple[int, ...] = TENSORS) -> Fit:
    """Find the least GPUs of some hardware that hold a model with its cache; `tensors` are tried in turn."""
    if not hardware.memory:
        return Fit(hardware, serving, share(model, serving), reason="its gpuMemory is not said")
    chosen = [one for one in tensors if model.attention.heads % one == 0]
    if not chosen:
        told = f"{model.attention.heads} heads cannot be divided among {' or '.join(map(str, tensors))} GPUs"
        return Fit(hardware, serving, share(model, serving), reason=told)
    if hardware.is_single:
        chosen = [one for one in chosen if one * serving.pipeline == 1]
    last = serving
    for tensor in chosen:
        last = replace(serving, tensor=tensor)
        taken = share(model, last)
        if taken.total <= hardware.usable:
            free = hardware.usable - taken.total + taken.cache
            return Fit(hardware, last, taken, sequences=free // max(1, taken.sequence))
    if not chosen:
        return Fit(hardware, serving, share(model, serving), reason="a pod can use one slice or turn only")
    return Fit(hardware, last, share(model, last), reason=_complain(last))


def _complain(serving: Serving) -> str:
    return f"even {serving.gpus} are too small" if serving.gpus > 1 else "too small"


def choose(fits: tuple[Fit, ...]) -> Fit | None:
    """Return the fit with the fewest GPUs, and of those the one with the least memory; None where nothing fits.

    Kinds of one nominal size are alike: the first of them is taken.
    """
    found = [one for one in fits if not one.reason]
    return min(found, key=lambda one: (one.serving.gpus, round(one.hardware.memory / _NOMINAL)), default=None)


def limit(peak: int) -> int:
    """Return the memory limit for a peak: 20 % more."""
    return math.ceil(peak * MARGIN)


def write_values(name: str, serving: Serving, peak: int, found: Fit | None) -> dict[str, Any]:
    """Return the values of a model for the chart: hardware, context, and memory at peak + 20 %.

    `parallel` is said too: the activation counts as many rows of logits.
    """
    told = write_bytes(peak)
    memory = {"requests": {"memory": told}, "limits": {"memory": write_bytes(limit(_round_up(peak)))}}
    entry: dict[str, Any] = {"context": serving.context, "parallel": serving.sequences}
    entry |= {"peakMemory": told, "resources": memory}
    if found is not None:
        named = {"profile": found.hardware.name} if found.hardware.name else {}
        entry = {**named, "gpu": {"count": found.serving.gpus}, **entry}
        extra = _arguments(found)
        if extra:
            entry["extraArgs"] = [*found.hardware.extra_args, *extra]
    return {"inference": {"models": {name: entry}}}


def _arguments(found: Fit) -> list[str]:
    """Return what the chart has no key for: a cache in 8 bits, several machines' worth of pipeline."""
    arguments = []
    if found.serving.cache_bits == 8:
        arguments += ["--kv-cache-dtype", "fp8"]
    if found.serving.pipeline > 1:
        arguments += ["--tensor-parallel-size", str(found.serving.tensor)]
        arguments += ["--pipeline-parallel-size", str(found.serving.pipeline)]
    return arguments
