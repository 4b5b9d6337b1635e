"""What an environment's values already say about a model that is to be sized."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tooling.app.size import SizeRequest
from tooling.core.sizing.fit import read_bytes
from tooling.errors import UsageError

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def adopt(request: SizeRequest, inference: Mapping[str, Any]) -> tuple[SizeRequest, int]:
    """Fill in what the values say of the model `request.name`, where the request says nothing.

    Returns the request and the memory limit that the values have, in bytes; 0 for a model that they do not have.
    Raises UsageError for a name that no model can have.
    """
    if request.name and not _NAME.fullmatch(request.name):
        raise UsageError(
            f"--name {request.name}: a name has small letters, digits and dashes.", hint="Write it as --name chat."
        )
    entry = _table(inference, "models").get(request.name)
    if not isinstance(entry, Mapping):
        return request, 0
    defaults = _table(inference, "modelDefaults")
    name = str(entry.get("profile") or defaults.get("profile") or "")
    layers = (entry, _table(_table(inference, "profiles"), name), defaults)
    repository = str(_table(_table(entry, "source"), "hf").get("repository") or "")
    memory = next(filter(None, (_table(_table(one, "resources"), "limits").get("memory") for one in layers)), "")
    return replace(
        request,
        model=request.model or ("" if request.file else repository),
        context=request.context or _number(layers, "context"),
        parallel=_number(layers, "parallel"),
        tensor=request.tensor or _number([_table(one, "gpu") for one in layers], "count") // request.pipeline,
        hardware=request.hardware or ((name,) if name else ()),
    ), read_bytes(memory)


def _table(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(layers: tuple[Mapping[str, Any], ...] | list[Mapping[str, Any]], key: str) -> int:
    """Return the first number above 0 that a layer says; 0 where none does."""
    numbers = (one.get(key) for one in layers)
    return next((number for number in numbers if isinstance(number, int) and number > 0), 0)
