"""Which rendered manifests a name selects, and what it may have meant."""

import pytest

from tooling.core.selection import find_unknown, is_selected, name_object

SOURCE = "genai-stack/charts/gateway/templates/service.yaml"
SERVICE = {"kind": "Service", "metadata": {"name": "genai-gateway"}}
KNOWN = [
    (SERVICE, SOURCE),
    ({"kind": "Deployment", "metadata": {"name": "genai-gateway"}}, "s/templates/deployment.yaml"),
]


def test_an_object_has_a_name_even_without_metadata():
    assert [name_object(one) for one in (SERVICE, {"kind": "List"})] == ["Service/genai-gateway", "List/None"]


@pytest.mark.parametrize(
    "wanted",
    [
        "service/genai-gateway",
        "Service/genai-gateway",
        "charts/gateway/templates/service.yaml",
        "./templates/service.yaml",
        SOURCE,
        "service.yaml",
    ],
)
def test_what_selects_a_manifest(wanted):
    assert is_selected(wanted, SERVICE, SOURCE)
    assert find_unknown([wanted], KNOWN) == ()


@pytest.mark.parametrize("wanted", ["Service/genai", "vice.yaml", "Service", "genai-gateway"])
def test_what_does_not(wanted):
    assert not is_selected(wanted, SERVICE, SOURCE)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("service/genai-gatway", "Service/genai-gateway"),
        ("servce.yaml", SOURCE),
        ("templates/deploymnt.yaml", "s/templates/deployment.yaml"),
        ("zzz", ""),
        ("genai-gateway", "Deployment/genai-gateway"),
        ("Deployment/genai-gatewa", "Deployment/genai-gateway"),
        ("deployment.yml", "s/templates/deployment.yaml"),
    ],
)
def test_the_nearest_is_named(wanted, near):
    assert find_unknown([wanted], KNOWN) == ((wanted, near),)


def test_who_names_a_kind_means_no_template():
    known = [({"kind": "Route", "metadata": {"name": "edge"}}, "route/none.yaml")]
    assert find_unknown(["none.yml"], known) == (("none.yml", "route/none.yaml"),)
    assert find_unknown(["route/none"], known) == (("route/none", "Route/edge"),)
    assert find_unknown(["Route/quite-another-thing"], known) == (("Route/quite-another-thing", ""),)
