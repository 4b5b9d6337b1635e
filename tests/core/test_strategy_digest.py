"""A change of the strategy is noticed and named by its part."""

from tooling.core.strategy_digest import digest_strategy, find_changed_parts

ROLLOUT = {"instance": "genai", "strategy": "canary", "steps": [{"weight": 5}], "load": {"rate": 1}}


def digest(**changes):
    return digest_strategy({"rollout": {**ROLLOUT, **changes}})


def test_parts_that_drive_are_counted():
    assert digest() == digest()
    assert [part.split(":")[0] for part in digest().split()] == ["steps", "strategy"]
    assert find_changed_parts(digest(), digest(steps=[{"weight": 6}])) == ("steps",)
    assert find_changed_parts(digest(), digest(analysis={"maxHold": "1m"})) == ("analysis",)
    assert find_changed_parts(digest(analysis={}), digest()) == ("analysis",)
    assert digest_strategy({}) == ""


def test_where_and_for_whom_may_change():
    assert (
        find_changed_parts(digest(), digest(instance="b", load={}, contexts=["c"], notifications={"x": {}})) == ()
    )


def test_a_rollout_that_recorded_none_is_let_be():
    assert find_changed_parts("", digest()) == ()
