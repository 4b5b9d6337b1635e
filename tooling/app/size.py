"""How much memory a model needs, on which hardware of an environment, with which values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tooling.core.sizing.config import read_config
from tooling.core.sizing.facts import put_facts, read_fact
from tooling.core.sizing.fit import (
    LEAST_GPU,
    LEAST_WEIGHTS,
    TENSORS,
    Fit,
    Hardware,
    choose,
    fit,
    limit,
    read_hardware,
    read_least,
    write_values,
)
from tooling.core.sizing.formats import FORMATS, Format, explain_format, find_cache_bits, find_format
from tooling.core.sizing.gguf import read_gguf
from tooling.core.sizing.known import find_known
from tooling.core.sizing.memory import SEQUENCES, Serving, Share, cache_token, host_peak, share, weigh
from tooling.core.sizing.model import Model
from tooling.errors import UsageError
from tooling.ports.models import ModelFiles

_CPU_CONTEXT, _CPU_PARALLEL = 2048, 4
"""What the chart gives llama.cpp where values say nothing."""

_CPU_CACHE = 16
_NAME = 30
_GPUS = 64
"""The most that `--tensor-parallel` takes."""


@dataclass(frozen=True, slots=True)
class SizeRequest:
    """What is to be sized; 0 and "" leave a choice to what the model, its files or its engine say.

    `weights`: the size of all weight files, where the format is not known. `parallel`: rows of a batch, where the
    values of an environment say it. `tensor` 0: as many GPUs as are needed.
    """

    file: Path | None = None
    model: str = ""
    facts: tuple[str, ...] = ()
    parameters: int = 0
    weights: str = ""
    dtype: str = ""
    cache_dtype: str = ""
    context: int = 0
    concurrency: int = 0
    parallel: int = 0
    tensor: int = 0
    pipeline: int = 1
    hardware: tuple[str, ...] = ()
    gpu_memory: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SizeReport:
    """What was found. `fits` is empty without GPUs; `chosen` is what `values` say; None where nothing fits."""

    model: Model
    serving: Serving
    weights: int
    cache_token: int
    share: Share
    fits: tuple[Fit, ...]
    chosen: Fit | None
    peak: int
    limit: int
    values: Mapping[str, Any]


def size(files: ModelFiles, request: SizeRequest, profiles: Mapping[str, Any]) -> SizeReport:
    """Size a model for the entries of inference.profiles. Raises UsageError for what cannot be known."""
    model = _restated(_find_model(files, request), request)
    serving = _serve(model, request)
    model = replace(model, notes=(*model.notes, *_explain(model, serving, request)))
    fits = _find_fits(model, serving, request, profiles) if serving.is_gpu else ()
    chosen = choose(fits)
    served = chosen.serving if chosen else serving
    peak = host_peak(model, served, chosen.hardware.shm if chosen else 0)
    values = write_values(request.name or _name(model), served, peak, chosen)
    return SizeReport(
        model=model,
        serving=served,
        weights=weigh(model, serving.weights),
        cache_token=cache_token(model, serving.cache_bits),
        share=share(model, served),
        fits=fits,
        chosen=chosen,
        peak=peak,
        limit=limit(peak),
        values=values,
    )


def _name(model: Model) -> str:
    """Return a name that may be a part of object names."""
    last = model.name.lower().rsplit("/", maxsplit=1)[-1]
    return re.sub(r"[^a-z0-9]+", "-", last).strip("-")[:_NAME].strip("-") or "model"


def _find_model(files: ModelFiles, request: SizeRequest) -> Model:
    facts = dict(read_fact(text) for text in request.facts)
    is_format_given = bool(request.dtype or request.weights)
    if request.model and request.file is not None:
        raise UsageError("a file and --model name two models.", hint="Pass one of them.")
    if request.model:
        name, config = find_known(request.model)
        return read_config(
            put_facts(config, facts), name, parameters=request.parameters, is_format_given=is_format_given
        )
    if request.file is None:
        raise UsageError("no model was named.", hint="Pass its config.json or GGUF file, or --model NAME.")
    found = files.read(request.file)
    if found.header:
        if request.dtype or facts or request.parameters:
            raise UsageError(
                "a GGUF file says itself what it is.", hint="Leave out --dtype, --fact and --parameters."
            )
        return read_gguf(memoryview(found.header), found.name)
    config = put_facts(found.config, facts)
    return read_config(config, found.name, parameters=request.parameters, is_format_given=is_format_given)


def _restated(model: Model, request: SizeRequest) -> Model:
    if not request.weights:
        return model
    stated = read_least(request.weights, "--weights", LEAST_WEIGHTS)
    return replace(
        model, file_bytes=stated, notes=(*model.notes, "the size of the weights is the one that was passed")
    )


def _serve(model: Model, request: SizeRequest) -> Serving:
    form = _choose_format(model, request)
    is_gpu = not form.is_gguf
    longest = model.context
    context = request.context or (longest if is_gpu else min(longest or _CPU_CONTEXT, _CPU_CONTEXT))
    if not context:
        raise UsageError("the model does not say its longest context.", hint="Pass one: --context 8192.")
    if longest and context > longest:
        raise UsageError(
            f"--context {context}: the model was made for {longest} tokens at most.",
            hint=f"Where it was stretched (YaRN and its like): --fact max_position_embeddings={context}.",
        )
    concurrency = request.concurrency or (1 if is_gpu else request.parallel or _CPU_PARALLEL)
    return Serving(
        weights=form,
        cache_bits=find_cache_bits(request.cache_dtype or "f16", is_gpu=is_gpu),
        context=context,
        concurrency=concurrency,
        sequences=request.concurrency or request.parallel or (SEQUENCES if is_gpu else _CPU_PARALLEL),
        tensor=(request.tensor or 1) if is_gpu else 1,
        pipeline=request.pipeline if is_gpu else 1,
        is_gpu=is_gpu,
    )


def _explain(model: Model, serving: Serving, request: SizeRequest) -> list[str]:
    """Say what the figures take for granted."""
    notes = [explain_format(model.published, serving.weights)] if request.dtype else []
    if serving.is_gpu:
        return [note for note in notes if note]
    if request.tensor > 1 or request.pipeline > 1 or request.hardware or request.gpu_memory:
        notes.append("llama.cpp serves it on CPUs: nothing that is said of GPUs counts")
    if serving.cache_bits != _CPU_CACHE:
        notes.append(
            "our inference-cpu server keeps its cache in f16; for another format bring an image of your own"
        )
    return [note for note in notes if note]


def _choose_format(model: Model, request: SizeRequest) -> Format:
    if request.dtype:
        return find_format(request.dtype)
    if model.published == "gguf":
        return Format("gguf", 0, 0, is_gguf=True)
    if request.weights:
        return Format("as passed", 0, 0)
    if model.published:
        return FORMATS[model.published]
    raise UsageError("the configuration does not say torch_dtype.", hint=f"Pass --dtype: {', '.join(FORMATS)}.")


def _find_fits(
    model: Model, serving: Serving, request: SizeRequest, profiles: Mapping[str, Any]
) -> tuple[Fit, ...]:
    heads = model.attention.heads
    if request.tensor and heads % request.tensor:
        there = ", ".join(str(count) for count in range(1, _GPUS + 1) if heads % count == 0)
        raise UsageError(
            f"the {heads} heads of a layer cannot be divided among {request.tensor} GPUs.",
            hint=f"--tensor-parallel can be {there}.",
        )
    tensors = (request.tensor,) if request.tensor else TENSORS
    found = [fit(model, serving, one, tensors) for one in _find_hardware(request, profiles)]
    return tuple(found)


def _find_hardware(request: SizeRequest, profiles: Mapping[str, Any]) -> list[Hardware]:
    if request.gpu_memory and request.hardware:
        raise UsageError("--gpu-memory and --hardware name two kinds of GPU.", hint="Pass one of them.")
    if request.gpu_memory:
        return [Hardware("", "nvidia.com/gpu", read_least(request.gpu_memory, "--gpu-memory", LEAST_GPU))]
    there = {name: profile for name, profile in profiles.items() if isinstance(profile, Mapping)}
    unknown = [name for name in request.hardware if name not in there]
    if unknown:
        raise UsageError(
            f"there is no hardware {unknown[0]!r} in inference.profiles.",
            hint=f"There are: {', '.join(sorted(there))}. Or pass --gpu-memory 48Gi.",
        )
    return [read_hardware(name, there[name]) for name in request.hardware or sorted(there)]
