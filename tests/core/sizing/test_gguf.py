"""Headers of GGUF files, made here byte by byte; damaged ones are refused, never believed."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tooling.core.sizing.formats import FORMATS
from tooling.core.sizing.gguf import read_gguf
from tooling.core.sizing.memory import Serving, share, weigh
from tooling.errors import UsageError

U32, F32, BOOL, TEXT, LIST, U64 = 4, 6, 7, 8, 9, 10
LLAMA: dict[str, Any] = {
    "general.architecture": (TEXT, "llama"),
    "general.name": (TEXT, "Tiny"),
    "llama.block_count": (U32, 2),
    "llama.embedding_length": (U32, 64),
    "llama.feed_forward_length": (U32, 128),
    "llama.attention.head_count": (U32, 4),
    "llama.attention.head_count_kv": (U32, 2),
    "llama.attention.layer_norm_rms_epsilon": (F32, 1e-5),
    "llama.context_length": (U32, 512),
    "llama.vocab_size": (U32, 1000),
    "tokenizer.ggml.tokens": (LIST, (TEXT, ["a", "b"])),
    "tokenizer.ggml.scores": (LIST, (F32, [0.0] * 5000)),
    "tokenizer.ggml.add_bos_token": (BOOL, True),
}
TENSORS = [("token_embd.weight", (64, 1000), 8), ("blk.0.ffn_up.weight", (64, 128), 12), ("norm", (64,), 0)]


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def write_value(kind: int, value: Any) -> bytes:
    if kind == TEXT:
        return text(value)
    if kind == LIST:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(write_value(inner, item) for item in items)
    return struct.pack("<" + {U32: "I", F32: "f", BOOL: "?", U64: "Q"}[kind], value)


def write(entries: dict[str, Any] = LLAMA, tensors: list[Any] = TENSORS, version: int = 3) -> bytes:
    body = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries))
    for key, (kind, value) in entries.items():
        body += text(key) + struct.pack("<I", kind) + write_value(kind, value)
    for name, shape, kind in tensors:
        body += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, 0)
    return body


def read(data: bytes) -> Any:
    return read_gguf(memoryview(data), "tiny")


def changed(**entries: Any) -> dict[str, Any]:
    renamed = {key.replace("__", "."): value for key, value in entries.items()}
    return {key: value for key, value in {**LLAMA, **renamed}.items() if value is not None}


def test_weights_are_exact_and_the_cache_follows_from_the_metadata():
    model = read(write())
    assert model.name == "Tiny"
    assert model.parameters == 64 * 1000 + 64 * 128 + 64
    assert model.file_bytes == 64_000 // 32 * 34 + 64 * 128 // 256 * 144 + 64 * 4
    assert (model.attention.heads, model.attention.kv_heads, model.attention.key_size) == (4, 2, 16)
    assert (model.context, model.vocabulary, len(model.layers)) == (512, 1000, 2)


def test_a_file_says_how_much_each_part_holds():
    model = read(write())
    serving = Serving(FORMATS["q8_0"], 16, 512, is_gpu=False)
    assert share(model, serving).sequence == 512 * 2 * 2 * (16 + 16) * 2
    assert share(model, Serving(FORMATS["q8_0"], 16, 512, tensor=2)).weights == model.file_bytes / 2
    assert weigh(model, FORMATS["q8_0"]) == model.file_bytes


def test_heads_of_each_layer():
    model = read(write(changed(llama__attention__head_count_kv=(LIST, (U32, [2, 0])))))
    assert [layer.kv_heads for layer in model.layers] == [2, 0]
    assert share(model, Serving(FORMATS["q8_0"], 16, 100, is_gpu=False)).sequence == 100 * 2 * 32 * 2


def test_without_kv_heads_there_are_as_many_as_heads():
    assert read(write(changed(llama__attention__head_count_kv=None))).attention.kv_heads == 4


def test_heads_of_another_size():
    own = changed(llama__attention__key_length=(U32, 32), llama__attention__value_length=(U32, 8))
    attention = read(write(own)).attention
    assert (attention.key_size, attention.value_size) == (32, 8)


def test_experts_widen_a_layer():
    own = changed(llama__expert_feed_forward_length=(U32, 100), llama__expert_used_count=(U32, 2))
    model = read(write(own))
    assert (model.inner, model.outer) == (3 * 200, 64)
    uneven = changed(llama__feed_forward_length=(LIST, (U32, [128, 300])))
    assert read(write(uneven)).inner == 3 * 300


@pytest.mark.parametrize(("kind", "windows"), [("gemma2", [128, 0]), ("other", [0, 0])])
def test_layers_slide_where_it_is_known_which(kind, windows):
    entries = {key.replace("llama.", f"{kind}."): value for key, value in LLAMA.items()}
    entries |= {"general.architecture": (TEXT, kind), f"{kind}.attention.sliding_window": (U32, 128)}
    assert [layer.window for layer in read(write(entries)).layers] == windows


def test_a_window_of_0_is_none():
    assert read(write(changed(llama__attention__sliding_window=(U32, 0)))).layers[0].window == 0


def test_a_name_of_the_file_stands_in():
    assert read(write(changed(general__name=None))).name == "tiny"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GGML" + write()[4:], "tiny is no GGUF file"),
        (write(version=1), "GGUF version 1 is not known"),
        (write()[:-1], "ends before it is complete"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**40, 0), "claims 1099511627776 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**40), "claims 1099511627776 metadata entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**60), "bytes of one text"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 33), "a value of kind 33"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", LIST, LIST, 1),
            "list of kind 9",
        ),
        (write(tensors=[("x", (1,), 99)]), "a tensor is of ggml type 99"),
        (write(changed(split__count=(U32, 3))), "is one part of 3.*--weights SIZE_OF_ALL_PARTS"),
        (write(changed(llama__ssm__state_size=(U32, 16))), "keeps of a context in llama is not known"),
        (write(changed(llama__attention__kv_lora_rank=(U32, 512))), "is not known here"),
        (write(changed(llama__block_count=None)), "does not say block_count"),
        (write(changed(llama__attention__head_count=(U32, 0))), "does not say attention.head_count"),
        (write(changed(llama__embedding_length=(TEXT, "x"))), "embedding_length is 'x'"),
        (write(changed(llama__attention__head_count_kv=(LIST, (U32, [2])))), "KV heads of 1 layers and has 2"),
        (write(changed(llama__attention__head_count_kv=(LIST, (F32, [1.5, 2.0])))), "a number of a layer is 1.5"),
        (write(changed(llama__block_count=(U32, 2**31))), "more layers than any model has"),
        (write(changed(llama__attention__head_count_kv=(TEXT, "x"))), "attention.head_count_kv is 'x'"),
    ],
)
def test_what_cannot_be_known_is_refused(data, told):
    with pytest.raises(UsageError, match=told):
        read(data)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(at=st.integers(0, 900), put=st.binary(min_size=1, max_size=12), end=st.integers(0, 2000))
def test_a_damaged_header_is_read_or_refused_and_nothing_else(at, put, end):
    data = write(changed(tokenizer__ggml__scores=None))
    data = (data[:at] + put + data[at + len(put) :])[: max(end, 4)]
    with contextlib.suppress(UsageError):
        assert read(data).file_bytes >= 0
