"""What differs between two versions, field by field."""

import pytest

from tooling.core.diff.fields import FieldChange, Item, Op, compare, find_key, format_field
from tooling.core.masking import Hidden


def told(old, new):
    """Each change as `mark path`, with what it was and is."""
    return [(f"{one.op} {format_field(one.path)}", one.old, one.new) for one in compare(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("~ a", 1, 2)]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("- a", 1, None), ("+ c", None, 3)]),
        ({"a": True}, {"a": 1}, [("~ a", True, 1)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": {"b": 1}}, {"a": [1]}, [("~ a", {"b": 1}, [1])]),
        ({"a": [1, 2, 3]}, {"a": [0, 1, 2, 3]}, [("+ a[0]", None, 0)]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [("- a[1]", 2, None)]),
        ({"a": ["x", "1", "y"]}, {"a": ["x", "2", "y"]}, [("~ a[1]", "1", "2")]),
        ({"a": ["--len", "1"]}, {"a": ["--len", "2"]}, [("~ a[--len]", "1", "2")]),
        ({"a": ["--len", "1"]}, {"a": ["--len", "--x"]}, [("~ a[1]", "1", "--x")]),
        ({"a": ["--len=1", "1"]}, {"a": ["--len=1", "2"]}, [("~ a[1]", "1", "2")]),
        ({"a": [1, 2]}, {"a": [3]}, [("~ a[0]", 1, 3), ("- a[1]", 2, None)]),
        ({"a": []}, {"a": []}, []),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "C", "value": "0"}, {"name": "B", "value": "3"}]},
            [
                ("- env[A]", {"name": "A", "value": "1"}, None),
                ("~ env[B].value", "2", "3"),
                ("+ env[C]", None, {"name": "C", "value": "0"}),
            ],
        ),
        (
            {"mounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]},
            {"mounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b", "readOnly": True}]},
            [("+ mounts[/b].readOnly", None, True)],
        ),
        ({"l": [{"x": 1}, {"x": 2}]}, {"l": [{"x": 1}, {"x": 3}]}, [("~ l[1].x", 2, 3)]),
        ({"s": Hidden("a", 1)}, {"s": Hidden("a", 1)}, []),
        ({"s": [Hidden("a", 1)]}, {"s": [Hidden("b", 1)]}, [("~ s[0]", Hidden("a", 1), Hidden("b", 1))]),
    ],
)
def test_what_differs(old, new, changes):
    assert told(old, new) == changes


def test_the_order_of_named_items_is_a_change_of_its_own():
    old, new = [{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]
    assert list(compare(old, new, ("env",))) == [
        FieldChange(Op.CHANGED, ("env",), ["a", "b"], ["b", "a"], is_order=True)
    ]


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ([], [], ""),
        ([{"name": "a"}], [], "name"),
        ([{"name": "a"}], ["a"], ""),
        ([{"name": "a"}, {"name": "a"}], [], ""),
        ([{"port": 1}, {"port": 2}], [{"port": 1}], "port"),
        ([{"name": {"a": 1}}], [{"name": "a"}], ""),
    ],
)
def test_what_names_the_items_of_a_list(one, other, key):
    assert find_key(one, other) == key


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "containers", Item("name", "gateway"), "args", 3), "spec.containers[gateway].args[3]"),
        (("metadata", "labels", "helm.sh/chart"), 'metadata.labels["helm.sh/chart"]'),
        (("config.yaml",), '["config.yaml"]'),
    ],
)
def test_a_path_is_written_as_people_read_it(path, text):
    assert format_field(path) == text
