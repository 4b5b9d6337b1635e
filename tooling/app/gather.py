"""What lint looks at: rendered manifests, files of manifests, and definitions of custom kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tooling.app.project import Project
from tooling.app.render import render_part
from tooling.app.values import LoadedValues
from tooling.core.located import Located
from tooling.core.values import merge, pick
from tooling.ports.helm import Helm, RenderSettings
from tooling.ports.manifests import Manifests, Reading


def gather_files(manifests: Manifests, sources: Iterable[str]) -> Reading:
    """Read files, folders and standard input together. Raises UsageError for what is not there."""
    readings = [manifests.read(source) for source in sources]
    return Reading(
        tuple(one for reading in readings for one in reading.objects),
        tuple(one for reading in readings for one in reading.findings),
    )


def gather_rendered(
    helm: Helm, project: Project, loaded: LoadedValues, parts: Iterable[tuple[str, str]], kube_version: str
) -> Reading:
    """Render parts (role and slot) of an instance for a Kubernetes, hooks and tests included.

    A slot comes with its autoscalers, as a rollout leaves it. The file of an object is its template, without a
    line: one of the output would be one of no file. Raises what `render_part` raises.
    """
    if not pick(loaded.values, "global", "autoscaler"):
        loaded = replace(loaded, values=merge(loaded.values, {"global": {"autoscaler": "on"}}))
    folder = project.chart.parent.relative_to(project.root)
    settings = RenderSettings(has_hooks=True, kube_version=kube_version)
    rendered = (render_part(helm, loaded, role, slot, settings) for role, slot in parts)
    return Reading(
        tuple(Located(one.manifest, str(folder / one.source)) for part in rendered for one in part.rendered)
    )


def gather_definitions(manifests: Manifests, project: Project | None, folders: Iterable[str]) -> Reading:
    """Read the definitions of custom kinds of the charts (`crds/`) and of folders or files that were named."""
    own = manifests.find_definitions(project.chart) if project else ()
    return gather_files(manifests, (*own, *folders))
