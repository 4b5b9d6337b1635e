"""Number formats of weights and of the KV cache: how many bits one number takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tooling.errors import UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """Bits of one weight.

    `bits` counts scales and zero points in; `plain` is for what quantisation leaves alone: embeddings, head,
    norms, routers. `experts_only`: attention keeps `plain` too. `is_gguf`: an average over the whole file.
    """

    name: str
    bits: float
    plain: float = 16
    experts_only: bool = False
    is_gguf: bool = False


_GGUF_BITS = {
    "q2_k": 3.1593,
    "q3_k_s": 3.6429,
    "q3_k_m": 3.9960,
    "q3_k_l": 4.2979,
    "iq4_xs": 4.4597,
    "q4_0": 4.6358,
    "iq4_nl": 4.6818,
    "q4_k_s": 4.6672,
    "q4_k_m": 4.8944,
    "q4_1": 5.1031,
    "q5_0": 5.5704,
    "q5_k_s": 5.5704,
    "q5_k_m": 5.7036,
    "q5_1": 6.0377,
    "q6_k": 6.5633,
    "q8_0": 8.5008,
    "f16": 16.0005,
}
"""Average over Llama-3.1-8B; source: tools/quantize/README.md of llama.cpp. Those of q4_0, q4_1, q5_0 and q5_1 are
computed: their blocks of 32 (4.5, 5, 5.5 and 6 bits), the head in q6_k, norms in 32 bits. Models with a large
vocabulary for their size differ by up to a tenth; the header of the file itself says it exactly."""

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "fp32": Format("fp32", 32, 32),
        "bf16": Format("bf16", 16),
        "fp16": Format("fp16", 16),
        "fp8": Format("fp8", 8),
        "int8": Format("int8", 8),
        # Groups of 128 (AWQ, GPTQ): a 16-bit scale and a 4-bit zero point for each.
        "int4": Format("int4", 4 + 20 / 128),
        # bitsandbytes: a 32-bit maximum for each block of 64.
        "nf4": Format("nf4", 4 + 32 / 64),
        # OCP microscaling: an 8-bit exponent for each block of 32; gpt-oss uses it for experts alone.
        "mxfp4": Format("mxfp4", 4 + 8 / 32, experts_only=True),
        **{name: Format(name, bits, bits, is_gguf=True) for name, bits in _GGUF_BITS.items()},
    }
)
"""What `--dtype` takes."""

GPU_CACHE_BITS: Mapping[str, float] = MappingProxyType({"bf16": 16, "fp16": 16, "f16": 16, "fp8": 8})
"""What `--kv-dtype` takes where vLLM serves."""

CPU_CACHE_BITS: Mapping[str, float] = MappingProxyType(
    {"f16": 16, "fp16": 16, "bf16": 16, "f32": 32, "fp32": 32, "q8_0": 8.5, "q4_1": 5, "q4_0": 4.5}
)
"""What it takes where llama.cpp serves. Each block of 32 has a 16-bit scale, in q4_1 a 16-bit minimum too."""

_PUBLISHED = {"bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp16", "float": "fp16"}
"""`torch_dtype` of a config.json. vLLM's `--dtype auto` loads float32 as float16."""

_PLAIN = ("bf16", "fp16", "fp32")
_ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "bf16": "--dtype bfloat16",
        "fp16": "--dtype float16",
        "fp32": "--dtype float32",
        "fp8": "--quantization fp8",
        "nf4": "--quantization bitsandbytes",
    }
)
"""How vLLM is told to load plain weights in another format; it cannot in those that are not here."""

_HINT = "Pass what it is: --dtype NAME, or --weights SIZE (the sum of the weight files)."


def find_format(name: str) -> Format:
    """Return a format by name. Raises UsageError for an unknown one."""
    found = FORMATS.get(name.lower())
    if found is None:
        raise UsageError(f"--dtype {name} is unknown.", hint=f"There are: {', '.join(FORMATS)}.")
    return found


def find_cache_bits(name: str, *, is_gpu: bool) -> float:
    """Return the bits of one number in the cache. Raises UsageError for a format that the engine does not have."""
    there, engine = (GPU_CACHE_BITS, "vLLM on GPUs") if is_gpu else (CPU_CACHE_BITS, "llama.cpp on CPUs")
    found = there.get(name.lower())
    if found is None:
        raise UsageError(f"--kv-dtype {name} is unknown to {engine}.", hint=f"There are: {', '.join(there)}.")
    return found


def explain_format(published: str, form: Format) -> str:
    """Return what it takes to serve a model in another format than published; "" where it takes nothing."""
    if not published or published == form.name:
        return ""
    told = f"as published it is served in {published}; {form.name} takes"
    if form.is_gguf:
        return f"{told} a GGUF file in {form.name} as its source"
    argument = _ARGUMENTS.get(form.name) if published in _PLAIN else None
    if argument is None:
        return f"{told} another checkpoint, in {form.name}, as its source"
    if form.name in _PLAIN:
        return f"{told} {argument} in extraArgs"
    return (
        f"{told} a checkpoint in {form.name} as its source, or {argument} in extraArgs:"
        f" the GPUs may have to hold it in {published} while it is loaded"
    )


def read_format(config: Mapping[str, Any]) -> str:
    """Return the name of the format in which a config.json says that its weights are; "" where it does not say.

    Raises UsageError for a quantisation that is not known here.
    """
    quantisation = config.get("quantization_config")
    if not isinstance(quantisation, Mapping):
        name = str(config.get("torch_dtype") or config.get("dtype") or "").removeprefix("torch.")
        return _PUBLISHED.get(name, "")
    method = str(quantisation.get("quant_method") or "")
    found = _read_quantisation(method, quantisation)
    if not found:
        what = method or "without quant_method"
        raise UsageError(f"quantization_config: {what} is not known here, or not in this form.", hint=_HINT)
    return found


def _read_quantisation(method: str, quantisation: Mapping[str, Any]) -> str:
    if method in {"awq", "gptq"}:
        return {4: "int4", 8: "int8"}.get(_whole(quantisation.get("bits")), "")
    if method in {"fp8", "fbgemm_fp8", "mxfp4"}:
        return method.removeprefix("fbgemm_")
    if method == "bitsandbytes":
        return "int8" if quantisation.get("load_in_8bit") else "nf4" if quantisation.get("load_in_4bit") else ""
    if method == "compressed-tensors":
        return _read_groups(quantisation.get("config_groups"))
    return ""


def _read_groups(groups: object) -> str:
    """Return the one format of all groups that llm-compressor writes; "" when they differ."""
    found = set()
    for group in groups.values() if isinstance(groups, Mapping) else ():
        weights = group.get("weights") if isinstance(group, Mapping) else None
        shape = weights if isinstance(weights, Mapping) else {}
        found.add((_whole(shape.get("num_bits")), str(shape.get("type"))))
    known = {(8, "float"): "fp8", (8, "int"): "int8", (4, "int"): "int4"}
    return known.get(found.pop(), "") if len(found) == 1 else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
