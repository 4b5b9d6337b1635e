"""What validate passes, helm renders and the API server takes: values drawn at random out of the schema.

More of them by hand, on a cluster of one's own: `DRAWN=300 DRAWN_FROM=1000 pytest -n 0 tests/local/test_drawn.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.charts.rendering import ALL, KUBERNETES, View
from tests.local.conftest import Kubectl
from tests.local.drawn import Drawn, draw
from tests.local.tryout import NAMESPACE, try_out
from tooling.app.project import Project
from tooling.app.validate import has_errors, validate
from tooling.app.values import ValuesRequest, load_values
from tooling.bootstrap import documents, schemas, zones
from tooling.local.binaries import build

pytestmark = pytest.mark.local

COUNT, FIRST = int(os.environ.get("DRAWN", "24")), int(os.environ.get("DRAWN_FROM", "0"))
INSTALLED = 3
ENOUGH = 0.4
"""Share of the drawn values that validate has to pass: otherwise little would be tried."""
FOUND = [
    ("global.instance", "true"),
    ("global.imagePullSecrets", [{"name": "a"}, {"name": "a"}]),
    ("gateway.podLabels", {"team": "a b"}),
    ("gateway.podAnnotations", {"a..b/c": "x"}),
    ("gateway.terminationGracePeriodSeconds", 5),
    ("gateway.extraEnv", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "<"}}}]),
    ("gateway.extraEnv", [{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
    ("gateway.extraVolumeMounts", [{"name": "tmp", "mountPath": "/tmp"}]),
    ("gateway.resources.limits.ephemeral-storage", "5"),
    ("gateway.tolerations", [{"operator": "Equal"}]),
    ("inference.modelDefaults.strategy.maxUnavailable", 1000000000),
    ("inference.modelDefaults.strategy.maxUnavailable", "101%"),
    ("evals.resources.limits", {"hugepages-2Mi": "3Mi"}),
    ("inference.models.smollm2.nodeSelector", {"a": "x\ny"}),
    ("network.blocked", ["1.2.3/8"]),
    ("network.edge.cidrs", ["10.0.0.1/8"]),
    ("vectordb.persistence.size", "0"),
    ("vectordb.resources.requests.cpu", "3"),
    ("evals.schedule", "61 * * * *"),
    ("evals.timeZone", "Mars/Olympus"),
    ("evals.suite", "silver"),
]
"""Values that once passed validate, and that helm or the API server did not take."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The chart of this checkout, and an environment of the test's own."""
    root = tmp_path_factory.mktemp("drawn")
    (root / "charts").symlink_to(Path(__file__).parents[2] / "charts")
    (root / "values").mkdir()
    return Project(root)


def is_passed(project: Project, values: object) -> bool:
    """Write values as an environment and ask validate."""
    (project.environments / "drawn.yaml").write_text(json.dumps(values), encoding="utf-8")
    loaded = load_values(documents(), project, ValuesRequest("drawn"))
    return not has_errors(validate(schemas(project), loaded, zones()))


def render(project: Project, views: tuple[View, ...] = (ALL,)) -> str:
    """What helm makes of the environment, whole or in the parts that the CLI releases."""
    file = project.environments / "drawn.yaml"
    instance = (json.loads(file.read_text(encoding="utf-8")).get("global") or {}).get("instance") or "genai"
    texts = []
    for view in views:
        helm = [str(build(["helm"], print)["helm"]), "template", *view.arguments(instance), str(project.chart)]
        helm += ["--values", str(file), "--kube-version", KUBERNETES, "--namespace", NAMESPACE]
        done = subprocess.run(helm, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        texts.append(done.stdout)
    return "\n---\n".join(texts)


def find_fault(api: Kubectl, project: Project, one: Drawn) -> str:
    """What is wrong with values that validate passes."""
    if not is_passed(project, one.overlay):
        return ""
    try:
        try_out(api, render(project, one.views))
    except AssertionError as error:
        return str(error)
    return ""


def shrink(api: Kubectl, project: Project, one: Drawn) -> Drawn:
    """Leave out every setting that the fault does not need."""
    for setting in one.settings:
        fewer = replace(one, settings=tuple(other for other in one.settings if other is not setting))
        if find_fault(api, project, fewer):
            one = fewer
    return one


def test_what_validate_passes_is_taken(api: Kubectl, project: Project) -> None:
    passed = [one for one in map(draw, range(FIRST, FIRST + COUNT)) if is_passed(project, one.overlay)]
    assert len(passed) >= ENOUGH * COUNT
    texts = []
    try:
        for one in passed:
            assert is_passed(project, one.overlay)
            texts.append(render(project, one.views))
        try_out(api, "\n---\n".join(texts))  # all at once, for a call costs more than an object
    except AssertionError:
        wrong = [one for one in passed if find_fault(api, project, one)]
        small = [shrink(api, project, one) for one in wrong[:3]]
        told = [f"{one}\n  {find_fault(api, project, one)[:600]}" for one in small]
        pytest.fail(f"{len(wrong)} of {len(passed)} that validate passes are not taken:\n" + "\n".join(told))


def test_helm_installs_what_validate_passes_dry_run_at_the_server(api: Kubectl, project: Project) -> None:
    tried = 0
    for one in map(draw, range(FIRST, FIRST + COUNT)):
        if tried < INSTALLED and one.views == (ALL,) and is_passed(project, one.overlay):
            helm = [
                str(build(["helm"], print)["helm"]),
                "install",
                "genai",
                str(project.chart),
                "--dry-run=server",
            ]
            helm += ["--values", str(project.environments / "drawn.yaml")]
            helm += ["--kubeconfig", str(api.kubeconfig), "--namespace", "drawn-ns"]
            done = subprocess.run(helm, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{one}\n{done.stderr}"
            tried += 1
    assert tried == min(INSTALLED, COUNT // 4)


@pytest.mark.parametrize(("key", "value"), FOUND, ids=lambda value: json.dumps(value)[:40])
def test_what_was_found_so_is_refused_or_taken_now(
    api: Kubectl, project: Project, key: str, value: object
) -> None:
    values: object = value
    for part in reversed(key.split(".")):
        values = {part: values}
    if is_passed(project, values):
        try_out(api, render(project))
