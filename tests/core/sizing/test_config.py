"""What a config.json says, and what is refused with the words to pass."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.core.sizing.config import read_config
from tooling.core.sizing.formats import FORMATS
from tooling.core.sizing.known import KNOWN
from tooling.core.sizing.memory import Serving, share
from tooling.errors import UsageError

LLAMA: dict[str, Any] = dict(KNOWN["meta-llama/Llama-3.1-8B-Instruct"])
OSS: dict[str, Any] = dict(KNOWN["openai/gpt-oss-20b"])


def without(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys}


@pytest.mark.parametrize(
    ("config", "parameters", "told"),
    [
        (without(LLAMA, "model_type"), 0, "model_type is missing: .* --parameters 7.6e9. Known are: .*llama"),
        ({**LLAMA, "model_type": "novel"}, 0, "model_type novel: this architecture is not known here"),
        (without(LLAMA, "hidden_size"), 0, "does not say hidden_size. Pass it: --fact hidden_size=NUMBER"),
        (without(LLAMA, "num_hidden_layers"), 0, "does not say num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": 10**9}, 0, "more layers than any model has"),
        (LLAMA, 5, "--parameters 5: the configuration comes to 8030261248"),
        ({**LLAMA, "vocab_size": "many"}, 0, "vocab_size is 'many', which is no number"),
        ({**LLAMA, "num_attention_heads": True}, 0, "num_attention_heads is True"),
        ({**LLAMA, "num_attention_heads": -1}, 0, "num_attention_heads is -1"),
        ({**LLAMA, "head_dim": None, "num_attention_heads": 33}, 0, "does not say head_dim"),
        ({**without(LLAMA, "num_key_value_heads"), "model_type": "mistral"}, 0, "num_key_value_heads"),
        (without(dict(KNOWN["Qwen/Qwen3-30B-A3B"]), "num_experts"), 0, "does not say num_experts"),
        ({**LLAMA, "layer_types": ["linear_attention"] * 32}, 0, "keep a state instead of keys and values"),
        ({**LLAMA, "mamba_d_state": 16}, 5, "keep a state"),
        ({"model_type": "mamba"}, 5, "model_type mamba: layers that keep a state"),
        ({**LLAMA, "quantization_config": {"quant_method": "own"}}, 0, "own is not known here.* --weights SIZE"),
        ({**LLAMA, "quantization_config": {}}, 0, "without quant_method"),
        ({"text_config": {"text_config": {}}}, 5, "its text_config holds another one"),
        (
            {"model_type": "llava", "text_config": LLAMA},
            0,
            "parts that are not counted here.* --parameters 12.2e9",
        ),
    ],
)
def test_what_cannot_be_known_is_refused_with_what_to_pass(config, parameters, told):
    with pytest.raises(UsageError, match=told):
        read_config(config, "mine", parameters=parameters)


def test_llama_without_kv_heads_has_as_many_as_heads():
    model = read_config(without(LLAMA, "num_key_value_heads"), "mine")
    assert model.attention.kv_heads == 32


def test_the_size_of_a_head_follows_from_the_width():
    assert read_config(without(LLAMA, "head_dim"), "mine").attention.key_size == 128


def test_an_unknown_architecture_takes_the_number_that_is_passed():
    model = read_config({**LLAMA, "model_type": "novel"}, "mine", parameters=8_030_000_000)
    assert model.parameters == 8_030_000_000
    assert model.attention.kv_heads == 8
    assert "every layer is taken to have attention" in model.notes[0]
    known = share(read_config(LLAMA, "mine"), Serving(FORMATS["bf16"], 16, 8192)).total
    assert share(model, Serving(FORMATS["bf16"], 16, 8192)).total == pytest.approx(known, rel=0.01)


def test_an_unknown_architecture_needs_no_width_of_its_feed_forward_part():
    config = {**without(LLAMA, "intermediate_size"), "model_type": "novel"}
    assert read_config(config, "mine", parameters=10**9).inner == 3 * 4 * 4096


@pytest.mark.parametrize("parameters", [7 * 10**9, 9 * 10**9])
def test_a_known_architecture_believes_the_number_that_is_passed(parameters):
    model = read_config(LLAMA, "mine", parameters=parameters)
    assert model.parameters == parameters
    assert "passed" in model.notes[-1]


def test_a_model_that_sees_is_its_language_model_with_all_parameters():
    config = {"model_type": "llava", "torch_dtype": "float16", "text_config": without(LLAMA, "torch_dtype")}
    model = read_config(config, "mine", parameters=9 * 10**9)
    assert (model.parameters, model.published) == (9 * 10**9, "fp16")
    assert "vision" in model.notes[-1]


@pytest.mark.parametrize(
    ("more", "windows"),
    [
        ({"sliding_window": 64}, [0, 0, 0, 0]),
        ({"sliding_window": 64, "use_sliding_window": True, "max_window_layers": 3}, [0, 0, 0, 64]),
        ({"sliding_window": None, "use_sliding_window": True}, [0, 0, 0, 0]),
        (
            {"sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"] * 2},
            [64, 0, 64, 0],
        ),
    ],
)
def test_which_layers_slide(more, windows):
    config = {**KNOWN["Qwen/Qwen2.5-0.5B-Instruct"], "num_hidden_layers": 4, **more}
    assert [layer.window for layer in read_config(config, "mine").layers] == windows


def test_llama_does_not_slide_whatever_is_written():
    assert {layer.window for layer in read_config({**LLAMA, "sliding_window": 64}, "mine").layers} == {0}


@pytest.mark.parametrize(
    ("more", "expert_layers"),
    [
        ({"mlp_only_layers": [0]}, [False, True, True, True]),
        ({"decoder_sparse_step": 2}, [False, True, False, True]),
        ({}, [True] * 4),
    ],
)
def test_which_layers_have_experts(more, expert_layers):
    config = {**KNOWN["Qwen/Qwen3-30B-A3B"], "num_hidden_layers": 4, **more}
    assert [layer.experts > 0 for layer in read_config(config, "mine").layers] == expert_layers


def test_experts_need_no_width_of_a_plain_part_where_there_is_none():
    model = read_config(without(dict(KNOWN["Qwen/Qwen3-30B-A3B"]), "intermediate_size"), "mine")
    assert model.inner == 3 * 8 * 768


PUBLISHED = [  # 10^9 parameters; the models' own cards
    (
        "starcoder2",
        {"num_hidden_layers": 30, "hidden_size": 3072, "intermediate_size": 12288, "num_attention_heads": 24}
        | {"num_key_value_heads": 2, "vocab_size": 49152},
        3.03,
    ),
    (
        "olmo2",
        {"num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 11008, "num_attention_heads": 32}
        | {"vocab_size": 100352},
        7.30,
    ),
    (
        "cohere",
        {"num_hidden_layers": 40, "hidden_size": 8192, "intermediate_size": 22528, "num_attention_heads": 64}
        | {"num_key_value_heads": 64, "vocab_size": 256000},
        34.98,
    ),
    (
        "qwen2_moe",
        {"num_hidden_layers": 24, "hidden_size": 2048, "intermediate_size": 5632, "num_attention_heads": 16}
        | {"num_key_value_heads": 16, "vocab_size": 151936, "num_experts": 60, "num_experts_per_tok": 4}
        | {"moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632},
        14.3,
    ),
    (
        "deepseek_v2",
        {"num_hidden_layers": 27, "hidden_size": 2048, "intermediate_size": 10944, "num_attention_heads": 16}
        | {"vocab_size": 102400, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6}
        | {"moe_intermediate_size": 1408, "first_k_dense_replace": 1, "kv_lora_rank": 512, "q_lora_rank": None}
        | {"qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128},
        15.7,
    ),
    (
        "gemma3_text",
        {"num_hidden_layers": 26, "hidden_size": 1152, "intermediate_size": 6912, "num_attention_heads": 4}
        | {"num_key_value_heads": 1, "head_dim": 256, "vocab_size": 262144, "sliding_window": 512},
        1.00,
    ),
    (
        "granite",
        {"num_hidden_layers": 40, "hidden_size": 4096, "intermediate_size": 12800, "num_attention_heads": 32}
        | {"num_key_value_heads": 8, "vocab_size": 49155, "tie_word_embeddings": True},
        8.17,
    ),
]


@pytest.mark.parametrize(("kind", "config", "published"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_other_architectures_are_within_one_percent_of_what_was_published(kind, config, published):
    model = read_config({"model_type": kind, **config}, "mine", is_format_given=True)
    assert model.parameters / 1e9 == pytest.approx(published, rel=0.01)


def test_gemma_3_slides_five_of_six_layers():
    kind, config, _ = PUBLISHED[5]
    windows = [layer.window for layer in read_config({"model_type": kind, **config}, "mine").layers]
    assert windows[:7] == [512, 512, 512, 512, 512, 0, 512]


def test_biases_that_a_config_tells_are_counted():
    plain, biased = read_config(LLAMA, "mine"), read_config({**LLAMA, "attention_bias": True}, "mine")
    assert biased.parameters - plain.parameters == 32 * (4096 + 2 * 1024 + 4096)
