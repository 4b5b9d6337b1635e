"""Memory of a model that serves: weights + KV cache + activation + overhead, on each GPU or on the machine.

All sizes are bytes. Nothing is measured here: docs/size.md compares the results with published figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tooling.core.sizing.formats import Format
from tooling.core.sizing.model import Layer, Model

GIB = 2**30
MIB = 2**20

BATCHED_TOKENS = 8192
"""Tokens that a GPU engine works on at once: vLLM's `--max-num-batched-tokens` of the server on GPUs from 70 GiB;
it is 2048 on smaller ones, so this is the careful side."""

SEQUENCES = 256
"""Sequences in one batch: vLLM's `--max-num-seqs`. Each has a row of logits."""

LOGIT_BYTES = 50
"""Per number of logits while sampling: itself, sorted, its place, probabilities and sums. vLLM's logs come to 41
for Llama-3-8B (pull request 10511, the same on one GPU and on two) and to 49 for QwQ-32B (issue 14452)."""

GPU_CONTEXT = 8 * GIB // 10
"""CUDA context and libraries of one process on one GPU."""

GPU_GRAPHS = GIB
"""CUDA graphs. vLLM logged 0.13 to 0.64 GiB for models from 0.6 B to 8 B parameters."""

GPU_COMMUNICATION = 18 * GIB // 10
"""NCCL and all-reduce buffers where several GPUs serve one model: vLLM (pull request 10511) told 3.58 GiB outside
of PyTorch on two GPUs, and 1.79 GiB on one, which is what the two above come to."""

HOST_SERVER = 4 * GIB
HOST_WORKER = 6 * GIB
"""Main memory of an engine's server, and of each process that drives a GPU (Python, PyTorch, compilation).
Estimates: no GPU was at hand to measure them."""

LOADED_FILE = 5 * 10**9
"""A file of weights on its way to the GPU: files of the Hub are at most 5 GB by default."""

CPU_TOKENS = 512
"""Tokens that llama.cpp works on at once, in our image and by default (n_ubatch)."""

CPU_PROCESS = 80 * MIB
"""Our llama.cpp server without a model: Python, tokenizer, threads. Measured: 70 MiB (docs/size.md)."""

MARGIN = 1.2
"""A memory limit is the peak and 20 %."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How a model is served. `sequences`: rows of one batch; `is_gpu`: by vLLM, else by llama.cpp on CPUs."""

    weights: Format
    cache_bits: float
    context: int
    concurrency: int = 1
    sequences: int = SEQUENCES
    tensor: int = 1
    pipeline: int = 1
    is_gpu: bool = True

    @property
    def gpus(self) -> int:
        """How many GPUs one replica takes."""
        return self.tensor * self.pipeline


@dataclass(frozen=True, slots=True)
class Share:
    """What one GPU holds, or the machine where there is none. `sequence` is one sequence of full length."""

    weights: int
    sequence: int
    cache: int
    activation: int
    overhead: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.cache + self.activation + self.overhead


def weigh(model: Model, form: Format) -> int:
    """Return the bytes of all weights, as their files have them."""
    if model.file_bytes:
        return model.file_bytes
    outside = (model.embedding + model.head + model.rest) * form.plain
    inside = sum(_layer_bits(layer, form) for layer in model.layers)
    return math.ceil((outside + inside) / 8)


def cache_token(model: Model, bits: float) -> int:
    """Return the bytes that one token takes in the KV cache of all layers, none of which slides its window."""
    return math.ceil(sum(_entry(model, layer, 1) for layer in model.layers) * bits / 8)


def share(model: Model, serving: Serving) -> Share:
    """Return what the fullest GPU holds: that of the widest pipeline part."""
    size = math.ceil(len(model.layers) / serving.pipeline)
    parts = [model.layers[start : start + size] for start in range(0, len(model.layers), size)]
    ends = {0, len(parts) - 1}
    weights = max(_part_weights(model, part, serving, is_end=at in ends) for at, part in enumerate(parts))
    sequence = max(_part_cache(model, part, serving) for part in parts)
    activation = _gpu_activation(model, serving) if serving.is_gpu else _cpu_activation(model, serving)
    return Share(weights, sequence, sequence * serving.concurrency, activation, _overhead(serving))


def host_peak(model: Model, serving: Serving, shm: int) -> int:
    """Return the peak of main memory in the server's container; `shm` is its /dev/shm, which counts too.

    Without GPUs that is the model itself. With GPUs it is the processes and one file of weights: pages of files
    that were read go when memory is short.
    """
    if not serving.is_gpu:
        return share(model, serving).total + shm
    loaded = min(LOADED_FILE, weigh(model, serving.weights))
    return HOST_SERVER + HOST_WORKER * serving.gpus + loaded + shm


def _layer_bits(layer: Layer, form: Format) -> float:
    rest = form.plain if form.experts_only else form.bits
    attention = (layer.linear + layer.kv + layer.latent) * rest
    return attention + layer.experts * form.bits + layer.small * form.plain


def _part_weights(model: Model, part: tuple[Layer, ...], serving: Serving, *, is_end: bool) -> int:
    """Divide what tensor parallelism divides; embedding and head go by the vocabulary."""
    if model.file_bytes:
        return math.ceil(model.file_bytes / serving.gpus)
    form, tensor = serving.weights, serving.tensor
    rest = form.plain if form.experts_only else form.bits
    bits = 0.0
    for layer in part:
        heads = max(1, model.count_kv_heads(layer))
        bits += (layer.linear * rest + layer.experts * form.bits) / tensor
        bits += layer.kv * rest / min(tensor, heads) + layer.latent * rest + layer.small * form.plain
    if serving.pipeline == 1:
        bits += (model.embedding + model.head) * form.plain / tensor
    elif is_end:
        bits += max(model.embedding, model.head) * form.plain / tensor
    return math.ceil((bits + model.rest * form.plain) / 8)


def _part_cache(model: Model, part: tuple[Layer, ...], serving: Serving) -> int:
    """Return the bytes of one sequence of full length.

    A layer with a window keeps window - 1 tokens and those in work: so do vLLM's hybrid cache and llama.cpp's.
    """
    in_work = BATCHED_TOKENS if serving.is_gpu else CPU_TOKENS
    numbers = 0
    for layer in part:
        kept = min(serving.context, layer.window - 1 + in_work) if layer.window else serving.context
        numbers += kept * _entry(model, layer, serving.tensor)
    return math.ceil(numbers * serving.cache_bits / 8)


def _entry(model: Model, layer: Layer, tensor: int) -> int:
    """Return the numbers that one token leaves in one layer's cache on one GPU: a KV head is never cut."""
    attention = model.attention
    if attention.latent:
        return attention.latent
    heads = math.ceil(model.count_kv_heads(layer) / tensor)
    return heads * (attention.key_size + attention.value_size)


def _gpu_activation(model: Model, serving: Serving) -> int:
    """Count a full batch at its widest layer in 16 bits, or the logits while sampling, whichever is more."""
    attention = model.attention
    heads = attention.heads * (2 * attention.key_size + attention.value_size)
    width = 2 * model.hidden + model.outer + math.ceil(max(model.inner, heads) / serving.tensor)
    logits = serving.sequences * model.vocabulary * LOGIT_BYTES
    return max(BATCHED_TOKENS * width * 2, logits)


def _cpu_activation(model: Model, serving: Serving) -> int:
    """Count llama.cpp's compute buffer in 32 bits: the widest layer of a batch, and a row of logits per sequence.

    Its server switches flash attention on by itself, so that no matrix of batch x context is made.
    """
    attention = model.attention
    heads = attention.heads * (attention.key_size + attention.value_size)
    width = 2 * model.hidden + max(model.inner + model.outer, heads)
    return (CPU_TOKENS * width + serving.concurrency * model.vocabulary) * 4


def _overhead(serving: Serving) -> int:
    if not serving.is_gpu:
        return CPU_PROCESS
    return GPU_CONTEXT + GPU_GRAPHS + (GPU_COMMUNICATION if serving.gpus > 1 else 0)
