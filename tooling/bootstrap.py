"""The only place that constructs adapters."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from tooling.adapters.documents_yaml import YamlDocuments
from tooling.adapters.reporter_json import JsonReporter
from tooling.adapters.reporter_terminal import TerminalReporter
from tooling.app.context import Ports, Target, make_target
from tooling.app.project import Project
from tooling.app.validate import has_errors, validate
from tooling.app.values import LoadedValues, ValuesRequest, load_values
from tooling.errors import UsageError, ValuesError
from tooling.local.binaries import find_helm
from tooling.local.folders import ClusterFolder
from tooling.local.observation import read_record
from tooling.local.settings import DEFAULT_NAME, Network
from tooling.ports.documents import Documents
from tooling.ports.helm import Helm
from tooling.ports.reporter import Reporter
from tooling.ports.schemas import Schemas

_PACKAGE_ROOT = Path(__file__).resolve().parents[1]


def find_project() -> Project:
    """Return the checkout around the current folder, else the one that this package lies in."""
    here = Path.cwd()
    for root in (here, *here.parents, _PACKAGE_ROOT):
        if (Project(root).chart / "Chart.yaml").is_file():
            return Project(root)
    raise UsageError(
        "there is no chart here: charts/genai-stack/Chart.yaml was looked for from this folder upwards.",
        hint="Run genai-stack in a checkout of the repository.",
    )


def documents() -> Documents:
    """Values files."""
    return YamlDocuments()


def schemas(project: Project) -> Schemas:
    """The schema of the project's chart."""
    from tooling.adapters.schemas_jsonschema import JsonSchemas  # noqa: PLC0415

    return JsonSchemas(project.schema)


def helm(project: Project, *, namespace: str, context: str | None = None, kubeconfig: str | None = None) -> Helm:
    """Helm for the project's chart; takes the helm on PATH, else builds the pinned one."""
    from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm  # noqa: PLC0415

    return Pyhelm3Helm(
        executable=str(find_helm()),
        chart=project.chart,
        namespace=namespace,
        context=context,
        kubeconfig=kubeconfig,
    )


def reporter(output: str) -> Reporter:
    """Whoever tells what happens: people, or programs with `--output json`."""
    return JsonReporter() if output == "json" else TerminalReporter()


def rollout(
    *,
    request: ValuesRequest,
    output: str,
    namespace: str | None,
    context: str | None,
    kubeconfig: str | None,
) -> tuple[Ports, Target]:
    """Wire everything that a command on a rollout needs, once the values were found good.

    Raises ValuesError with all findings, UsageError for an unknown environment; nothing was touched.
    """
    # Here and not at the top: the clients take a second to import, which `validate` need not wait for.
    from tooling.adapters.clock_system import SystemClock  # noqa: PLC0415
    from tooling.adapters.cluster_kubernetes import KubernetesCluster  # noqa: PLC0415
    from tooling.adapters.kube_client import connect  # noqa: PLC0415
    from tooling.adapters.lease_kubernetes import KubernetesLease  # noqa: PLC0415
    from tooling.adapters.load_http import HttpLoad  # noqa: PLC0415
    from tooling.adapters.metrics_scrape import ScrapedMetrics  # noqa: PLC0415
    from tooling.adapters.route_gatewayapi import GatewayApiRoute  # noqa: PLC0415
    from tooling.adapters.store_configmap import ConfigMapStore  # noqa: PLC0415

    project = find_project()
    embedded = _find_embedded(request.env, kubeconfig)
    config = str(embedded.kubeconfig) if embedded else kubeconfig
    overlays = (*_find_images(embedded), *request.files)
    loaded = check_values(project, replace(request, files=overlays))
    _check_embedded(embedded)
    edge = _find_edge(embedded)
    told = reporter(output)
    client = connect(config, context)
    wanted = namespace or str((loaded.effective.get("rollout") or {}).get("namespace") or loaded.instance)
    ports = Ports(
        helm=helm(project, namespace=wanted, context=context, kubeconfig=config),
        cluster=KubernetesCluster(client),
        route=GatewayApiRoute(client),
        metrics=ScrapedMetrics(client),
        store=ConfigMapStore(client),
        lease=KubernetesLease(client, progress=told.progress),
        clock=SystemClock(),
        reporter=told,
        load=HttpLoad(),
    )
    target = make_target(ports.helm, values=loaded.values, effective=loaded.effective)
    strategy = replace(target.strategy, namespace=wanted)
    if edge and not strategy.load.url:
        strategy = replace(strategy, load=replace(strategy.load, url=edge))
    return ports, replace(target, strategy=strategy, environment=request.env)


def check_values(project: Project, request: ValuesRequest) -> LoadedValues:
    """Load the values of an environment. Raises ValuesError with all findings when they cannot be released."""
    loaded = load_values(documents(), project, request)
    findings = validate(schemas(project), loaded)
    if has_errors(findings):
        raise ValuesError(
            f"the values of {request.env} cannot be released.", findings=findings, hint="Nothing was touched."
        )
    return loaded


def _find_embedded(env: str, kubeconfig: str | None) -> ClusterFolder | None:
    """Return the embedded cluster that is meant: the environment local has no other kubeconfig than its own."""
    if kubeconfig is None:
        return ClusterFolder.of(DEFAULT_NAME) if env == DEFAULT_NAME else None
    folder = ClusterFolder.of(Path(kubeconfig).parent.name)
    return folder if str(folder.kubeconfig) == kubeconfig else None


def _find_images(embedded: ClusterFolder | None) -> tuple[Path, ...]:
    """Return the values with the tags of the images that the embedded cluster was filled with."""
    return (embedded.images,) if embedded and os.access(embedded.images, os.R_OK) else ()


def _find_edge(embedded: ClusterFolder | None) -> str:
    """Return the address of the embedded cluster's edge, and keep proxies out of the way to it."""
    record = read_record(embedded) if embedded else None
    if record is None:
        return ""
    node = Network(record.settings.network).node
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name, ""), node)))
    return f"http://{node}"


def _check_embedded(embedded: ClusterFolder | None) -> None:
    if embedded is not None and not os.access(embedded.kubeconfig, os.R_OK):
        raise UsageError(
            "no embedded cluster runs here that this user may use, and the environment local is for that.",
            hint="As root, start with: make release ENV=local. For another cluster: --kubeconfig FILE.",
        )
