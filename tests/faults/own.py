"""Stands for trials on a simulated cluster that belongs to one test module."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.campaign import open_bench
from tests.faults.trial import Bench
from tooling.local import simulated


@contextmanager
def open_own_bench(purpose: str) -> Iterator[Bench]:
    """Start a cluster of this process for the purpose, and take it down again; needs no root, skips off Linux."""
    if platform.system() != "Linux":
        pytest.skip("simulated cluster: needs Linux")
    name = f"{purpose}-{os.getpid()}"
    cluster = simulated.up(name, progress=print)
    try:
        with open_bench(cluster.kubeconfig) as bench:
            yield bench
    finally:
        simulated.down(name)
