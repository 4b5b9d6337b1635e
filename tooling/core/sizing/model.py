"""What a model is made of, as far as memory goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Heads of every layer. `latent` is what MLA keeps of a token instead of keys and values; 0 for all others."""

    heads: int
    kv_heads: int
    key_size: int
    value_size: int
    latent: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """Parameters of one layer, by how they are quantised and divided, and what its cache keeps.

    `linear` and `experts` are divided by tensor parallelism, `kv` at most by the number of KV heads, `latent` (the
    low-rank projections of MLA) is on every GPU; `small` (norms, biases, routers) too, and is never quantised.
    `window`: tokens that its cache keeps, 0 for all. `kv_heads`: None for those of the model.
    """

    linear: int
    experts: int = 0
    kv: int = 0
    latent: int = 0
    small: int = 0
    window: int = 0
    kv_heads: int | None = None

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.linear + self.experts + self.kv + self.latent + self.small


@dataclass(frozen=True, slots=True)
class Model:
    """A model's facts. Parameters outside layers: `embedding`, `head` (0 when it is the embedding), `rest`.

    `inner` and `outer` are numbers that a layer holds of one token at its widest point: `inner` is divided by
    tensor parallelism, `outer` is not. `file_bytes`: what the weights take, where that is known better than by
    counting; 0 otherwise. `notes` say what was taken for granted, for people.
    """

    name: str
    architecture: str
    hidden: int
    vocabulary: int
    attention: Attention
    layers: tuple[Layer, ...]
    embedding: int
    head: int
    rest: int
    inner: int
    outer: int
    context: int
    published: str = ""
    file_bytes: int = 0
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """How many there are."""
        return self.embedding + self.head + self.rest + sum(layer.parameters for layer in self.layers)

    def count_kv_heads(self, layer: Layer) -> int:
        """Return the KV heads of a layer."""
        return self.attention.kv_heads if layer.kv_heads is None else layer.kv_heads
