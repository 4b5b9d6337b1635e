"""Monitors read every pod once, and every alert fires when it should and stays silent when not (by promtool)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.rendering import (
    ALL,
    BASE,
    BLUE,
    ROUTE,
    Case,
    Manifest,
    Renderer,
    Stack,
    component_of,
    find_case,
    find_template,
    identify,
)
from tests.charts.schemas import CHART, ROOT
from tests.charts.test_selectors import find_selector

RULES = Path(__file__).parent / "rules"
RUNBOOKS = ROOT / "docs" / "runbooks.md"
ALERTS_ON = ("observability.alerts.enabled=true", "vectordb.backup.enabled=true")
OPERATOR = {"PodMonitor", "ServiceMonitor", "PrometheusRule"}
FACT = re.compile(r"@[a-zA-Z.]+@")


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The promtool named by GENAI_PROMTOOL, else the pinned one."""
    named = os.environ.get("GENAI_PROMTOOL")
    if named:
        return Path(named)
    from tooling.local.binaries import build

    return build(["promtool"])["promtool"]


def find_rules(manifests: tuple[Manifest, ...]) -> dict[str, Any]:
    (found,) = (manifest for manifest in manifests if manifest["kind"] == "PrometheusRule")
    spec: dict[str, Any] = found["spec"]
    return spec


def list_alerts(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"] if "alert" in rule}


def render_rules(renderer: Renderer, *settings: str, case: str = "ci/default") -> dict[str, Any]:
    return find_rules(renderer.render(find_case(case), BASE, *ALERTS_ON, *settings))


def check(promtool: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run([promtool, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("stories", sorted(RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_alerts_fire_and_stay_silent(promtool: Path, renderer: Renderer, tmp_path: Path, stories: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(render_rules(renderer)), encoding="utf-8")
    shutil.copy(stories, tmp_path)
    check(promtool, tmp_path, "test", "rules", stories.name)


@pytest.mark.parametrize("name", ["ci/default", "ci/guarded", "ci/long-names", "ci/full", "ci/minimal"])
def test_prometheus_can_read_the_rules(promtool: Path, renderer: Renderer, tmp_path: Path, name: str) -> None:
    manifests = renderer.render(find_case(name), ALL, "observability.alerts.enabled=true")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(find_rules(manifests)), encoding="utf-8")
    assert "SUCCESS" in check(promtool, tmp_path, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")


def test_every_alert_has_a_story_in_which_it_fires_and_one_in_which_it_does_not(renderer: Renderer) -> None:
    loud, silent = set(), set()
    for file in RULES.glob("*.yaml"):
        for story in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for row in story.get("alert_rule_test", ()):
                (loud if row["exp_alerts"] else silent).add(row["alertname"])
    assert loud == silent == set(list_alerts(render_rules(renderer)))


def test_every_alert_says_how_bad_it_is_and_leads_to_its_runbook(renderer: Renderer) -> None:
    headings = {line[3:].strip().lower() for line in RUNBOOKS.read_text().splitlines() if line.startswith("## ")}
    alerts = list_alerts(render_rules(renderer))
    assert headings == {name.lower() for name in alerts}
    for name, alert in alerts.items():
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
        assert {"genai_instance": "genai", "namespace": "genai-ns"}.items() <= alert["labels"].items()
        assert alert["annotations"]["runbook_url"] == f"docs/runbooks.md#{name.lower()}"
        assert alert["annotations"]["summary"].startswith("genai: ")


def test_what_prometheus_fills_in_is_left_to_it_and_nothing_else_is_open(renderer: Renderer, case: Case) -> None:
    text = renderer.template(case, BASE, *ALERTS_ON)
    rules = text.split("kind: PrometheusRule")[1].split("\n---")[0]
    assert "{{ $labels.model }}" in " ".join(rules.split())
    assert not FACT.findall(rules)


SETTINGS = [
    ("slo.availability=99.75", "GenaiErrorBudgetBurns", "expr", "(1 - 99.75 / 100)"),
    ("slo.minRequests=123456", "GenaiErrorBudgetBurnsFast", "expr", ">= 123456"),
    ("thresholds.errorPercent=0.25", "GenaiErrorsHigh", "expr", "> 0.25"),
    ("thresholds.latencySeconds=17", "GenaiLatencyHigh", "expr", "> 17"),
    ("thresholds.firstTokenSeconds=0.7", "GenaiFirstTokenSlow", "expr", "> 0.7"),
    ("thresholds.queueDepth=33", "GenaiQueueLong", "expr", "> 33"),
    ("thresholds.gpuIdlePercent=11", "GenaiGpuIdle", "expr", "< 11"),
    ("thresholds.evalsAgeHours=99", "GenaiEvalsStale", "expr", "> 99 * 3600"),
    ("thresholds.backupAgeHours=98", "GenaiBackupOld", "expr", "> 98 * 3600"),
    ('for.gatewayDown="41s"', "GenaiGatewayDown", "for", "41s"),
    ('for.targetDown="42s"', "GenaiTargetDown", "for", "42s"),
    ('for.errors="43s"', "GenaiErrorsHigh", "for", "43s"),
    ('for.latency="44s"', "GenaiFirstTokenSlow", "for", "44s"),
    ('for.queue="45s"', "GenaiQueueLong", "for", "45s"),
    ('for.gpuIdle="46s"', "GenaiGpuIdle", "for", "46s"),
    ('for.gpuPending="47s"', "GenaiGpuPending", "for", "47s"),
    ('for.evalsFailing="48s"', "GenaiEvalsFailing", "for", "48s"),
]


def test_every_threshold_is_in_its_alert(renderer: Renderer) -> None:
    # All at once: one render, and it shows that they do not get into each other's way.
    alerts = list_alerts(render_rules(renderer, *(f"observability.alerts.{row[0]}" for row in SETTINGS)))
    for setting, name, field, expected in SETTINGS:
        assert " ".join(alerts[name][field].split()).endswith(expected) or expected in alerts[name][field], setting
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["observability"]["alerts"]
    known = {f"{group}.{key}" for group in ("slo", "thresholds", "for") for key in defaults[group]}
    assert known == {row[0].split("=")[0] for row in SETTINGS}


def test_alerts_carry_labels_of_the_user_that_cannot_replace_the_charts(renderer: Renderer) -> None:
    alerts = list_alerts(
        render_rules(renderer, 'observability.alerts.alertLabels={"team": "ml", "severity": "none"}')
    )
    assert all(alert["labels"]["team"] == "ml" for alert in alerts.values())
    assert "none" not in {alert["labels"]["severity"] for alert in alerts.values()}


@pytest.mark.parametrize(
    ("setting", "gone"),
    [
        ("observability.alerts.silenced.GenaiGpuIdle=true", {"GenaiGpuIdle"}),
        ("evals.enabled=false", {"GenaiEvalsFailing", "GenaiEvalsStale"}),
        ("evals.suspend=true", {"GenaiEvalsFailing", "GenaiEvalsStale"}),
        ("vectordb.backup.enabled=false", {"GenaiBackupOld", "GenaiBackupMissing"}),
        ("vectordb.enabled=false", {"GenaiBackupOld", "GenaiBackupMissing"}),
    ],
)
def test_alerts_on_what_is_not_there_are_left_out(renderer: Renderer, setting: str, gone: set[str]) -> None:
    assert set(list_alerts(render_rules(renderer))) - set(list_alerts(render_rules(renderer, setting))) == gone


def test_the_schedules_that_are_watched_are_those_of_the_chart(renderer: Renderer) -> None:
    suite = {"prompts": [{"id": "a", "prompt": "b", "expect": {"contains": "c"}}], "schedule": "@hourly"}
    setting = f"evals.suites.second={json.dumps(suite)}"
    for case in (find_case("ci/default"), find_case("ci/long-names")):
        manifests = renderer.render(case, BASE, *ALERTS_ON, setting)
        alerts = list_alerts(find_rules(manifests))
        for manifest in manifests:
            if manifest["kind"] == "CronJob":
                wanted = "GenaiBackupOld" if component_of(manifest) == "vectordb-backup" else "GenaiEvalsFailing"
                (names,) = set(re.findall(r'cronjob=~?"([^"]*)"', alerts[wanted]["expr"]))
                assert manifest["metadata"]["name"] in names.split("|"), identify(manifest)


def list_monitors(manifests: tuple[Manifest, ...]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"].endswith("Monitor")]


@pytest.mark.parametrize("kind", ["PodMonitor", "ServiceMonitor"])
def test_every_server_is_read_by_one_monitor(renderer: Renderer, few: Case, kind: str) -> None:
    settings = ("observability.monitors.enabled=true", f'observability.monitors.kind="{kind}"')
    for view in (ALL, BLUE):
        manifests = renderer.render(few, view, *settings)
        monitors = list_monitors(manifests)
        for workload in (m for m in manifests if m["kind"] in ("Deployment", "StatefulSet")):
            template = find_template(workload)
            labels, container = template["metadata"]["labels"], template["spec"]["containers"][0]
            picked = [m for m in monitors if find_selector(m).items() <= labels.items()]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            if component_of(workload) == "vectordb" and "metrics" not in ports:
                assert not picked
                continue
            (monitor,) = picked
            (endpoint,) = monitor["spec"].get("podMetricsEndpoints") or monitor["spec"]["endpoints"]
            assert endpoint["port"] in ports, identify(workload)
            marks = {step["targetLabel"]: step["replacement"] for step in endpoint["relabelings"]}
            model = {"genai_model": labels["genai-stack/model"]} if "genai-stack/model" in labels else {}
            assert marks == {
                "genai_instance": labels["app.kubernetes.io/instance"],
                "genai_slot": labels["genai-stack/slot"],
                "genai_component": component_of(workload),
                **model,
            }


def test_a_service_monitor_reads_each_pod_through_one_service(renderer: Renderer) -> None:
    settings = ("observability.monitors.enabled=true", 'observability.monitors.kind="ServiceMonitor"')
    manifests = renderer.render(find_case("ci/default"), ALL, *settings)
    services = [manifest for manifest in manifests if manifest["kind"] == "Service"]
    for monitor in list_monitors(manifests):
        if monitor["kind"] == "ServiceMonitor":
            selector = find_selector(monitor)
            (service,) = (one for one in services if selector.items() <= one["metadata"]["labels"].items())
            (endpoint,) = monitor["spec"]["endpoints"]
            assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_labels_for_the_operator_are_set_and_cannot_replace_the_charts(renderer: Renderer) -> None:
    labels = '{"release": "prom", "app.kubernetes.io/component": "stolen"}'
    settings = ("observability.monitors.enabled=true", f"observability.monitors.labels={labels}")
    manifests = renderer.render(
        find_case("ci/default"), ALL, *settings, f"observability.alerts.labels={labels}", *ALERTS_ON
    )
    found = [manifest for manifest in manifests if manifest["kind"] in OPERATOR]
    assert len(found) == 4
    for manifest in found:
        assert manifest["metadata"]["labels"]["release"] == "prom"
        assert component_of(manifest) != "stolen"


def test_nothing_is_asked_of_the_operator_by_default(stack: Stack) -> None:
    asked = stack.case.values.get("observability", {})
    if not any(asked.get(part, {}).get("enabled") for part in ("monitors", "alerts")):
        assert not [identify(manifest) for manifest in stack.manifests if manifest["kind"] in OPERATOR]
    assert not [m for m in stack.parts[ROUTE] if m["kind"] in OPERATOR]
