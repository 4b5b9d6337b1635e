"""What freezing, resting and restoring change, field by field: tables of autoscalers before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tooling.adapters.scaler_states import FROZEN, State, make_patch, make_release, read_held

OURS: dict[str, Any] = {"manager": "genai-stack", "operation": "Update", "fieldsV1": {}}
NEVER_DOWN = {"scaleDown": {"selectPolicy": "Disabled"}}


def fields(value: Any) -> dict[str, Any]:
    """The fields of a value as an owner of all of them has them."""
    return {f"f:{key}": fields(each) for key, each in value.items()} if isinstance(value, dict) else {}


def helm(**spec: Any) -> dict[str, Any]:
    """Helm's entry among the managers of an autoscaler."""
    return {"manager": "helm", "operation": "Apply", "fieldsV1": {"f:spec": fields(spec)}}


def hpa(*, annotations: Mapping[str, str] | None = None, managers: Any = None, **spec: Any) -> dict[str, Any]:
    spec = {"minReplicas": 2, **spec}
    metadata: dict[str, Any] = {"name": "s", "resourceVersion": "7"}
    metadata["managedFields"] = [helm(**spec)] if managers is None else managers
    metadata |= {"annotations": dict(annotations)} if annotations else {}
    return {"kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}


def keda(**spec: Any) -> dict[str, Any]:
    return {**hpa(managers=[helm(**spec)]), "kind": "ScaledObject", "spec": spec}


def turn(scaler: dict[str, Any], *states: State) -> dict[str, Any]:
    """Bring an autoscaler through states; asked a second time, each changes nothing."""
    for state in states:
        patch = make_patch(scaler, state)
        if patch is not None:
            assert patch["metadata"]["resourceVersion"] == "7"
            scaler = merge_patch(scaler, patch)
        assert make_patch(scaler, state) is None
    return scaler


def clean(scaler: Mapping[str, Any]) -> Mapping[str, Any]:
    """The autoscaler without empty annotations."""
    return {**scaler, "metadata": {key: value for key, value in scaler["metadata"].items() if value != {}}}


def merge_patch(live: Any, patch: Any) -> Any:
    """What a JSON merge patch makes of an object (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    before = live if isinstance(live, dict) else {}
    merged = {**before, **{key: merge_patch(before.get(key), value) for key, value in patch.items()}}
    return {key: value for key, value in merged.items() if value is not None}


SCALERS = [
    hpa(),
    hpa(annotations={"a": "b"}, behavior={"scaleDown": {"stabilizationWindowSeconds": 60}}),
    hpa(behavior={"scaleDown": {"selectPolicy": "Min"}, "scaleUp": {"selectPolicy": "Max"}}),
    hpa(behavior=NEVER_DOWN),
    keda(minReplicaCount=0),
    keda(maxReplicaCount=4),
    keda(minReplicaCount=3, advanced={"horizontalPodAutoscalerConfig": {"behavior": {"scaleUp": {}}}}),
]


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("states", [(State.FROZEN,), (State.RESTING,), (State.RESTING, State.FROZEN)])
def test_what_was_held_comes_back(scaler: dict[str, Any], states: tuple[State, ...]) -> None:
    held = turn(scaler, *states)
    assert FROZEN in held["metadata"]["annotations"]
    assert clean(turn(held, State.ON)) == clean(scaler)


def test_frozen_never_goes_down_and_resting_goes_nowhere() -> None:
    frozen, resting = turn(hpa(), State.FROZEN)["spec"], turn(hpa(), State.RESTING)["spec"]
    assert (frozen["behavior"], frozen["minReplicas"]) == (NEVER_DOWN, 2)
    assert resting["behavior"] == {**NEVER_DOWN, "scaleUp": {"selectPolicy": "Disabled"}}
    assert resting["minReplicas"] == 1


@pytest.mark.parametrize(("least", "kept"), [({}, 1), ({"minReplicaCount": 0}, 1), ({"minReplicaCount": 3}, 3)])
def test_a_frozen_scaled_object_keeps_a_pod(least: dict[str, int], kept: int) -> None:
    spec = turn(keda(**least), State.FROZEN)["spec"]
    assert spec["minReplicaCount"] == kept
    assert spec["advanced"] == {"horizontalPodAutoscalerConfig": {"behavior": NEVER_DOWN}}


def test_a_resting_scaled_object_is_paused_and_nothing_else() -> None:
    resting = turn(keda(minReplicaCount=2), State.FROZEN, State.RESTING)
    assert resting["spec"] == {"minReplicaCount": 2}
    assert resting["metadata"]["annotations"]["autoscaling.keda.sh/paused"] == "true"


def test_a_pause_of_somebody_else_stays() -> None:
    paused = merge_patch(keda(), {"metadata": {"annotations": {"autoscaling.keda.sh/paused": "true"}}})
    assert clean(turn(paused, State.RESTING, State.ON)) == clean(paused)


def test_what_somebody_else_set_meanwhile_stays() -> None:
    frozen = turn(hpa(behavior={"scaleDown": {"selectPolicy": "Max"}}), State.FROZEN)
    theirs = merge_patch(frozen, {"spec": {"behavior": {"scaleDown": {"selectPolicy": "Min"}}}})
    restored = turn(theirs, State.ON)
    assert restored["spec"]["behavior"] == {"scaleDown": {"selectPolicy": "Min"}}
    assert FROZEN not in restored["metadata"]["annotations"]
    assert turn(theirs, State.FROZEN, State.ON)["spec"] == restored["spec"], "frozen again, theirs is given back"


def test_the_rest_that_the_server_fills_in_goes_with_ours_and_stays_with_somebody_elses() -> None:
    filled = {**NEVER_DOWN, "scaleUp": {"selectPolicy": "Max", "stabilizationWindowSeconds": 0}}
    frozen = merge_patch(turn(hpa(), State.FROZEN), {"spec": {"behavior": filled}})
    assert "behavior" not in turn(frozen, State.ON)["spec"]
    for managers in ([helm(behavior={"scaleUp": {}})], []):
        frozen["metadata"]["managedFields"] = managers
        assert turn(frozen, State.ON)["spec"]["behavior"]["scaleUp"] == filled["scaleUp"]


@pytest.mark.parametrize("note", ["", "{", "[1]", '[["a"]]', "7", '{"a": 1}'])
def test_a_damaged_note_holds_nothing(note: str) -> None:
    assert read_held(hpa(annotations={FROZEN: note})) == {}


def test_our_name_goes_from_the_fields_that_helm_sets() -> None:
    scale = {**OURS, "subresource": "scale"}
    release = make_release(hpa(managers=[helm(), OURS, scale]))
    assert release == {"metadata": {"resourceVersion": "7", "managedFields": [helm(), scale]}}
    assert make_release(hpa(managers=[OURS])) == {"metadata": {"resourceVersion": "7", "managedFields": [{}]}}
    assert make_release(hpa()) is None
