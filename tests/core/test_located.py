"""Objects with their places."""

from __future__ import annotations

from tooling.core.located import Located, unpack


def test_an_object_is_named_as_far_as_it_can_be() -> None:
    assert Located({"kind": "Pod", "metadata": {"name": "a"}}).name == "Pod/a"
    assert Located({"kind": "Job", "metadata": {"generateName": "a-"}}).name == "Job/a-"
    assert Located({"metadata": 3}).name == "object/without-a-name"


def test_lists_are_unpacked_however_deep() -> None:
    inner = {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "b"}}]}
    whole = {"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "a"}}, inner, "nothing"]}
    found = list(unpack(Located(whole, "file.yaml", 3)))
    assert [(one.name, one.prefix) for one in found] == [
        ("Pod/a", ("items", 0)),
        ("Pod/b", ("items", 1, "items", 0)),
    ]
    assert {(one.file, one.line) for one in found} == {("file.yaml", 3)}


def test_an_item_without_a_kind_has_that_of_its_list() -> None:
    whole = {"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "a"}}]}
    (found,) = unpack(Located(whole))
    assert found.manifest["apiVersion"] == "v1"
    assert found.name == "Service/a"


def test_anything_else_is_itself() -> None:
    for manifest in ({"kind": "Pod", "items": []}, {"kind": "WaitingList", "items": 3}):
        assert [one.manifest for one in unpack(Located(manifest))] == [manifest]
