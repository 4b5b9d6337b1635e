"""The only place that constructs adapters.

What an adapter needs is imported in the function that constructs it: clients take most of a second to import,
which `validate` need not wait for (tests/cli/test_startup.py holds what each command may load).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tooling.app.project import Project
from tooling.errors import UsageError, ValuesError

if TYPE_CHECKING:
    from tooling.adapters.kube_client import KubeClient
    from tooling.app.context import Ports, Target
    from tooling.app.diff import Sources
    from tooling.app.values import LoadedValues, ValuesRequest
    from tooling.local.folders import ClusterFolder
    from tooling.ports.alarm import Alarm
    from tooling.ports.apis import Apis
    from tooling.ports.documents import Documents
    from tooling.ports.folder import Folder
    from tooling.ports.helm import Helm
    from tooling.ports.manifests import Manifests
    from tooling.ports.models import ModelFiles
    from tooling.ports.reporter import Reporter
    from tooling.ports.route import Route
    from tooling.ports.schemas import Schemas
    from tooling.ports.zones import Zones

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
    from tooling.adapters.documents_yaml import YamlDocuments  # noqa: PLC0415

    return YamlDocuments()


def schemas(project: Project) -> Schemas:
    """The schema of the project's chart."""
    from tooling.adapters.schemas_jsonschema import JsonSchemas  # noqa: PLC0415

    return JsonSchemas(project.schema, project.root / "docs" / "values.md")


def zones() -> Zones:
    """The time zones that this machine knows."""
    from tooling.adapters.zones_machine import MachineZones  # noqa: PLC0415

    return MachineZones()


def helm(project: Project, *, namespace: str, context: str | None = None, kubeconfig: str | None = None) -> Helm:
    """Helm for the project's chart; takes the helm on PATH, else builds the pinned one."""
    from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm  # noqa: PLC0415
    from tooling.local.binaries import find_helm  # noqa: PLC0415

    return Pyhelm3Helm(
        executable=str(find_helm()),
        chart=project.chart,
        namespace=namespace,
        context=context,
        kubeconfig=kubeconfig,
    )


def apis() -> Apis:
    """The Kubernetes API as its schemas describe it."""
    from tooling.adapters.schemas_kubernetes import KubernetesApis  # noqa: PLC0415

    return KubernetesApis()


def manifests() -> Manifests:
    """Files of manifests."""
    from tooling.adapters.manifests_yaml import YamlManifests  # noqa: PLC0415

    return YamlManifests()


def folder() -> Folder:
    """A folder to fill with rendered files."""
    from tooling.adapters.folder_files import FileFolder  # noqa: PLC0415

    return FileFolder()


def model_files() -> ModelFiles:
    """Files that describe models."""
    from tooling.adapters.models_files import LocalModelFiles  # noqa: PLC0415

    return LocalModelFiles()


def reporter(output: str) -> Reporter:
    """Whoever tells what happens: people, or programs with `--output json`."""
    if output == "json":
        from tooling.adapters.reporter_json import JsonReporter  # noqa: PLC0415

        return JsonReporter()
    from tooling.adapters.reporter_terminal import TerminalReporter  # noqa: PLC0415

    return TerminalReporter()


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
    from tooling.adapters.clock_system import SystemClock  # noqa: PLC0415
    from tooling.adapters.cluster_kubernetes import KubernetesCluster  # noqa: PLC0415
    from tooling.adapters.images_registry import RegistryImages  # noqa: PLC0415
    from tooling.adapters.lease_kubernetes import KubernetesLease  # noqa: PLC0415
    from tooling.adapters.load_http import HttpLoad  # noqa: PLC0415
    from tooling.adapters.metrics_scrape import ScrapedMetrics  # noqa: PLC0415
    from tooling.adapters.notices import open_notices  # noqa: PLC0415
    from tooling.adapters.quality_proxy import ProxiedQuality  # noqa: PLC0415
    from tooling.adapters.scalers_kubernetes import KubernetesScalers  # noqa: PLC0415
    from tooling.adapters.store_configmap import ConfigMapStore  # noqa: PLC0415
    from tooling.app.context import Ports, make_target  # noqa: PLC0415
    from tooling.app.same_target import find_places  # noqa: PLC0415

    access = _open(request, namespace, context, kubeconfig)
    told = reporter(output)
    clock = SystemClock()
    ports = Ports(
        helm=access.helm,
        cluster=KubernetesCluster(access.client),
        route=_open_route(access),
        metrics=ScrapedMetrics(access.client),
        store=ConfigMapStore(access.client),
        lease=KubernetesLease(access.client, progress=told.progress),
        clock=clock,
        reporter=told,
        load=HttpLoad(),
        images=RegistryImages(),
        alarm=_open_alarm(access),
        scalers=KubernetesScalers(access.client),
        quality=ProxiedQuality(access.client),
        notices=open_notices(access.client, access.namespace, access.loaded.effective),
    )
    target = make_target(ports.helm, values=access.loaded.values, effective=access.loaded.effective)
    strategy = replace(target.strategy, namespace=access.namespace)
    if access.edge and not strategy.load.url:
        strategy = replace(strategy, load=replace(strategy.load, url=access.edge))
    places = find_places(access.loaded.origins)
    return ports, replace(target, strategy=strategy, environment=request.env, places=places)


def _open_route(access: _Access) -> Route:
    """The object that splits traffic, of the kind that the values name."""
    from tooling.adapters.route_gatewayapi import GatewayApiRoute  # noqa: PLC0415
    from tooling.adapters.route_service import ServiceRoute  # noqa: PLC0415

    return ServiceRoute(access.client) if _splits_by_service(access) else GatewayApiRoute(access.client)


def _open_alarm(access: _Access) -> Alarm:
    """Watches on what the instance is made of."""
    from tooling.adapters.alarm_watch import WatchAlarm  # noqa: PLC0415

    return WatchAlarm(access.client, has_http_route=not _splits_by_service(access))


def _splits_by_service(access: _Access) -> bool:
    return (access.loaded.effective.get("route") or {}).get("kind") == "service"


def comparison(
    *, request: ValuesRequest, namespace: str | None, context: str | None, kubeconfig: str | None
) -> tuple[Sources, LoadedValues]:
    """Wire what `diff` reads, once the values were found good. Raises what `rollout` raises."""
    from tooling.adapters.cluster_kubernetes import KubernetesCluster  # noqa: PLC0415
    from tooling.app.diff import Sources  # noqa: PLC0415

    access = _open(request, namespace, context, kubeconfig)
    sources = Sources(
        helm=access.helm,
        cluster=KubernetesCluster(access.client),
        route=_open_route(access),
        namespace=access.namespace,
    )
    return sources, access.loaded


class _Access(NamedTuple):
    """Values that were found good, and the cluster they are for; `edge` is "" for all but the embedded one."""

    loaded: LoadedValues
    namespace: str
    client: KubeClient
    helm: Helm
    edge: str


def _open(request: ValuesRequest, namespace: str | None, context: str | None, kubeconfig: str | None) -> _Access:
    """Check the values, with the images of the embedded cluster where that is meant, and find the cluster."""
    from tooling.adapters.kube_client import connect  # noqa: PLC0415
    from tooling.app.render import find_namespace  # noqa: PLC0415

    project = find_project()
    embedded = _find_embedded(request.env, kubeconfig)
    config = str(embedded.kubeconfig) if embedded else kubeconfig
    loaded = check_values(project, replace(request, files=(*_find_images(embedded), *request.files)))
    _check_embedded(embedded)
    edge = _find_edge(embedded)
    wanted = find_namespace(loaded, namespace)
    client = connect(config, context)  # before helm, which may have to be built
    return _Access(
        loaded, wanted, client, helm(project, namespace=wanted, context=context, kubeconfig=config), edge
    )


def check_values(project: Project, request: ValuesRequest) -> LoadedValues:
    """Load the values of an environment. Raises ValuesError with all findings when they cannot be released."""
    from tooling.app.validate import has_errors, validate  # noqa: PLC0415
    from tooling.app.values import load_values  # noqa: PLC0415

    loaded = load_values(documents(), project, request)
    findings = validate(schemas(project), loaded, zones())
    if has_errors(findings):
        raise ValuesError(
            f"the values of {request.env} cannot be released.", findings=findings, hint="Nothing was touched."
        )
    return loaded


def _find_embedded(env: str, kubeconfig: str | None) -> ClusterFolder | None:
    """Return the embedded cluster that is meant: the environment local has no other kubeconfig than its own."""
    from tooling.local.folders import ClusterFolder  # noqa: PLC0415
    from tooling.local.settings import DEFAULT_NAME  # noqa: PLC0415

    if kubeconfig is None:
        return ClusterFolder.of(DEFAULT_NAME) if env == DEFAULT_NAME else None
    folder = ClusterFolder.of(Path(kubeconfig).parent.name)
    return folder if str(folder.kubeconfig) == kubeconfig else None


def _find_images(embedded: ClusterFolder | None) -> tuple[Path, ...]:
    """Return the values with the tags of the images that the embedded cluster was filled with."""
    return (embedded.images,) if embedded and os.access(embedded.images, os.R_OK) else ()


def _find_edge(embedded: ClusterFolder | None) -> str:
    """Return the address of the embedded cluster's edge, and keep proxies out of the way to it."""
    if embedded is None:
        return ""
    from tooling.local.observation import read_record  # noqa: PLC0415
    from tooling.local.settings import Network  # noqa: PLC0415

    record = read_record(embedded)
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
