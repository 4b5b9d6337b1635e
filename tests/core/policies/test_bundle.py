"""The index of manifests, and quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.policies.sample import SOUND, make
from tooling.core.policies.bundle import Bundle
from tooling.core.policies.catalog import POLICIES
from tooling.core.policies.totals import find_totals
from tooling.core.quantity import format_bytes, parse_quantity, write_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500m", Decimal("0.5")),
        ("2", 2),
        (2.5, Decimal("2.5")),
        (".5Gi", 1 << 29),
        ("1e3", 1000),
        ("1E-2", Decimal("0.01")),
        ("1k", 1000),
        ("3n", Decimal("3e-9")),
        ("3u", Decimal("3e-6")),
        ("3M", 3 * 10**6),
        ("3G", 3 * 10**9),
        ("3T", 3 * 10**12),
        ("3P", 3 * 10**15),
        ("3Ti", 3 << 40),
        ("1E", 10**18),
        ("-3Ki", -3072),
        ("", None),
        ("1 Gi", None),
        ("1gi", None),
        (True, None),
        (None, None),
        (["1"], None),
        ("9" * 50, None),
        pytest.param(10**5000, None, id="thousands of digits"),
        ("\N{SUPERSCRIPT TWO}", None),
        ("\N{ARABIC-INDIC DIGIT TWO}", None),
    ],
)
def test_quantities_read_as_in_kubernetes(text: object, amount: object) -> None:
    assert parse_quantity(text) == amount


def test_bytes_are_written_for_people_and_for_manifests() -> None:
    assert [format_bytes(Decimal(count)) for count in (0, 1000, 1024, 1536, 3 << 30)] == [
        *("0", "1000", "1Ki", "1.5Ki", "3Gi")
    ]
    assert [write_bytes(Decimal(count)) for count in (1, (1 << 30) + 1, 2 << 30)] == ["1Mi", "1025Mi", "2Gi"]


def test_objects_are_found_by_kind_and_name() -> None:
    bundle = make()
    assert {"Deployment", "Service"} <= set(bundle.kinds)
    assert bundle.find("Service", "shop", "chat") is not None
    assert bundle.find("Service", "far", "chat") is None
    workload = bundle.find_workload("Deployment", "shop", "chat")
    assert workload is not None
    assert (str(workload.ref), workload.ref.group, workload.template_path) == (
        "Deployment/chat",
        "apps",
        "spec.template",
    )
    assert bundle.find_workload("Service", "shop", "chat") is None
    assert bundle.find_workload("Deployment", "shop", "chad") is None


def test_what_names_no_namespace_is_where_the_rest_goes() -> None:
    ref = Bundle.of([{"kind": "Service", "metadata": {"name": "a"}}], namespace="here").entries[0].ref
    assert (ref.namespace, ref.group, ref.api_version) == ("here", "", "")


@pytest.mark.parametrize(
    ("api_version", "count"), [("example.com/v1", 1), ("example.k8s.io/v1", 0), ("apps/v1", 0), ("v1", 0)]
)
def test_pods_are_looked_for_in_the_kinds_of_others_alone(api_version: str, count: int) -> None:
    nested = {"sets": [{"spec": {"containers": [{"name": "one"}]}}]}
    bundle = Bundle.of([{"apiVersion": api_version, "kind": "Set", "metadata": {"name": "a"}, "spec": nested}])
    assert [one.path for one in bundle.workloads] == ["spec.sets[0].spec"] * count


def test_what_is_no_object_in_a_list_is_passed_over() -> None:
    (workload,) = make("Deployment/web pod.containers: [5, {name: web}]").select(
        "shop", {"matchLabels": {"app": "web"}}
    )
    assert [one.path for one in workload.containers] == ["spec.template.spec.containers[1]"]


@pytest.mark.parametrize(
    ("operator", "values", "names"),
    [
        ("In", ["chat", "web"], ["Deployment/chat", "Deployment/web"]),
        ("NotIn", ["chat", "web"], ["StatefulSet/db", "CronJob/report"]),
        ("Exists", None, ["Deployment/chat", "Deployment/web", "StatefulSet/db", "CronJob/report"]),
        ("DoesNotExist", None, []),
    ],
)
def test_selectors_select_as_in_kubernetes(operator: str, values: object, names: list[str]) -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": operator, "values": values}]}
    assert [str(one.ref) for one in make().select("shop", selector)] == names


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**40)
    | st.text(max_size=8)
    | st.sampled_from(["50%", "Always", "http", 10**400, "9" * 5000, "9" * 5000 + "%"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _list_places(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place, *(one for key, value in items for one in _list_places(value, (*place, key)))]


PLACES = [place for place in _list_places(yaml.safe_load(SOUND)) if len(place) > 1]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=4))
def test_any_shape_is_passed_over_without_an_error(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    objects = yaml.load(SOUND, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for place, value in edits:
        _put(objects, place, value)
    manifests = [
        {"kind": name.partition("/")[0], **spec} for name, spec in objects.items() if isinstance(spec, dict)
    ]
    bundle = Bundle.of(manifests)
    for policy in POLICIES:
        for ref, path, text in policy.find(bundle):
            assert bundle.entries[ref.index].ref is ref
            assert isinstance(path, str)
            assert text
    find_totals(bundle)


def _put(node: Any, place: tuple[Any, ...], value: Any) -> None:
    """Set a value; a place that an edit before has taken away is passed over."""
    try:
        for step in place[:-1]:
            node = node[step]
        node[place[-1]] = value
    except (KeyError, IndexError, TypeError):
        return
