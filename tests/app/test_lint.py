"""Lint: objects against several Kubernetes versions, custom kinds, policies, waivers, lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tooling.adapters.manifests_yaml import YamlManifests
from tooling.adapters.schemas_kubernetes import KubernetesApis
from tooling.app.lint import LintSettings, choose_versions, lint, list_rules
from tooling.core.finding import Severity
from tooling.core.lint import Report
from tooling.core.values import Layered, Origin
from tooling.errors import UsageError
from tooling.ports.manifests import Reading

APIS = KubernetesApis()
VERSIONS = ("1.33", "1.34", "1.35")
WIDGET = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}
    - {name: v1beta1, served: true, storage: false, deprecated: true}
    - {name: v1alpha1, served: false, storage: false}
    - name: v2
      served: true
      storage: false
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: string, pattern: "("}}}}
"""


def check(
    tmp_path: Path, text: str, *, definitions: str = "", values: dict[str, Any] | None = None, **settings: Any
) -> Report:
    """The report on a file of manifests."""
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    defined = Reading(())
    if definitions:
        (tmp_path / "definitions.yaml").write_text(definitions)
        defined = YamlManifests().read(str(tmp_path / "definitions.yaml"))
    manifests = YamlManifests()
    asked = LintSettings(VERSIONS, values=Layered(values or {}), **settings)
    return lint(APIS, manifests, manifests.read(str(file)), defined, asked)


def tell(report: Report) -> list[str]:
    return [f"{one.rule} {one.path}" for one in report.findings]


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def test_a_sound_object_has_no_finding(tmp_path: Path) -> None:
    report = check(tmp_path, f"{CONFIG}data: {{a: b}}\n")
    assert report.findings == ()
    assert (report.objects, report.versions) == (1, VERSIONS)


def test_a_finding_has_object_field_file_and_line(tmp_path: Path) -> None:
    (found,) = check(tmp_path, f"---\n{CONFIG}  label: {{a: b}}\n").findings
    assert (found.rule, found.path) == ("field-unknown", "ConfigMap/a: metadata.label")
    assert (found.file, found.line, found.column) == (str(tmp_path / "mine.yaml"), 6, 3)
    assert found.hint == "Did you mean `labels`?"


def test_versions_that_differ_are_told_apart(tmp_path: Path) -> None:
    text = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\nspec: {}\n"
    (found,) = check(tmp_path, text).findings
    assert found.rule == "api-too-new"
    assert "comes with Kubernetes 1.34; 1.33 has it not" in found.message


def test_a_kind_without_a_schema_is_told_once(tmp_path: Path) -> None:
    one = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n"
    report = check(tmp_path, f"{one}---\n{one.replace('name: a', 'name: b')}")
    assert [one.rule for one in report.findings] == ["kind-without-schema"]
    assert report.findings[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("version", "spec", "told"),
    [
        ("v1", "{size: 1}", []),
        ("v1", "{size: big, colour: red}", ["field-unknown", "field-wrong"]),
        ("v1beta1", "{anything: goes}", ["api-deprecated"]),
        ("v1alpha1", "{}", ["kind-unknown"]),
        ("v2", "x", ["kind-without-schema"]),
        ("v9", "x", ["kind-without-schema"]),
    ],
)
def test_a_custom_kind_is_checked_by_its_definition(
    tmp_path: Path, version: str, spec: str, told: list[str]
) -> None:
    text = f"apiVersion: example.com/{version}\nkind: Widget\nmetadata: {{name: a}}\nspec: {spec}\n"
    report = check(tmp_path, text, definitions=WIDGET)
    assert sorted(one.rule for one in report.findings) == told


def test_definitions_may_lie_among_the_objects(tmp_path: Path) -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {sise: 1}\n"
    assert tell(check(tmp_path, f"{WIDGET}---\n{text}")) == ["field-unknown Widget/a: spec.sise"]


def test_policies_are_looked_at_with_lines_too(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: a, image: x:latest}\n"
    )
    (found,) = [one for one in check(tmp_path, text).findings if "image" in one.path]
    assert found.path == "Pod/a: spec.containers[0].image"
    assert (found.line, found.column) == (6, 17)


def test_waived_findings_do_not_count_and_are_kept(tmp_path: Path) -> None:
    waivers = {"field-unknown": {"reason": "A field of ours.", "objects": ["ConfigMap/*"]}}
    report = check(tmp_path, f"{CONFIG}dta: 1\n", values={"lint": {"waivers": waivers}})
    assert report.findings == ()
    ((waived),) = report.waived
    assert (waived.finding.path, waived.finding.line, waived.reason) == ("ConfigMap/a: dta", 5, "A field of ours.")


def test_waivers_of_nothing_are_findings(tmp_path: Path) -> None:
    waivers = {"field-unknown": {"reason": "x"}, "feild-wrong": {"reason": "x"}}
    report = check(tmp_path, CONFIG, values={"lint": {"waivers": waivers}})
    assert tell(report) == [
        "waiver-unused lint.waivers.field-unknown",
        "waiver-unknown-rule lint.waivers.feild-wrong",
    ]


def test_one_rule_alone_leaves_waivers_of_others_in_peace(tmp_path: Path) -> None:
    waivers = {"field-wrong": {"reason": "x"}}
    report = check(
        tmp_path, f"{CONFIG}dta: 1\n", values={"lint": {"waivers": waivers}}, rules=frozenset({"field-unknown"})
    )
    assert tell(report) == ["field-unknown ConfigMap/a: dta"]


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    report = check(tmp_path, f"a: [\n---\n{CONFIG}dta: 1\n---\nreplicas: 2\n")
    rules = [one.rule for one in report.findings]
    assert rules == ["manifest-unreadable", "field-unknown", *["manifest-incomplete"] * 3]


def test_totals_know_the_prices(tmp_path: Path) -> None:
    pod = "{containers: [{name: a, image: x:1, resources: {limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 2}}}]}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {pod}\n"
    report = check(tmp_path, text, values={"lint": {"prices": {"cpu": 0.5}, "currency": "EUR"}})
    assert report.totals.most_cost == 1
    assert report.currency == "EUR"


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ((), APIS.versions()[-3:]),
        (("v1.34.2", "1.33"), ("1.33", "1.34")),
    ],
)
def test_versions_are_chosen(asked: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert choose_versions(APIS, asked) == chosen


def test_an_unknown_version_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UsageError, match=r"no schemas of Kubernetes 1.3.*Known are 1.25 to"):
        choose_versions(APIS, ["1.3"])


def test_every_rule_has_a_name_of_its_own() -> None:
    ids = [rule.id for rule in list_rules()]
    assert len(ids) == len(set(ids))


def test_what_a_flag_has_set_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f'{CONFIG}  labels: {{a: "hunter2 !"}}\n')
    values = Layered({"label": "hunter2 !"}, {("label",): Origin("--set label")})
    manifests = YamlManifests()
    asked = LintSettings(VERSIONS, values=values)
    (found,) = lint(APIS, manifests, manifests.read(str(file)), Reading(()), asked).findings
    assert (found.rule, found.message.split(".")[0]) == ("label-refused", '"<hidden>" is not allowed')
