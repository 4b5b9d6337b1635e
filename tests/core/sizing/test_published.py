"""Sizes of well-known models against what others published of them. Sources stand in each row."""

from __future__ import annotations

import pytest

from tooling.core.sizing import memory
from tooling.core.sizing.config import read_config
from tooling.core.sizing.formats import FORMATS
from tooling.core.sizing.known import KNOWN, find_known
from tooling.core.sizing.memory import GIB, Serving, cache_token, host_peak, share, weigh
from tooling.core.sizing.model import Model

MIB = 2**20
BF16 = FORMATS["bf16"]

PARAMETERS = [  # 10^9; the model's own card or announcement
    ("meta-llama/Llama-3.1-8B-Instruct", 8.03),
    ("meta-llama/Llama-3.1-70B-Instruct", 70.6),
    ("meta-llama/Llama-3.1-405B-Instruct", 405.9),
    ("meta-llama/Llama-3.2-1B-Instruct", 1.23),
    ("meta-llama/Llama-3.2-3B-Instruct", 3.21),
    ("meta-llama/Llama-3.3-70B-Instruct", 70.6),
    ("HuggingFaceTB/SmolLM2-135M-Instruct", 0.1345),
    ("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1.71),
    ("mistralai/Mistral-7B-Instruct-v0.1", 7.24),
    ("mistralai/Mistral-7B-Instruct-v0.3", 7.25),
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", 46.7),
    ("mistralai/Mixtral-8x22B-Instruct-v0.1", 141.0),
    ("Qwen/Qwen2.5-0.5B-Instruct", 0.494),
    ("Qwen/Qwen2.5-7B-Instruct", 7.61),
    ("Qwen/Qwen2.5-32B-Instruct", 32.8),
    ("Qwen/Qwen2.5-72B-Instruct", 72.7),
    ("Qwen/Qwen3-8B", 8.19),
    ("Qwen/Qwen3-32B", 32.8),
    ("Qwen/Qwen3-30B-A3B", 30.5),
    ("google/gemma-2-9b-it", 9.24),
    ("google/gemma-2-27b-it", 27.2),
    ("microsoft/Phi-3-mini-4k-instruct", 3.82),
    ("deepseek-ai/DeepSeek-V3", 671.0),
    ("openai/gpt-oss-20b", 20.91),
    ("openai/gpt-oss-120b", 116.83),
]
EXACT = {  # parameters as the Hub counts them in the files of these repositories
    "meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248,
    "meta-llama/Llama-3.1-70B-Instruct": 70_553_706_496,
    "meta-llama/Llama-3.1-405B-Instruct": 405_853_388_800,
    "meta-llama/Llama-3.2-1B-Instruct": 1_235_814_400,
    "meta-llama/Llama-3.2-3B-Instruct": 3_212_749_824,
    "mistralai/Mistral-7B-Instruct-v0.1": 7_241_732_096,
    "mistralai/Mistral-7B-Instruct-v0.3": 7_248_023_552,
    "mistralai/Mixtral-8x7B-Instruct-v0.1": 46_702_792_704,
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen2.5-72B-Instruct": 72_706_203_648,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "Qwen/Qwen3-30B-A3B": 30_532_122_624,
    "google/gemma-2-9b-it": 9_241_705_984,
    "google/gemma-2-27b-it": 27_227_128_320,
    "microsoft/Phi-3-mini-4k-instruct": 3_821_079_552,
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "openai/gpt-oss-20b": 20_914_757_184,
}
WEIGHTS = [  # GiB
    ("llama-3.1-8b", "bf16", 14.96),  # llama.cpp tools/quantize/README.md; vLLM's log in its pull request 10511
    ("llama-3.1-8b", "q4_k_m", 4.58),  # the same README, and the next two
    ("llama-3.1-70b", "q4_k_m", 43.1e9 / GIB),
    ("llama-3.1-405b", "q4_k_m", 249.1e9 / GIB),
    ("llama-3.1-405b", "fp32", 1625.1e9 / GIB),
    ("gpt-oss-20b", "mxfp4", 12.8),  # model card of gpt-oss, table 1
    ("gpt-oss-120b", "mxfp4", 60.8),
]
CACHES = [  # bytes of one token in 16 bits
    ("deepseek-v3", 70_272),  # "Insights into DeepSeek-V3" (arXiv 2505.09343), table 1, and the next two
    ("qwen2.5-72b", 327_680),
    ("llama-3.1-405b", 516_096),
    ("qwen2.5-7b", 112 * MIB / 2048),  # llama.cpp's log: 28 layers of 512, 112 MiB for 2048 tokens
]


def known(name: str) -> Model:
    repository, config = find_known(name)
    return read_config(config, repository)


def test_every_known_model_is_held_against_a_published_figure():
    assert {name for name, _ in PARAMETERS} == set(KNOWN)


@pytest.mark.parametrize(("name", "published"), PARAMETERS)
def test_parameters_are_within_one_percent_of_those_published(name, published):
    assert known(name).parameters / 1e9 == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(("name", "published"), EXACT.items())
def test_parameters_are_those_of_the_files_to_the_last_one(name, published):
    assert known(name).parameters == published


@pytest.mark.parametrize(("name", "form", "published"), WEIGHTS)
def test_weights_are_within_one_percent_of_those_published(name, form, published):
    assert weigh(known(name), FORMATS[form]) / GIB == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(("name", "published"), CACHES)
def test_the_cache_of_a_token_is_what_was_published(name, published):
    assert cache_token(known(name), 16) == published


@pytest.mark.parametrize(
    ("name", "tensor", "weights", "activation"),
    [
        ("llama-3.1-8b", 1, 14.96, 1.26),  # vLLM, pull request 10511: Meta-Llama-3-8B, which has the same shape
        ("llama-3.1-8b", 2, 7.48, 1.26),
        ("qwen2.5-32b", 2, None, 1.77),  # vLLM, issue 14452: QwQ-32B, the same shape, the last of two GPUs
    ],
)
def test_a_share_is_not_below_what_vllm_measured(name, tensor, weights, activation):
    taken = share(known(name), Serving(BF16, 16, 8192, tensor=tensor))
    if weights:
        assert taken.weights / GIB == pytest.approx(weights, rel=0.01)
    assert activation <= taken.activation / GIB <= 1.3 * activation


@pytest.mark.parametrize(
    ("context", "parallel", "measured"),
    [(512, 1, 180), (2048, 4, 356), (8192, 1, 352), (8192, 4, 897)],  # MiB, by us: docs/size.md
)
def test_the_container_of_smollm2_takes_at_most_a_tenth_less_than_computed(context, parallel, measured):
    model = known("smollm2-135m")
    # Q4_1: 4 bits, and two 16-bit numbers for each block of 32.
    serving = Serving(FORMATS["q4_k_m"], 16, context, parallel, parallel, is_gpu=False)
    file = 96_576_768 - weigh(model, serving.weights)
    computed = (share(model, serving).total + file) / MIB
    assert measured <= computed <= 1.1 * measured


def test_kv_heads_are_copied_where_there_are_more_gpus_than_heads():
    model = known("llama-3.1-70b")
    eight, sixteen = (share(model, Serving(BF16, 16, 8192, tensor=tensor)) for tensor in (8, 16))
    assert eight.sequence == sixteen.sequence == 8192 * 80 * 2 * 128 * 2
    keys_and_values = 80 * 2 * 8192 * 8 * 128 * 2
    norms = (2 * 80 + 1) * 8192 * 2
    divided = weigh(model, BF16) - keys_and_values - norms
    assert eight.weights == divided / 8 + keys_and_values / 8 + norms
    assert sixteen.weights == divided / 16 + keys_and_values / 8 + norms


def test_a_latent_cache_is_on_every_gpu():
    model = known("deepseek-v3")
    one, eight = (share(model, Serving(FORMATS["fp8"], 16, 1000, tensor=tensor)) for tensor in (1, 8))
    assert one.sequence == eight.sequence == 1000 * 61 * 576 * 2


def test_a_sliding_window_keeps_the_window_and_what_is_in_work():
    slides, whole = known("mistral-7b-instruct-v0.1"), known("mistral-7b-instruct-v0.3")
    short, long = (Serving(BF16, 16, context) for context in (4096, 32768))
    assert share(slides, short).sequence == share(whole, short).sequence
    assert share(slides, long).sequence == (4096 - 1 + memory.BATCHED_TOKENS) * 131072
    assert share(whole, long).sequence == 32768 * 131072


def test_gemma_2_slides_every_other_layer():
    taken = share(known("gemma-2-9b"), Serving(BF16, 16, 8192, is_gpu=False))
    assert taken.sequence == (21 * 8192 + 21 * (4096 - 1 + 512)) * 8 * 2 * 256 * 2


def test_pipeline_parts_hold_their_layers_and_one_end():
    model = known("llama-3.1-8b")
    whole, parts = (share(model, Serving(BF16, 16, 8192, pipeline=count)) for count in (1, 2))
    assert parts.weights == (whole.weights + 8192) // 2  # the last norm is counted with each
    assert parts.sequence == whole.sequence / 2
    middle = share(model, Serving(BF16, 16, 8192, pipeline=4))
    assert middle.weights < parts.weights
    assert middle.overhead == whole.overhead + memory.GPU_COMMUNICATION


def test_an_8_bit_cache_takes_half():
    model = known("llama-3.1-8b")
    assert 2 * cache_token(model, 8) == cache_token(model, 16)


def test_experts_alone_are_quantised_where_the_format_says_so():
    model = known("gpt-oss-20b")
    assert weigh(model, FORMATS["mxfp4"]) > weigh(model, FORMATS["int4"])


def test_main_memory_counts_processes_a_file_and_shared_memory():
    model = known("llama-3.1-8b")
    serving = Serving(BF16, 16, 8192, tensor=2)
    processes = memory.HOST_SERVER + 2 * memory.HOST_WORKER
    assert host_peak(model, serving, GIB) == processes + memory.LOADED_FILE + GIB
    small = known("smollm2-135m")
    assert host_peak(small, serving, 0) == processes + weigh(small, BF16)


def test_without_gpus_the_model_is_main_memory():
    model = known("smollm2-135m")
    serving = Serving(FORMATS["q8_0"], 16, 2048, is_gpu=False)
    assert host_peak(model, serving, MIB) == share(model, serving).total + MIB
