"""Read a model's facts from its config.json, as transformers and vLLM understand it.

Counts follow the modules of Hugging Face transformers (`modeling_<architecture>.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tooling.core.sizing.families import FAMILIES, Experts, Family
from tooling.core.sizing.fields import Fields
from tooling.core.sizing.formats import read_format
from tooling.core.sizing.model import Attention, Layer, Model
from tooling.errors import UsageError

_NO_ATTENTION = ("linear_attention", "mamba", "recurrent", "conv")


def read_config(
    config: Mapping[str, Any], name: str, *, parameters: int = 0, is_format_given: bool = False
) -> Model:
    """Return what a config.json says.

    `parameters` stands in for the count of an architecture that is not known here. `is_format_given`: how its
    weights are quantised need not be known. Raises UsageError for what is missing or unknown, with what to pass.
    """
    told = Fields(config)
    if isinstance(config.get("text_config"), Mapping):
        return _read_wrapped(config, name, parameters, is_format_given=is_format_given)
    kind = str(config.get("model_type") or "")
    _refuse_states(told, kind)
    family = FAMILIES.get(kind)
    if family is None and not parameters:
        known = ", ".join(sorted(FAMILIES))
        raise UsageError(
            f"{name}: model_type {kind or 'is missing'}: this architecture is not known here.",
            hint=f"Pass its number of parameters, such as --parameters 7.6e9. Known are: {known}.",
        )
    published = _read_published(config, is_format_given=is_format_given)
    attention = _read_attention(told, family or Family())
    model = _count(told, family, attention) if family else _spread(told, attention, parameters)
    notes = list(model.notes)
    if family and parameters:
        model, notes = _restate(model, parameters), [*notes, "the number of parameters is the one that was passed"]
    return replace(model, name=name, architecture=kind, published=published, notes=tuple(notes))


def _read_published(config: Mapping[str, Any], *, is_format_given: bool) -> str:
    try:
        return read_format(config)
    except UsageError:
        if is_format_given:
            return ""
        raise


def _read_wrapped(config: Mapping[str, Any], name: str, parameters: int, *, is_format_given: bool) -> Model:
    """Read the language model inside one that also sees or hears; its other parts are in `parameters` only."""
    if not parameters:
        raise UsageError(
            f"{name}: besides its language model (text_config) it has parts that are not counted here.",
            hint="Pass the number of all its parameters, such as --parameters 12.2e9.",
        )
    if isinstance(config["text_config"].get("text_config"), Mapping):
        raise UsageError(f"{name}: its text_config holds another one.", hint="Pass the inner one as config.json.")
    inner = {"quantization_config": config.get("quantization_config"), **config["text_config"]}
    inner.setdefault("torch_dtype", config.get("torch_dtype") or config.get("dtype"))
    model = read_config(inner, name, parameters=parameters, is_format_given=is_format_given)
    return replace(model, notes=(*model.notes, "activation of its vision or audio parts is not counted"))


def _refuse_states(told: Fields, kind: str) -> None:
    """Refuse layers that keep a state instead of keys and values: its size is another matter."""
    has_states = any(key.startswith(("mamba_", "ssm_", "linear_num", "linear_key", "rwkv")) for key in told.all)
    kinds = [str(one) for one in told.texts("layer_types")]
    if has_states or kind in {"mamba", "mamba2", "rwkv"} or any(one in _NO_ATTENTION for one in kinds):
        raise UsageError(
            f"model_type {kind}: layers that keep a state instead of keys and values cannot be sized here.",
            hint="Take the figure from the engine's own log of its start.",
        )


def _read_attention(told: Fields, family: Family) -> Attention:
    heads = told.need("num_attention_heads")
    if told.get("kv_lora_rank"):
        rope, latent = told.need("qk_rope_head_dim"), told.need("kv_lora_rank")
        key, value = told.need("qk_nope_head_dim") + rope, told.need("v_head_dim")
        return Attention(heads, heads, key, value, latent + rope)
    kv_heads = told.get("num_key_value_heads") or (
        heads if family.is_multi_head else told.need("num_key_value_heads")
    )
    size = told.get("head_dim")
    if not size:
        size, rest = divmod(told.need("hidden_size"), heads)
        if rest:
            told.need("head_dim")
    return Attention(heads, kv_heads, size, size)


def _count(told: Fields, family: Family, attention: Attention) -> Model:
    hidden, vocabulary, depth = (
        told.need("hidden_size"),
        told.need("vocab_size"),
        told.need_layers("num_hidden_layers"),
    )
    base = _attention_layer(told, family, attention)
    layers = []
    for at in range(depth):
        window = _window(told, family, at, depth)
        experts = family.experts
        wide = _experts(told, family, experts) if experts and experts.place(told, at) else _dense(told, family)
        layers.append(
            Layer(
                linear=base.linear + wide.linear,
                experts=wide.experts,
                kv=base.kv,
                latent=base.latent,
                small=base.small + wide.small,
                window=window,
            )
        )
    is_tied = told.flag("tie_word_embeddings", default=family.is_tied)
    norm = hidden * (2 if family.has_norm_bias else 1)
    inner, outer = _width(told, family)
    return Model(
        name="",
        architecture="",
        hidden=hidden,
        vocabulary=vocabulary,
        attention=attention,
        layers=tuple(layers),
        embedding=vocabulary * hidden,
        head=0 if is_tied else vocabulary * hidden,
        rest=norm,
        inner=inner,
        outer=outer,
        context=told.get("max_position_embeddings"),
    )


def _attention_layer(told: Fields, family: Family, attention: Attention) -> Layer:
    hidden, heads, size = told.need("hidden_size"), attention.heads, attention.key_size
    small = family.norms * hidden * (2 if family.has_norm_bias else 1)
    if attention.latent:
        latent, rope = told.need("kv_lora_rank"), told.need("qk_rope_head_dim")
        low = told.get("q_lora_rank")
        query = low * heads * size if low else hidden * heads * size
        up = latent * heads * (size - rope + attention.value_size)
        down = (hidden * low if low else 0) + hidden * attention.latent
        output = heads * attention.value_size * hidden
        return Layer(linear=query + up + output, latent=down, small=small + low + latent)
    query, keys = heads * size, attention.kv_heads * size
    if family.bias == "all" or (family.bias == "told" and told.flag("attention_bias", default=False)):
        small += query + 2 * keys + hidden
    elif family.bias == "qkv":
        small += query + 2 * keys
    small += {"": 0, "head": 2 * size, "whole": query + keys}[family.query_norm]
    small += heads if family.has_sinks else 0
    return Layer(linear=2 * hidden * query, kv=2 * hidden * keys, small=small)


def _dense(told: Fields, family: Family) -> Layer:
    hidden, inner = told.need("hidden_size"), told.need("intermediate_size")
    bias = (family.matrices - 1) * inner + hidden if family.bias == "all" and family.has_wide_bias else 0
    return Layer(linear=family.matrices * hidden * inner, small=bias)


def _experts(told: Fields, family: Family, found: Experts) -> Layer:
    hidden, count, inner = told.need("hidden_size"), told.need(*found.count), told.need(*found.inner)
    each = family.matrices * hidden * inner + ((family.matrices - 1) * inner + hidden if found.has_bias else 0)
    shared = found.shared_inner(told)
    router = hidden * count + (count if found.has_router_bias else 0) + (hidden if found.has_shared_gate else 0)
    return Layer(linear=family.matrices * hidden * shared, experts=count * each, small=router)


def _width(told: Fields, family: Family) -> tuple[int, int]:
    """Return how many numbers the widest layer holds of one token: divided among GPUs, and not."""
    inner = 0
    outer = 0
    if family.experts:
        chosen = told.need("num_experts_per_tok")
        inner = family.matrices * (chosen * told.need(*family.experts.inner) + family.experts.shared_inner(told))
        outer = chosen * told.need("hidden_size")
    if told.get("intermediate_size"):
        inner = max(inner, family.matrices * told.need("intermediate_size"))
    return inner, outer


def _window(told: Fields, family: Family, at: int, depth: int) -> int:
    kinds = told.texts("layer_types")
    size = told.get("sliding_window")
    if len(kinds) == depth:
        return told.need("sliding_window") if kinds[at] == "sliding_attention" else 0
    if not size or not told.flag("use_sliding_window", default=family.window != "late"):
        return 0
    if family.window == "late":
        return size if at >= told.get("max_window_layers") else 0
    if family.window == "pattern":
        return size if (at + 1) % (told.get("sliding_window_pattern") or family.pattern) else 0
    return size if family.window == "all" else 0


def _spread(told: Fields, attention: Attention, parameters: int) -> Model:
    """Spread a number of parameters evenly over the layers of an architecture that is not known."""
    hidden, vocabulary, depth = (
        told.need("hidden_size"),
        told.need("vocab_size"),
        told.need_layers("num_hidden_layers"),
    )
    each = max(0, parameters - 2 * vocabulary * hidden) // depth
    inner = 3 * (told.get("intermediate_size") or 4 * hidden)
    layers = tuple(Layer(linear=each) for _ in range(depth))
    left = parameters - each * depth
    head = min(vocabulary * hidden, left // 2)
    return Model(
        name="",
        architecture="",
        hidden=hidden,
        vocabulary=vocabulary,
        attention=attention,
        layers=layers,
        embedding=left - head,
        head=head,
        rest=0,
        inner=inner,
        outer=0,
        context=told.get("max_position_embeddings"),
        notes=("an unknown architecture: every layer is taken to have attention over the whole context",),
    )


def _restate(model: Model, parameters: int) -> Model:
    """Spread what was passed beyond the count over the layers, or take it from them."""
    more, odd = divmod(parameters - model.parameters, len(model.layers))
    layers = [replace(layer, linear=layer.linear + more) for layer in model.layers]
    layers[-1] = replace(layers[-1], linear=layers[-1].linear + odd)
    if any(layer.linear < 0 for layer in layers):
        raise UsageError(
            f"--parameters {parameters}: the configuration comes to {model.parameters}.",
            hint="Leave it out, or pass the configuration that belongs to it.",
        )
    return replace(model, layers=tuple(layers))
