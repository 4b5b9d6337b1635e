"""Any configuration is sized or refused, and what is sized behaves as memory does."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tooling.core.sizing.config import read_config
from tooling.core.sizing.families import FAMILIES
from tooling.core.sizing.fit import Hardware, fit
from tooling.core.sizing.formats import FORMATS
from tooling.core.sizing.known import KNOWN
from tooling.core.sizing.memory import Serving, cache_token, host_peak, share, weigh
from tooling.errors import UsageError

KEYS = sorted({key for config in KNOWN.values() for key in config} | {"layer_types", "text_config", "dtype"})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=2)
CONFIGS = st.builds(
    lambda base, kind, changes: {**base, "model_type": kind, **changes},
    st.sampled_from([dict(config) for config in KNOWN.values()]),
    st.sampled_from([*FAMILIES, "novel"]),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=2),
)
SIZES = st.fixed_dictionaries(
    {
        "num_hidden_layers": st.integers(1, 130),
        "hidden_size": st.integers(1, 512).map(lambda number: 64 * number),
        "intermediate_size": st.integers(1, 60_000),
        "num_attention_heads": st.sampled_from([8, 16, 32, 64]),
        "num_key_value_heads": st.sampled_from([1, 2, 4, 8]),
        "head_dim": st.sampled_from([64, 80, 128, 256]),
        "vocab_size": st.integers(1000, 300_000),
    }
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(config=CONFIGS, parameters=st.sampled_from([0, 1, 8 * 10**9]))
def test_any_configuration_is_sized_or_refused(config: dict[str, Any], parameters: int) -> None:
    with contextlib.suppress(UsageError):
        model = read_config(config, "mine", parameters=parameters)
        taken = share(model, Serving(FORMATS["int4"], 8, 4096, 2, tensor=4, pipeline=3))
        assert min(taken.weights, taken.cache, taken.activation, taken.overhead) > 0


@settings(derandomize=True, deadline=None, max_examples=150)
@given(sizes=SIZES, form=st.sampled_from(["bf16", "fp8", "int4"]), context=st.integers(128, 2**20))
def test_what_is_sized_behaves_as_memory_does(sizes: dict[str, int], form: str, context: int) -> None:
    model = read_config({"model_type": "llama", **sizes}, "mine", is_format_given=True)
    one = Serving(FORMATS[form], 16, context)
    alone = share(model, one)
    assert abs(alone.weights - weigh(model, FORMATS[form])) <= 1
    assert alone.sequence == context * cache_token(model, 16)
    two = share(model, Serving(FORMATS[form], 16, context, tensor=2))
    assert alone.weights / 2 <= two.weights + 1 <= alone.weights + 1
    assert alone.sequence / 2 <= two.sequence <= alone.sequence
    assert share(model, Serving(FORMATS[form], 16, 2 * context)).total > alone.total
    assert share(model, Serving(FORMATS[form], 16, context, 2)).cache == 2 * alone.cache
    assert host_peak(model, one, 0) > 0


@settings(derandomize=True, deadline=None, max_examples=150)
@given(sizes=SIZES, memory=st.integers(8, 200))
def test_a_fit_holds_the_model_and_the_step_before_did_not(sizes: dict[str, int], memory: int) -> None:
    model = read_config({"model_type": "llama", **sizes}, "mine", is_format_given=True)
    hardware = Hardware("mine", "nvidia.com/gpu", memory * 2**30)
    found = fit(model, Serving(FORMATS["bf16"], 16, 4096), hardware)
    if found.reason:
        assert found.share.total > hardware.usable
        return
    assert found.sequences >= 1
    assert found.share.total - found.share.cache + found.sequences * found.share.sequence <= hardware.usable
    if found.serving.tensor > 1:
        fewer = Serving(FORMATS["bf16"], 16, 4096, tensor=found.serving.tensor // 2)
        assert share(model, fewer).total > hardware.usable
