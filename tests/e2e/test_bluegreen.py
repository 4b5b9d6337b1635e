"""Blue-green under real traffic: there, and back at once, without one failed request."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.blue_green import write_values
from tests.e2e.conftest import Stack
from tests.e2e.traffic import steady_traffic

pytestmark = pytest.mark.e2e


def test_there_and_back_again_loses_no_request(stack: Stack, tmp_path: Path) -> None:
    """The candidate is tried without live traffic; the slot that served stands by for the way back."""
    values = write_values(tmp_path / "bluegreen.yaml")
    before = stack.status()["serving"]
    with steady_traffic(stack.cluster.edge, urlsplit(stack.cluster.edge).netloc) as traffic:
        ended = stack.release("-f", values)
        assert ended.exit_code == 0, ended.text
        after = stack.status()
        assert after["weights"] == {after["serving"]: 100}
        assert after["serving"] != before
        assert stack.chat()[1] == after["serving"]
        assert all(one["ready"] == one["wanted"] > 0 for one in after["slots"][before]), "it stands by"

        began = time.monotonic()
        rolled = stack.run("rollback", "--yes", "-f", values)
        assert rolled.exit_code == 0, rolled.text
        assert stack.chat()[1] == before
        took = time.monotonic() - began
    assert traffic.answered > 20
    assert not traffic.failures, f"{len(traffic.failures)} of {traffic.answered}: {traffic.failures[:3]}"
    told = [event.get("text", "") for event in rolled.events]
    assert not [text for text in told if text.startswith(f"scale {before} ")], (
        f"no pod had to start ({took:.0f} s)"
    )
