"""What is drift, and what the API server only wrote otherwise."""

import pytest

from tooling.core.diff.drift import compare_live
from tooling.core.diff.fields import format_field


def told(wanted, live):
    return [(f"{one.op} {format_field(one.path)}", one.old, one.new) for one in compare_live(wanted, live)]


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"a": 1}, {"a": 1, "status": {"x": 1}}),
        ({"a": {}, "b": [], "c": None, "d": {"e": ""}, "f": False}, {}),
        ({"limits": {"cpu": "0.5", "memory": "1024Mi"}}, {"limits": {"cpu": "500m", "memory": "1Gi"}}),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "1", "x": 1}]}),
        ({"rules": [{"matches": [1]}]}, {"rules": [{"matches": [1], "timeouts": {}}]}),
        ({"labels": {"a": "1"}}, {"labels": {"a": "1", "b": "2"}}),
        ({"spec": {}}, {"spec": {"volumes": [1]}}),
        ({"data": {}}, {"data": {"run-1": "{}"}}),
    ],
)
def test_what_the_server_fills_in_is_no_drift(wanted, live):
    assert told(wanted, live) == []


@pytest.mark.parametrize(
    ("wanted", "live", "changes"),
    [
        ({"a": 1}, {"a": 2}, [("~ a", 1, 2)]),
        ({"a": 1}, {}, [("- a", 1, None)]),
        ({"a": "0.5"}, {"a": "500m"}, [("~ a", "0.5", "500m")]),
        ({"limits": {"cpu": "x"}}, {"limits": {"cpu": "y"}}, [("~ limits.cpu", "x", "y")]),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, [("~ limits.cpu", "1", "2")]),
        ({"data": {"a": "1"}}, {"data": {"a": "1", "b": "2"}}, [("+ data.b", None, "2")]),
        (
            {"env": [{"name": "A"}, {"name": "B", "value": "1"}]},
            {"env": [{"name": "B", "value": "2"}, {"name": "C"}]},
            [("- env[A]", {"name": "A"}, None), ("~ env[B].value", "1", "2"), ("+ env[C]", None, {"name": "C"})],
        ),
        ({"args": ["a", "b"]}, {"args": ["x"]}, [("~ args[0]", "a", "x"), ("- args[1]", "b", None)]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, [("+ args[1]", None, "b")]),
        ({"a": {"b": 1}}, {"a": 1}, [("~ a", {"b": 1}, 1)]),
        (
            {"template": {"containers": [{"name": "a"}]}},
            {"template": {"containers": [{"name": "a", "env": [{"name": "B"}], "terminationMessagePath": "/x"}]}},
            [("+ template.containers[a].env", None, [{"name": "B"}])],
        ),
    ],
)
def test_what_somebody_changed_is_drift(wanted, live, changes):
    assert told(wanted, live) == changes
