"""A name that no bucket can have is refused before anything is installed."""

from __future__ import annotations

import json

import pytest

from tests.charts.rendering import Renderer


@pytest.mark.parametrize("name", ["mod..els", "models.-x", "models-.x"])
def test_a_name_that_no_bucket_has_is_refused(renderer: Renderer, name: str) -> None:
    model = {"source": {"s3": {"uri": f"s3://{name}/x"}}}
    assert "/source/s3/uri" in renderer.refuse(f"inference.models.chat={json.dumps(model)}")
