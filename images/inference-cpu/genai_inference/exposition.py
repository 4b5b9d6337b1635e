"""What /metrics says: the names that vLLM uses, so that one rule serves both engines, and llama.cpp's own."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_SAMPLE = re.compile(r"^(llamacpp:\w+) (\S+)$", re.MULTILINE)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0)
_TOKENS = {
    "vllm:prompt_tokens_total": "llamacpp:prompt_tokens_total",
    "vllm:generation_tokens_total": "llamacpp:tokens_predicted_total",
}


@dataclass(slots=True)
class Histogram:
    """Counts of seconds, by upper bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(_SECONDS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(_SECONDS, seconds)] += 1
        self.total += seconds

    def write(self, name: str, label: str) -> Iterator[str]:
        """Lines of the exposition."""
        seen = 0
        for bound, count in zip([*map(str, _SECONDS), "+Inf"], self.counts, strict=True):
            seen += count
            yield f'{name}_bucket{{{label},le="{bound}"}} {seen}'
        yield f"{name}_sum{{{label}}} {self.total}"
        yield f"{name}_count{{{label}}} {seen}"


@dataclass(slots=True)
class Load:
    """What one model does: requests on their way, how long finished ones took, and what its engine counted."""

    name: str
    parallel: int
    in_flight: int = 0
    first_token: Histogram = field(default_factory=Histogram)
    whole: Histogram = field(default_factory=Histogram)
    counters: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The label of all its series."""
        text = self.name.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        return f'model_name="{text}"'

    def sample(self) -> dict[str, int | str]:
        """Gauges and counters by name."""
        running = min(self.in_flight, self.parallel)
        found: dict[str, int | str] = {
            "vllm:num_requests_running": running,
            "vllm:num_requests_waiting": self.in_flight - running,
        }
        found |= {name: self.counters[own] for name, own in _TOKENS.items() if own in self.counters}
        return {**found, **self.counters}


def read_counters(text: str) -> dict[str, str]:
    """Samples out of what llama.cpp exposes."""
    return dict(_SAMPLE.findall(text))


def write(loads: list[Load]) -> bytes:
    """The whole exposition; samples of one name stand together, as the format wants it."""
    samples = [(load, load.sample()) for load in loads]
    lines: list[str] = []
    for name in dict.fromkeys(name for _, found in samples for name in found):
        lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines += [f"{name}{{{load.label}}} {found[name]}" for load, found in samples if name in found]
    for name, attribute in (("time_to_first_token", "first_token"), ("e2e_request_latency", "whole")):
        lines.append(f"# TYPE vllm:{name}_seconds histogram")
        for load in loads:
            lines += getattr(load, attribute).write(f"vllm:{name}_seconds", load.label)
    return "\n".join([*lines, ""]).encode()
