"""Facts that are passed by hand: fields of a config.json over those of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.core.digits import read_digits
from tooling.core.schema.nearest import find_nearest
from tooling.errors import UsageError

NUMBERS = frozenset(
    {
        "decoder_sparse_step",
        "first_k_dense_replace",
        "head_dim",
        "hidden_size",
        "intermediate_size",
        "kv_lora_rank",
        "max_position_embeddings",
        "max_window_layers",
        "moe_intermediate_size",
        "moe_layer_freq",
        "n_routed_experts",
        "n_shared_experts",
        "num_attention_heads",
        "num_experts",
        "num_experts_per_tok",
        "num_hidden_layers",
        "num_key_value_heads",
        "num_local_experts",
        "q_lora_rank",
        "qk_nope_head_dim",
        "qk_rope_head_dim",
        "shared_expert_intermediate_size",
        "sliding_window",
        "sliding_window_pattern",
        "v_head_dim",
        "vocab_size",
    }
)
FLAGS = frozenset({"attention_bias", "tie_word_embeddings", "use_sliding_window"})
WORDS = frozenset({"dtype", "model_type", "torch_dtype"})
LISTS = frozenset({"layer_types", "mlp_only_layers", "quantization_config"})
"""What a text cannot say; null takes them away."""

FIELDS = NUMBERS | FLAGS | WORDS | LISTS
"""All fields that are read."""

_LITERALS: Mapping[str, object] = {"true": True, "false": False, "null": None}


def read_fact(text: str) -> tuple[str, object]:
    """Return the field and value of KEY=VALUE. Raises UsageError for one that would change nothing."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise UsageError(f"--fact {text}: it sets nothing.", hint="Write it as --fact num_key_value_heads=8.")
    if key not in FIELDS:
        near = find_nearest(key, FIELDS)
        told = f"Did you mean {near}?" if near else "docs/size.md tells what counts."
        raise UsageError(f"--fact {key}: no field of that name is read.", hint=told)
    number = read_digits(value)
    found = _LITERALS.get(value, value) if number is None else number
    if found is not None and key in FLAGS and not isinstance(found, bool):
        raise UsageError(f"--fact {key}: it is true or false.", hint=f"Write it as --fact {key}=true.")
    if found is not None and key in LISTS:
        raise UsageError(
            f"--fact {key}: it cannot be passed, but for null.", hint="Write it into a copy of config.json."
        )
    return key, found


def put_facts(config: Mapping[str, Any], facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a config.json with some facts over it; those of a language model inside another go to that one."""
    inner = config.get("text_config")
    if isinstance(inner, Mapping) and facts:
        return {**config, **facts, "text_config": {**inner, **facts}}
    return {**config, **facts}
