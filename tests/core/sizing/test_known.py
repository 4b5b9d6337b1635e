"""Well-known models are found by the names that people use."""

from __future__ import annotations

import pytest

from tooling.core.sizing.known import find_known
from tooling.errors import UsageError


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("qwen2.5-7b", "Qwen/Qwen2.5-7B-Instruct"),
        ("Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("gemma-2-9b", "google/gemma-2-9b-it"),
        ("mixtral-8x7b-v0.1", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct"),
    ],
)
def test_owner_and_tuning_may_be_left_out(name, repository):
    assert find_known(name)[0] == repository


def test_the_nearest_name_is_told():
    with pytest.raises(UsageError, match=r"Did you mean llama-3\.1-8b\?"):
        find_known("llama3.1-8b")


def test_a_name_like_no_other_gets_the_list():
    with pytest.raises(UsageError, match=r"Known are: .*DeepSeek-V3"):
        find_known("zzzz")
