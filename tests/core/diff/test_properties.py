"""What holds for any two objects: every difference is told, none is made up, no secret is shown."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tooling.core.diff.drift import compare_live
from tooling.core.diff.fields import compare
from tooling.core.diff.objects import compare_objects
from tooling.core.diff.text import write_change
from tooling.core.masking import mask

SCALARS = (
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b", "1", "500m", "a\nb", "0.5"])
)
KEYS = st.sampled_from(["name", "port", "env", "limits", "data", "template", "value", "containers"])
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=4)
bounded = settings(derandomize=True, deadline=None, max_examples=400)

TOKEN = "hunter2-hunter2"
PLACES = (
    lambda text: {"kind": "Secret", "stringData": {"harmless": text}},
    lambda text: {"env": [{"name": "API_KEY", "value": text}]},
    lambda text: {"args": ["--token", text, f"--db-password={text}"]},
    lambda text: {"data": {"password": text, "url": f"postgres://u:{text}@db/x"}},
    lambda text: {"data": {"config.yaml": f"a: 1\napiKey: {text}\nurl: http://u:{text}@h\n"}},
    lambda text: {"data": {"line": f"token = {text}"}},
    lambda text: {"metadata": {"annotations": {"x.io/access-key": text}}},
    lambda text: {"deep": [{"name": "x", "list": [{"client_secret": text}]}]},
)


@bounded
@given(OBJECTS, OBJECTS)
def test_there_is_a_change_exactly_where_two_objects_differ(one, other):
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    changes = list(compare(one, other))
    assert (not changes) == is_same
    for change in changes:
        assert list(write_change(change, 1))


@bounded
@given(OBJECTS, OBJECTS)
def test_drift_is_never_found_in_what_is_as_it_was(wanted, extra):
    assert not list(compare_live(wanted, wanted))
    status = {**wanted, "status": extra}
    assert not list(compare_live(wanted, status))


@bounded
@given(st.sampled_from(PLACES), st.sampled_from(PLACES), OBJECTS, st.booleans())
def test_no_secret_is_shown_wherever_it_stands(first, second, around, is_new):
    identity = {"kind": "A", "apiVersion": "v1"}
    before = {**identity, **around, **({} if is_new else first(TOKEN))}
    after = {**identity, **around, **second(f"{TOKEN}-2")}
    diffs = compare_objects([before], [after], namespace="n")
    live = compare_live(mask(before), mask(after))
    changes = [*(change for diff in diffs for change in diff.changes), *live]
    shown = "\n".join(line.text for change in changes for line in write_change(change, 3))
    assert TOKEN not in shown
