"""Suites become CronJobs, Jobs on demand and a helm test of one pod spec; each finds its prompts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.rendering import ALL, BASE, Manifest, Renderer, component_of, find_case, find_template

CASE = "ci/evals"
LONG = "a-suite-whose-name-is-as-long-as-a-name-may-be-which-is-63-abcd"


def render(renderer: Renderer, *settings: str, case: str = CASE) -> tuple[Manifest, ...]:
    manifests = renderer.render(find_case(case), BASE, *settings)
    return tuple(m for m in manifests if component_of(m) == "evals")


def find(manifests: tuple[Manifest, ...], kind: str, stem: str = "") -> dict[str, Any]:
    """The manifest of that kind whose name begins like that."""
    (found,) = (m for m in manifests if m["kind"] == kind and m["metadata"]["name"].startswith(stem))
    return dict(found)


def read_flags(manifest: Manifest) -> dict[str, str]:
    """The arguments of the run, flag to value."""
    command, *rest = find_template(manifest)["spec"]["containers"][0]["args"]
    assert command == "run"
    return dict(zip(rest[::2], rest[1::2], strict=True))


def test_the_default_suite_keeps_its_name_and_others_get_one(renderer: Renderer) -> None:
    crons = {m["metadata"]["name"]: m for m in render(renderer) if m["kind"] == "CronJob"}
    long = next(name for name in crons if "a-suite" in name)
    assert set(crons) == {"genai-evals", "genai-evals-maths", "genai-evals-facts", long}
    assert len(long) == 52
    schedules = {name: cron["spec"]["schedule"] for name, cron in crons.items()}
    assert schedules == {
        "genai-evals": "@daily",
        "genai-evals-maths": "5 * * * *",
        "genai-evals-facts": "6 * * * *",
        long: "7 * * * *",
    }
    assert {cron["spec"]["concurrencyPolicy"] for cron in crons.values()} == {"Forbid"}
    assert all(cron["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] for cron in crons.values())


def test_without_a_schedule_of_its_own_the_default_suite_has_that_of_the_evals(renderer: Renderer) -> None:
    cron = find(render(renderer, 'evals.schedule="@weekly"', case="ci/default"), "CronJob")
    assert (cron["metadata"]["name"], cron["spec"]["schedule"]) == ("genai-evals", "@weekly")
    assert read_flags(cron)["--threshold"] == "0"
    cron = find(render(renderer, "evals.minAccuracy=0.5", case="ci/default"), "CronJob")
    assert read_flags(cron)["--threshold"] == "0.5"


@pytest.mark.parametrize(
    ("name", "flags", "volume"),
    [
        (
            "genai-evals-maths",
            {
                "--suite-url": "https://datasets.example.com/maths.jsonl",
                "--scorer": "numeric",
                "--threshold": "0.8",
                "--model": "smollm2",
                "--max-tokens": "1000000",
                "--name": "maths",
            },
            None,
        ),
        (
            "genai-evals-facts",
            {"--suite": "/etc/genai/suites/facts.jsonl", "--threshold": "0.25", "--name": "facts"},
            {"configMap": {"name": "facts", "items": [{"key": "facts.jsonl", "path": "facts.jsonl"}]}},
        ),
        (
            "genai-evals-a-suite",
            {"--suite": "/etc/genai/suites/de/long.jsonl", "--name": LONG},
            {"persistentVolumeClaim": {"claimName": "datasets", "readOnly": True}},
        ),
    ],
)
def test_a_run_finds_its_prompts(renderer: Renderer, name: str, flags: dict[str, str], volume: Any) -> None:
    cron = find(render(renderer), "CronJob", name)
    assert flags.items() <= read_flags(cron).items()
    pod = find_template(cron)["spec"]
    found = [
        {k: v for k, v in entry.items() if k != "name"} for entry in pod["volumes"] if entry["name"] == "dataset"
    ]
    assert found == ([volume] if volume else [])
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert ("dataset" in mounts) is bool(volume)
    assert not volume or mounts["dataset"] == {
        "name": "dataset",
        "mountPath": "/etc/genai/suites",
        "readOnly": True,
    }


def test_a_threshold_of_0_wins_over_the_default(renderer: Renderer) -> None:
    crons = [m for m in render(renderer) if m["kind"] == "CronJob"]
    assert read_flags(next(c for c in crons if c["metadata"]["name"] == "genai-evals"))["--threshold"] == "0"


def test_the_prompts_of_the_values_reach_the_pod(renderer: Renderer) -> None:
    manifests = render(renderer)
    (config,) = (m for m in manifests if m["kind"] == "ConfigMap" and m["metadata"]["name"] == "genai-evals")
    assert set(config["data"]) == {"golden.jsonl"}
    lines = [json.loads(line) for line in config["data"]["golden.jsonl"].splitlines()]
    assert [line["expect"] for line in lines[:2]] == ["4", {"numeric": 4, "tolerance": 0.5}]
    job = find(manifests, "Job", "genai-evals-now-")
    assert read_flags(job)["--suite"] == "/etc/genai/suites/golden.jsonl"
    volumes = {volume["name"]: volume for volume in find_template(job)["spec"]["volumes"]}
    assert volumes["suites"]["configMap"] == {"name": "genai-evals"}


def test_without_prompts_in_the_values_there_is_no_config_map_for_them(renderer: Renderer) -> None:
    manifests = render(renderer, 'evals.suites.golden={"dataset": {"configMap": {"name": "a", "key": "b"}}}')
    assert [m["metadata"]["name"] for m in manifests if m["kind"] == "ConfigMap"] == ["genai-evals-results"]
    cron = next(m for m in manifests if m["metadata"]["name"] == "genai-evals" and m["kind"] == "CronJob")
    assert [v["configMap"]["name"] for v in find_template(cron)["spec"]["volumes"] if "configMap" in v] == ["a"]


def test_a_job_on_demand_has_the_pod_of_the_cron_job(renderer: Renderer) -> None:
    manifests = render(renderer)
    cron = next(m for m in manifests if m["kind"] == "CronJob" and m["metadata"]["name"] == "genai-evals")
    job = find(manifests, "Job", "genai-evals-now-")
    assert find_template(job) == find_template(cron)
    first = find(manifests, "Job", "genai-evals-first-")
    assert read_flags(first)["--limit"] == "5"
    assert (first["spec"]["ttlSecondsAfterFinished"], "ttlSecondsAfterFinished" in job["spec"]) == (600, False)
    assert len([m for m in manifests if m["kind"] == "Job"]) == 2


PROMPT = '{"id": "a", "prompt": "b", "expect": "c"}'


@pytest.mark.parametrize(
    ("setting", "is_another"),
    [
        ("evals.schedule='@weekly'", False),
        ("evals.activeDeadlineSeconds=77", False),
        ("evals.successfulJobsHistoryLimit=1", False),
        ("gateway.replicas=2", False),
        ("evals.suites.golden.threshold=0.7", True),
        (f"evals.suites.golden.prompts=[{PROMPT}]", True),
        ('evals.image.tag="v9"', True),
        ('evals.podLabels.team="ml"', True),
        ("evals.onDemand.now.limit=1", True),
    ],
)
def test_another_pod_template_makes_another_job(renderer: Renderer, setting: str, is_another: bool) -> None:
    # A Job's template cannot change: the same name for another template would make the upgrade fail.
    setting = setting.replace("'", '"')
    before, after = (find(render(renderer, *s), "Job", "genai-evals-now-") for s in ((), (setting,)))
    assert (before["metadata"]["name"] != after["metadata"]["name"]) is is_another
    assert (find_template(before) != find_template(after)) is is_another


def test_job_names_leave_room_for_their_pods(renderer: Renderer) -> None:
    instance = "i" * 47
    case = find_case("ci/evals")
    manifests = renderer.render(
        case,
        ALL,
        f'global.instance="{instance}"',
        f"evals.onDemand.{'n' * 63}={{}}",
        f"evals.onDemand.{'n' * 62}={{}}",
    )
    names = {m["metadata"]["name"] for m in manifests if m["kind"] == "Job" and "evals" in json.dumps(m["spec"])}
    assert len(names) == 4
    assert max(len(name) for name in names) <= 63


REFUSED = [
    (('evals.suite="silver"',), 'evals.suite is "silver", which is not in evals.suites'),
    (("evals.suites.golden.enabled=false",), "or off there (a-suite"),
    (('evals.onDemand.x={"suite": "silver"}',), 'evals.onDemand.x.suite is "silver"'),
    (("evals.suites.x={}",), "evals.suites.x has no prompts"),
    (('evals.suites.x={"dataset": {"url": null}}',), "evals.suites.x has no prompts"),
    (
        ('evals.suites.facts.dataset.pvc={"claimName": "a", "path": "b"}',),
        "evals.suites.facts.dataset has configMap and pvc, and takes one of them",
    ),
]


@pytest.mark.parametrize(("settings", "said"), REFUSED)
def test_a_suite_that_cannot_run_is_refused_with_the_yaml_to_write(
    renderer: Renderer, settings: tuple[str, ...], said: str
) -> None:
    file = str(find_case(CASE).files[0])
    flags = [part for setting in settings for part in ("--set-json", setting)]
    done = renderer.run("template", "genai", str(renderer.chart), "--values", file, *flags)
    assert done.returncode != 0
    assert said in done.stderr


def test_all_mistakes_are_said_at_once(renderer: Renderer) -> None:
    message = renderer.refuse('evals.suite="silver"', "evals.suites.x={}", 'evals.onDemand.y={"suite": "bronze"}')
    for said in ('evals.suite is "silver"', "evals.suites.x has no prompts", 'evals.onDemand.y.suite is "bronze"'):
        assert said in message


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ('evals.suites.golden.scorer="luck"', "/evals/suites/golden/scorer"),
        ("evals.suites.golden.threshold=2", "/evals/suites/golden/threshold"),
        ('evals.suites.golden.schedule="daily"', "/evals/suites/golden/schedule"),
        ('evals.suites.golden.dataset.pvc={"claimName": "c", "path": "../x"}', "dataset/pvc/path"),
        ('evals.suites.golden.dataset.pvc={"claimName": "c"}', "dataset/pvc"),
        ('evals.suites.golden.dataset.url={"url": "https://x/y"}', "dataset/url"),
        ('evals.suites.golden.dataset.url={"url": "https://a:b@x/y", "sha256": "' + "a" * 64 + '"}', "url/url"),
        ('evals.suites.golden.dataset.s3={"bucket": "x"}', "s3"),
        ("evals.onDemand.now.limit=0", "/evals/onDemand/now/limit"),
        ("evals.results.history=0", "/evals/results/history"),
        ('evals.results.persistence.accessMode="ReadOnlyMany"', "accessMode"),
        ('evals.extraVolumes=[{"name": "api", "emptyDir": {}}]', "/evals/extraVolumes/0/name"),
    ],
)
def test_the_schema_refuses(renderer: Renderer, setting: str, named: str) -> None:
    message = renderer.refuse(setting)
    assert "specifications of the schema" in message
    assert named in message
