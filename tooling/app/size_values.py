"""What an environment's values already say about a model that is to be sized."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tooling.app.size import SizeRequest
from tooling.core.sizing.fit import read_bytes
from tooling.core.values import Values, pick, read_count, read_model
from tooling.errors import UsageError

_MOST = 2**31
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def adopt(request: SizeRequest, inference: Values) -> tuple[SizeRequest, int]:
    """Fill in what the values say of the model `request.name`, where the request says nothing.

    Returns the request and the memory limit that the values have, in bytes; 0 for a model that they do not have.
    Raises UsageError for a name that no model can have.
    """
    if request.name and not _NAME.fullmatch(request.name):
        raise UsageError(
            f"--name {request.name}: a name has small letters, digits and dashes.", hint="Write it as --name chat."
        )
    entry = pick(inference, "models", request.name)
    if not isinstance(entry, Mapping):
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
        hardware=request.hardware or ((hardware,) if hardware and isinstance(hardware, str) else ()),
    ), read_bytes(
        pick(model, "resources", "limits", "memory"), f"inference.models.{request.name}.resources.limits.memory"
    )


def _number(model: Values, *path: str) -> int:
    """Return a number above 0; 0 where there is none, or one that `validate` refuses anyway."""
    number = read_count(pick(model, *path)) or 0
    return number if 0 < number <= _MOST else 0
