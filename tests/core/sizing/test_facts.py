"""Facts passed by hand: each changes what is read, or is refused."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from tooling.core.sizing.config import read_config
from tooling.core.sizing.facts import FIELDS, put_facts, read_fact
from tooling.core.sizing.families import FAMILIES
from tooling.core.sizing.known import KNOWN
from tooling.errors import UsageError


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("head_dim=64", ("head_dim", 64)),
        ("head_dim=null", ("head_dim", None)),
        ("tie_word_embeddings=true", ("tie_word_embeddings", True)),
        ("tie_word_embeddings=null", ("tie_word_embeddings", None)),
        ("torch_dtype=bfloat16", ("torch_dtype", "bfloat16")),
        ("layer_types=null", ("layer_types", None)),
    ],
)
def test_a_fact_is_a_number_a_word_or_nothing(text, fact):
    assert read_fact(text) == fact


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("head_dim", "it sets nothing"),
        ("=3", "it sets nothing"),
        ("zzzz=3", r"--fact zzzz: no field of that name is read\. docs/size\.md"),
        ("num_key_value_head=8", r"Did you mean num_key_value_heads\?"),
        ("tie_word_embeddings=1", r"it is true or false\. Write it as --fact tie_word_embeddings=true"),
        ("tie_word_embeddings=yes", "it is true or false"),
        ("layer_types=full", "it cannot be passed, but for null"),
        ("quantization_config=fp8", "it cannot be passed, but for null"),
    ],
)
def test_a_fact_that_would_change_nothing_is_refused(text, told):
    with pytest.raises(UsageError, match=told):
        read_fact(text)


def test_facts_go_over_the_file_and_into_a_language_model_inside():
    assert put_facts({"a": 1, "b": 1}, {"b": 2}) == {"a": 1, "b": 2}
    wrapped = {"text_config": {"b": 1, "c": 1}}
    assert put_facts(wrapped, {"b": 2})["text_config"] == {"b": 2, "c": 1}
    assert put_facts(wrapped, {}) == wrapped


class Watched(dict[str, Any]):
    """A config.json that remembers which of its fields were asked for."""

    def __init__(self, fields: Mapping[str, Any], asked: set[str]) -> None:
        super().__init__(fields)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_the_fields_that_can_be_passed_are_those_that_are_read():
    asked: set[str] = set()
    numbers = {
        **KNOWN["deepseek-ai/DeepSeek-V3"],
        "num_hidden_layers": 4,
        "num_local_experts": 8,
        "num_experts": 8,
    }
    shared = {"shared_expert_intermediate_size": 64, "use_sliding_window": True, "sliding_window": 8}
    for kind, latent in itertools.product(FAMILIES, (512, None)):
        told = {**numbers, **shared, "model_type": kind, "kv_lora_rank": latent, "num_key_value_heads": 8}
        read_config(Watched({**told, "head_dim": 64}, asked), "mine")
        read_config(Watched({**told, "head_dim": 64, "quantization_config": None}, asked), "mine")
    asked.add("dtype")  # only where torch_dtype is missing
    assert asked - {"text_config"} == FIELDS
