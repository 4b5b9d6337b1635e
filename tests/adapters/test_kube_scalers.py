"""States of autoscalers, as HorizontalPodAutoscalers and KEDA's ScaledObjects write them."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.adapters.kube_scalers import HELD, Scaler, find_scalers, read_state

NO_DOWN = {"scaleDown": {"selectPolicy": "Disabled"}}
FROST = '[[["spec", "behavior", "scaleDown", "selectPolicy"], null, "Disabled"]]'
AT_REST = FROST[:-1] + ', [["spec", "minReplicas"], 2, 1]]'
NO_WAY = {**NO_DOWN, "scaleUp": {"selectPolicy": "Disabled"}}


def scaler(target: str = "d", *, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "s", **({"annotations": annotations} if annotations else {})}
    return {"metadata": metadata, "spec": {"scaleTargetRef": {"name": target}, **spec}}


def keda(behavior: dict[str, Any]) -> dict[str, Any]:
    return {"advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior}}}


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (scaler(), "on"),
        (scaler(behavior={"scaleDown": {"stabilizationWindowSeconds": 300}}), "on"),
        (scaler(behavior=NO_DOWN), "frozen"),
        (scaler(behavior=NO_WAY), "resting"),
        (scaler(behavior=NO_DOWN, annotations={HELD: FROST}), "frozen"),
        (scaler(behavior=NO_DOWN, annotations={HELD: AT_REST}), "resting"),
        (scaler(annotations={HELD: AT_REST}), "on"),
        (scaler(**keda(NO_DOWN)), "frozen"),
        (scaler(annotations={"autoscaling.keda.sh/paused-scale-in": "true"}), "frozen"),
        (scaler(annotations={"autoscaling.keda.sh/paused": "True"}), "resting"),
        (scaler(annotations={"autoscaling.keda.sh/paused": "false"}), "on"),
        (scaler(annotations={"autoscaling.keda.sh/paused-replicas": "0"}), "resting"),
    ],
)
def test_states(one: dict[str, Any], state: str) -> None:
    assert read_state(one) == state


def test_a_scaled_object_speaks_for_the_autoscaler_that_keda_makes_of_it() -> None:
    made = {**scaler("d"), "status": {"desiredReplicas": 3}}
    paused = scaler("d", annotations={"autoscaling.keda.sh/paused": "true"})
    assert find_scalers([made], [paused]) == {"d": Scaler("resting", 3)}
    assert find_scalers([], [paused]) == {"d": Scaler("resting")}


def test_what_scales_something_else_than_a_deployment_is_passed_over() -> None:
    one = {"metadata": {"name": "s"}, "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "d"}}}
    assert find_scalers([one, {"metadata": {"name": "s"}, "spec": {}}], [one]) == {}
