"""GPUs by hardware, quantities, and the values that come of it."""

from __future__ import annotations

import pytest

from tooling.core.sizing.config import read_config
from tooling.core.sizing.fit import (
    Hardware,
    choose,
    fit,
    limit,
    read_bytes,
    read_hardware,
    read_least,
    write_bytes,
    write_values,
)
from tooling.core.sizing.formats import FORMATS
from tooling.core.sizing.known import find_known
from tooling.core.sizing.memory import Serving
from tooling.errors import UsageError

GIB = 2**30
L4 = Hardware("l4", "nvidia.com/gpu", 22 * GIB)
A100 = Hardware("a100", "nvidia.com/gpu", 80 * GIB)
H100 = Hardware("h100", "nvidia.com/gpu", 81_559 * 2**20)
SLICE = Hardware("slice", "nvidia.com/mig-1g.10gb", 10 * GIB)
LLAMA = read_config(find_known("llama-3.1-8b")[1], "llama")
SERVING = Serving(FORMATS["bf16"], 16, 8192)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("80Gi", 80 * GIB),
        ("23034Mi", 23034 * 2**20),
        ("15.2G", 15_200_000_000),
        ("4096", 4096),
        (4096, 4096),
        ("1e9", 10**9),
        ("1.5Gi", 3 * GIB // 2),
        ("0", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_quantities_are_read(text, size):
    assert read_bytes(text, "here") == size


@pytest.mark.parametrize("text", ["80 GB", "much", "-1Gi", "1m", "9" * 39, "9" * 400 + "Gi", "1e99", ["80Gi"]])
def test_other_words_are_refused(text):
    with pytest.raises(UsageError, match=r"^here: .* is no size\. Write it as 80Gi"):
        read_bytes(text, "here")


@pytest.mark.parametrize("text", ["80", "80M", "1023Mi"])
def test_a_forgotten_unit_is_told(text):
    with pytest.raises(
        UsageError, match=rf"^here: '{text}' is less than 1Gi; a number alone is bytes\. Write it as"
    ):
        read_least(text, "here", GIB)
    with pytest.raises(UsageError, match=r"^inference\.profiles\.mine\.gpuMemory: .* is less than 1Gi"):
        read_hardware("mine", {"gpuMemory": text})


@pytest.mark.parametrize("text", ["0", "", "0Gi"])
def test_nothing_is_no_size_where_one_must_be(text):
    with pytest.raises(UsageError, match=rf"^here: '{text}' is no size"):
        read_least(text, "here", GIB)
    assert read_hardware("mine", {"gpuMemory": text}).memory == 0


def test_a_size_that_is_large_enough():
    assert read_least("1Gi", "here", GIB) == GIB


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (10 * GIB, "10Gi"),
        (10 * GIB + 1, "11Gi"),
        (10 * GIB - 1, "10Gi"),
        (9 * GIB + 1, "9217Mi"),
        (1, "1Mi"),
        (0, "0Gi"),
    ],
)
def test_quantities_are_written_and_never_smaller(size, text):
    assert write_bytes(size) == text
    assert read_bytes(text, "") >= size


def test_a_limit_is_a_fifth_above_the_peak():
    assert limit(10 * GIB) == 12 * GIB


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], 0.9),
        (["--gpu-memory-utilization", "0.4"], 0.4),
        (["--gpu-memory-utilization=0.8"], 0.8),
        (["--gpu-memory-utilization", "most"], 0.9),
        (["--gpu-memory-utilization", "7"], 0.9),
    ],
)
def test_a_profile_says_memory_and_how_much_of_it(arguments, part):
    profile = {
        "gpu": {"resource": "nvidia.com/gpu"},
        "gpuMemory": "80Gi",
        "shmSize": "2Gi",
        "extraArgs": arguments,
    }
    read = read_hardware("a100", profile)
    assert read == Hardware("a100", "nvidia.com/gpu", 80 * GIB, part, 2 * GIB, tuple(arguments))
    assert read.usable == int(80 * GIB * part)


@pytest.mark.parametrize("profile", [{}, {"gpu": 5, "extraArgs": 5}, {"gpu": None, "extraArgs": None}])
def test_a_profile_may_say_nothing(profile):
    assert read_hardware("cpu", profile) == Hardware("cpu", "", 0)


def test_the_least_gpus_that_hold_it():
    assert fit(LLAMA, SERVING, A100).serving.gpus == 1
    assert fit(LLAMA, SERVING, L4).serving.gpus == 1
    large = read_config(find_known("llama-3.1-70b")[1], "llama")
    found = fit(large, SERVING, A100)
    assert found.serving.gpus == 4
    assert found.sequences == (A100.usable - found.share.total + found.share.cache) // found.share.sequence


@pytest.mark.parametrize(
    ("hardware", "tensors", "pipeline", "reason"),
    [
        (Hardware("x", "nvidia.com/gpu", 0), (1,), 1, "its gpuMemory is not said"),
        (Hardware("x", "nvidia.com/gpu", GIB), (1, 2), 1, "even 2 are too small"),
        (A100, (3,), 1, "32 heads cannot be divided among 3 GPUs"),
        (SLICE, (1, 2), 1, "too small"),
        (SLICE, (2,), 1, "a pod can use one slice or turn only"),
        (Hardware("x", "nvidia.com/gpu.shared", 80 * GIB), (1,), 2, "a pod can use one slice or turn only"),
        (Hardware("x", "nvidia.com/gpu", 80 * GIB, 0.4), (2,), 1, "a pod can use one slice or turn only"),
    ],
)
def test_why_it_does_not_fit(hardware, tensors, pipeline, reason):
    serving = Serving(FORMATS["bf16"], 16, 8192, pipeline=pipeline)
    assert fit(LLAMA, serving, hardware, tensors).reason == reason


def test_fewest_gpus_then_least_memory_then_the_first():
    fits = {one.name: fit(LLAMA, SERVING, one) for one in (A100, H100, L4, SLICE)}
    assert choose(tuple(fits.values())) == fits["l4"]
    assert choose((fits["a100"], fits["h100"])) == fits["a100"]
    assert choose((fits["slice"],)) is None


def test_values_for_hardware_of_the_chart():
    found = fit(LLAMA, SERVING, A100)
    assert write_values("chat", found.serving, 20 * GIB, found) == {
        "inference": {
            "models": {
                "chat": {
                    "profile": "a100",
                    "gpu": {"count": 1},
                    "context": 8192,
                    "parallel": 256,
                    "peakMemory": "20Gi",
                    "resources": {"requests": {"memory": "20Gi"}, "limits": {"memory": "24Gi"}},
                }
            }
        }
    }


def test_values_say_what_the_chart_has_no_key_for_after_the_profile_s_own_arguments():
    shared = Hardware("", "nvidia.com/gpu", 80 * GIB, extra_args=("--gpu-memory-utilization", "0.9"))
    found = fit(LLAMA, Serving(FORMATS["bf16"], 8, 8192, pipeline=2), shared)
    entry = write_values("chat", found.serving, GIB, found)["inference"]["models"]["chat"]
    assert "profile" not in entry
    assert entry["gpu"] == {"count": 2}
    assert entry["extraArgs"] == [
        *("--gpu-memory-utilization", "0.9", "--kv-cache-dtype", "fp8"),
        *("--tensor-parallel-size", "1", "--pipeline-parallel-size", "2"),
    ]


def test_memory_beyond_all_machines_is_written_as_well():
    entry = write_values("huge", SERVING, 2**70, None)["inference"]["models"]["huge"]
    assert entry["peakMemory"] == f"{2**40}Gi"


def test_values_without_gpus():
    serving = Serving(FORMATS["q8_0"], 16, 2048, 4, 4, is_gpu=False)
    entry = write_values("small", serving, 300 * 2**20, None)["inference"]["models"]["small"]
    assert list(entry) == ["context", "parallel", "peakMemory", "resources"]
    assert entry["resources"]["limits"] == {"memory": "360Mi"}
