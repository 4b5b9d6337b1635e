"""What an environment's values already say about a model that is to be sized."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from tooling.app.size import SizeRequest
from tooling.core.sizing.fit import read_bytes
from tooling.core.values import Values, pick, read_count, read_model, table
from tooling.errors import UsageError

_MOST = 2**31
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def adopt(request: SizeRequest, inference: Values) -> tuple[SizeRequest, int]:
    """Fill in what the values say of the model `request.name`, where the request says nothing.

    Returns the request and the memory limit that the values have, in bytes; 0 for a model that they do not have.
    Raises UsageError for a name that no model can have, and for one that the values do not have where nothing else
    names a model.
    """
    if request.name and not _NAME.fullmatch(request.name):
        raise UsageError(
            f"--name {request.name}: a name has small letters, digits and dashes.", hint="Write it as --name chat."
        )
    entry = pick(inference, "models", request.name)
    if not isinstance(entry, Mapping):
        if request.name and not request.model and request.file is None:
            _refuse_unknown(request.name, inference)
        return request, 0
    model = read_model(inference, entry)
    hardware = pick(model, "profile")
    gpus = _number(model, "gpu", "count") // request.pipeline
    return replace(
        request,
        model=request.model or ("" if request.file else str(pick(model, "source", "hf", "repository") or "")),
        context=request.context or _number(model, "context"),
        parallel=_number(model, "parallel"),
        tensor=request.tensor or gpus,
        hardware=request.hardware or _choose_hardware(request, hardware),
    ), read_bytes(
        pick(model, "resources", "limits", "memory"), f"inference.models.{request.name}.resources.limits.memory"
    )


def _choose_hardware(request: SizeRequest, profile: object) -> tuple[str, ...]:
    return (profile,) if profile and isinstance(profile, str) and not request.gpu_memory else ()


def _refuse_unknown(name: str, inference: Values) -> NoReturn:
    there = sorted(name for name, entry in table(inference, "models").items() if isinstance(entry, Mapping))
    told = f"There are: {', '.join(there)}." if there else "There are none."
    raise UsageError(
        f"there is no model {name!r} in inference.models of these values.",
        hint=f"{told} For a new one pass its config.json or GGUF file, or --model NAME.",
    )


def _number(model: Values, *path: str) -> int:
    """Return a number above 0; 0 where there is none, or one that `validate` refuses anyway."""
    number = read_count(pick(model, *path)) or 0
    return number if 0 < number <= _MOST else 0
