"""Read a model's facts from the header of a GGUF file (versions 2 and 3): metadata and the list of tensors.

Source: docs/gguf.md of ggml. Nothing of the weights is read, so the first megabytes of a file do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tooling.core.sizing.fields import Fields
from tooling.core.sizing.model import Attention, Layer, Model
from tooling.errors import UsageError

MAGIC = b"GGUF"
MOST_ENTRIES = 2**17
"""Metadata entries and tensors that a header may have; known files stay below 10,000."""
MOST_ITEMS = 2**22
"""Items of a list of words; the largest vocabularies have 2**18."""
LONGEST_KEY = 2**16

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_SHORT_LIST = 4096

TENSORS: Mapping[int, tuple[int, int]] = MappingProxyType(
    dict.fromkeys((0, 26), (1, 4))
    | dict.fromkeys((1, 25, 30), (1, 2))
    | dict.fromkeys((27, 28), (1, 8))
    | {24: (1, 1), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 20: (32, 18)}
    | {39: (32, 17), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)}
    | {16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 21: (256, 110), 22: (256, 82), 23: (256, 136)}
    | {29: (256, 56), 34: (256, 54), 35: (256, 66)}
)
"""Numbers of a block and its bytes, by ggml's type number."""

_PATTERNS = {"gemma2": 2, "gemma3": 6, "gpt-oss": 2}
"""Architectures whose layers slide but for each n-th; of others the whole context is counted."""

Value = int | float | bool | str | list[int | float | bool]


@dataclass(slots=True)
class _Reader:
    data: memoryview
    at: int = 0

    def number(self, code: str) -> int | float | bool:
        size = struct.calcsize("<" + code)
        raw = self.take(size)
        found: int | float | bool = struct.unpack("<" + code, raw)[0]
        return found

    def count(self, code: str, most: int, what: str) -> int:
        found = int(self.number(code))
        if found > most:
            raise UsageError(
                f"the GGUF header claims {found} {what}, more than {most}.", hint="The file is damaged."
            )
        return found

    def take(self, size: int) -> memoryview:
        if self.at + size > len(self.data):
            raise UsageError(
                "the GGUF header ends before it is complete.", hint="Load more of the file: 64 MB are enough."
            )
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self, most: int = MOST_ITEMS) -> str:
        return bytes(self.take(self.count("Q", most, "bytes of one text"))).decode(errors="replace")

    def value(self) -> Value:
        kind = self.count("I", 64, "kinds of values")
        if kind == _TEXT:
            return self.text()
        if kind == _LIST:
            return self.items()
        if kind not in _NUMBERS:
            raise UsageError(
                f"the GGUF header has a value of kind {kind}.", hint="Pass a newer conversion of the model."
            )
        return self.number(_NUMBERS[kind])

    def items(self) -> list[int | float | bool]:
        """Return a list of numbers; of words and of long lists nothing but that they were there."""
        kind = self.count("I", 64, "kinds of values")
        length = self.count("Q", MOST_ITEMS, "items in one list")
        if kind == _TEXT:
            for _ in range(length):
                self.take(self.count("Q", MOST_ITEMS, "bytes of one text"))
            return []
        if kind not in _NUMBERS:
            raise UsageError(
                f"the GGUF header has a list of kind {kind}.", hint="Pass a newer conversion of the model."
            )
        code = _NUMBERS[kind]
        raw = self.take(length * struct.calcsize("<" + code))
        return list(struct.unpack(f"<{length}{code}", raw)) if length <= _SHORT_LIST else []


def read_gguf(data: memoryview, name: str) -> Model:
    """Return what the header of a GGUF file says: exact weights, and the shape of the KV cache.

    Raises UsageError for a damaged header, one part of several, and layers whose cache is not known here.
    """
    reader = _Reader(data)
    if bytes(reader.take(4)) != MAGIC:
        raise UsageError(f"{name} is no GGUF file.")
    version = reader.number("I")
    if version not in {2, 3}:
        raise UsageError(
            f"{name}: GGUF version {version} is not known here.", hint="Pass a conversion of version 3."
        )
    tensors = reader.count("Q", MOST_ENTRIES, "tensors")
    entries = reader.count("Q", MOST_ENTRIES, "metadata entries")
    told = {reader.text(LONGEST_KEY): reader.value() for _ in range(entries)}
    if _most(told, "split.count", missing=0) > 1:
        raise UsageError(
            f"{name} is one part of {told['split.count']}.",
            hint="Pass config.json and --weights SIZE_OF_ALL_PARTS.",
        )
    numbers, size = 0, 0
    for count, taken in _read_tensors(reader, tensors):
        numbers, size = numbers + count, size + taken
    return _build(told, name, numbers, size)


def _read_tensors(reader: _Reader, tensors: int) -> Iterator[tuple[int, int]]:
    """Yield how many numbers each tensor has, and its bytes."""
    for _ in range(tensors):
        reader.text(LONGEST_KEY)
        count = 1
        for _ in range(reader.count("I", 8, "dimensions")):
            count *= reader.count("Q", 2**40, "numbers in one dimension")
        kind = int(reader.number("I"))
        reader.number("Q")
        if kind not in TENSORS:
            raise UsageError(
                f"a tensor is of ggml type {kind}, unknown here.", hint="Pass config.json and --weights."
            )
        block, size = TENSORS[kind]
        yield count, -(-count // block) * size


def _build(told: Mapping[str, Value], name: str, numbers: int, size: int) -> Model:
    kind = str(told.get("general.architecture") or "")
    own = {key.removeprefix(f"{kind}."): value for key, value in told.items() if key.startswith(f"{kind}.")}
    if any(key.startswith(("ssm.", "wkv.")) for key in own) or "attention.kv_lora_rank" in own:
        raise UsageError(
            f"{name}: what llama.cpp keeps of a context in {kind or 'this architecture'} is not known here.",
            hint="Take the figure from its own log of the start.",
        )
    depth = Fields(own).need_layers("block_count")
    hidden, heads = _most(own, "embedding_length"), _most(own, "attention.head_count")
    key = _most(own, "attention.key_length", missing=hidden // heads)
    value = _most(own, "attention.value_length", missing=key)
    cached = own.get("attention.head_count_kv")
    each = _whole(cached) if isinstance(cached, list) else [_most(own, "attention.head_count_kv", heads)] * depth
    if len(each) != depth:
        raise UsageError(
            f"{name}: it tells KV heads of {len(each)} layers and has {depth}.", hint="It is damaged."
        )
    wide = max(
        _most(own, "feed_forward_length", missing=1),
        _most(own, "expert_feed_forward_length", missing=1) * _most(own, "expert_used_count", missing=1),
    )
    window, pattern = _most(own, "attention.sliding_window", missing=0), _PATTERNS.get(kind, 0)
    layers = tuple(
        Layer(linear=0, window=window if pattern and (at + 1) % pattern else 0, kv_heads=one)
        for at, one in enumerate(each)
    )
    words = _most(own, "vocab_size", missing=2**18)
    return Model(
        name=str(told.get("general.name") or name),
        architecture=kind,
        hidden=hidden,
        vocabulary=words,
        attention=Attention(heads, max(each), key, value),
        layers=layers,
        embedding=0,
        head=0,
        rest=numbers,
        inner=3 * wide,
        outer=hidden if "expert_used_count" in own else 0,
        context=_most(own, "context_length", missing=0),
        published="gguf",
        file_bytes=size,
    )


def _most(own: Mapping[str, Value], key: str, missing: int = -1) -> int:
    """Return a number, or the largest of a list of one per layer; `missing` where it is not told."""
    value = own.get(key)
    if isinstance(value, list):
        value = max(_whole(value), default=0)
    if missing >= 0 and value in (None, 0):
        return missing if value is None else 0
    return Fields({key: value}).need(key)


def _whole(items: list[int | float | bool]) -> list[int]:
    """Return a list of one number per layer."""
    return [Fields({"a number of a layer": one}).get("a number of a layer") for one in items]
