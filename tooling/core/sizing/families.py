"""Architectures by `model_type`: which parts their layers have.

Source: the modeling code of Hugging Face transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tooling.core.sizing.fields import Fields


@dataclass(frozen=True, slots=True)
class Experts:
    """A mixture of experts: the fields that tell how many and how wide, and which layers have it."""

    count: tuple[str, ...]
    inner: tuple[str, ...]
    shared: tuple[str, ...] = ()
    is_shared_counted: bool = False
    has_bias: bool = False
    has_router_bias: bool = False
    has_shared_gate: bool = False

    def place(self, told: Fields, at: int) -> bool:
        """Whether layer `at` has experts."""
        if at < told.get("first_k_dense_replace") or str(at) in told.texts("mlp_only_layers"):
            return False
        return (
            at % (told.get("moe_layer_freq") or 1) == 0 and (at + 1) % (told.get("decoder_sparse_step") or 1) == 0
        )

    def shared_inner(self, told: Fields) -> int:
        """Return the width of what all tokens pass besides their experts; 0 where there is nothing."""
        if not self.shared:
            return 0
        found = told.get(*self.shared)
        return found * told.need(*self.inner) if self.is_shared_counted else found


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture.

    `matrices` of a feed-forward part: 3 with a gate, 2 without. `norms` in a layer. `bias` of the attention's
    projections: none, qkv, all, or as `attention_bias` tells. `query_norm` on queries and keys: none, per head, or
    whole. `window`: which layers slide: none, all, those from `max_window_layers` (late), or all but each
    `pattern`-th. `is_multi_head`: no `num_key_value_heads` means as many as heads.
    """

    matrices: int = 3
    norms: int = 2
    has_norm_bias: bool = False
    has_wide_bias: bool = False
    has_sinks: bool = False
    bias: str = "told"
    query_norm: str = ""
    window: str = ""
    pattern: int = 0
    is_tied: bool = False
    is_multi_head: bool = False
    experts: Experts | None = None


_LLAMA = Family(is_multi_head=True)
_QWEN = Family(bias="qkv", window="late")
_QWEN3 = Family(query_norm="head", window="late")
_DEEPSEEK = Family(
    experts=Experts(
        count=("n_routed_experts",),
        inner=("moe_intermediate_size",),
        shared=("n_shared_experts",),
        is_shared_counted=True,
    )
)
_DEEPSEEK_3 = replace(_DEEPSEEK.experts, has_router_bias=True) if _DEEPSEEK.experts else None

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "llama": _LLAMA,
        "granite": _LLAMA,
        "smollm3": replace(_LLAMA, is_tied=True),
        "mistral": Family(window="all"),
        "mixtral": Family(
            window="all", experts=Experts(count=("num_local_experts",), inner=("intermediate_size",))
        ),
        "qwen2": _QWEN,
        "qwen2_moe": replace(
            _QWEN,
            experts=Experts(
                count=("num_experts",),
                inner=("moe_intermediate_size",),
                shared=("shared_expert_intermediate_size",),
                has_shared_gate=True,
            ),
        ),
        "qwen3": _QWEN3,
        "qwen3_moe": replace(_QWEN3, experts=Experts(count=("num_experts",), inner=("moe_intermediate_size",))),
        "gemma": Family(is_tied=True),
        "gemma2": Family(norms=4, window="pattern", pattern=2, is_tied=True),
        "gemma3_text": Family(norms=4, query_norm="head", window="pattern", pattern=6, is_tied=True),
        "phi3": Family(window="all"),
        "starcoder2": Family(
            matrices=2, has_norm_bias=True, has_wide_bias=True, bias="all", window="all", is_tied=True
        ),
        "olmo2": Family(query_norm="whole", is_multi_head=True),
        "cohere": Family(norms=1, is_tied=True),
        "deepseek_v2": _DEEPSEEK,
        "deepseek_v3": replace(_DEEPSEEK, experts=_DEEPSEEK_3),
        "kimi_k2": replace(_DEEPSEEK, experts=_DEEPSEEK_3),
        "gpt_oss": Family(
            bias="all",
            has_sinks=True,
            window="pattern",
            pattern=2,
            experts=Experts(
                count=("num_local_experts",),
                inner=("intermediate_size",),
                has_bias=True,
                has_router_bias=True,
            ),
        ),
    }
)
