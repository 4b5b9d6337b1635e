"""The text that a gateway's /metrics answers: the families that decisions rest on, read strictly.

Anything unexpected is an error and not a number: a page that cannot be trusted is missing data (promise P6).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tooling.core.analysis import Histogram, PodCounts

REQUESTS = "genai_gateway_requests"
DURATION = "genai_gateway_request_duration_seconds"
IN_FLIGHT = "genai_gateway_requests_in_flight"

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?[0-9.]+)?")
_LABEL = re.compile(r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"[ \t]*(,|$)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a name, its labels, and a value."""

    name: str
    labels: Mapping[str, str]
    value: float


def read_counts(text: str) -> PodCounts:
    """Return what one gateway counted. Raises ValueError for a page that is not a gateway's or is damaged."""
    if not _has_family(text, REQUESTS) or not _has_family(text, DURATION):
        raise ValueError(f"the page has no {REQUESTS} and {DURATION}")
    requests = errors = 0.0
    buckets: dict[float, float] = {}
    for sample in read_samples(text, {f"{REQUESTS}_total", f"{DURATION}_bucket"}):
        if sample.name == f"{REQUESTS}_total":
            requests += sample.value
            if _read_code(sample) >= 500:
                errors += sample.value
        else:
            bound = float(sample.labels["le"]) if "le" in sample.labels else math.nan
            if math.isnan(bound):
                raise ValueError("a bucket has no bound")
            buckets[bound] = buckets.get(bound, 0.0) + sample.value
    return PodCounts(requests, errors, _make_histogram(buckets))


def read_in_flight(text: str) -> int:
    """Return how many requests one gateway is answering. Raises ValueError for a page that does not tell."""
    if not _has_family(text, IN_FLIGHT, "gauge"):
        raise ValueError(f"the page has no {IN_FLIGHT}")
    values = [sample.value for sample in read_samples(text, {IN_FLIGHT})]
    if not values:
        raise ValueError(f"{IN_FLIGHT} has no value")
    return math.ceil(sum(values))


def read_samples(text: str, names: set[str]) -> Iterator[Sample]:
    """Return the samples of those names. Raises ValueError for a damaged line, a NaN or a negative value."""
    for line in text.split("\n"):
        name = re.split(r"[{ \t]", line, maxsplit=1)[0]
        if name not in names:
            continue
        match = _SAMPLE.fullmatch(line.rstrip("\r \t"))
        if match is None:
            raise ValueError(f"a damaged line of {name}")
        value = float(match[3])
        if math.isnan(value) or math.isinf(value) or value < 0:
            raise ValueError(f"{name} is {value}")
        yield Sample(name, read_labels(match[2] or ""), value)


def read_labels(text: str) -> Mapping[str, str]:
    """Return the labels between the braces. Raises ValueError for anything else."""
    labels: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None or match[1] in labels:
            raise ValueError("damaged labels")
        labels[match[1]] = _ESCAPE.sub(_unescape, match[2])
        at = match.end()
    return labels


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[0])


def _has_family(text: str, name: str, kind: str = "(?:counter|histogram)") -> bool:
    return re.search(rf"^# TYPE {name}(?:_total)? {kind}\s*$", text, re.MULTILINE) is not None


def _read_code(sample: Sample) -> int:
    code = sample.labels.get("code", "")
    if not re.fullmatch(r"[1-9][0-9]{2}", code):
        raise ValueError(f"{sample.name} has the code {code!r}")
    return int(code)


def _make_histogram(buckets: Mapping[float, float]) -> Histogram:
    if not buckets:
        return Histogram()
    bounds = tuple(sorted(buckets))
    counts = tuple(buckets[bound] for bound in bounds)
    if not math.isinf(bounds[-1]) or any(later < earlier for earlier, later in pairwise(counts)):
        raise ValueError(f"the buckets of {DURATION} do not add up")
    return Histogram(bounds, counts)
