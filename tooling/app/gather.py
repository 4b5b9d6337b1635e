"""What lint looks at: rendered manifests, files of manifests, and definitions of custom kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from tooling.app.project import Project
from tooling.app.render import render_part
from tooling.app.values import LoadedValues
from tooling.core.finding import Finding
from tooling.core.located import Located
from tooling.core.values import SCALERS_ON, merge, pick
from tooling.errors import UsageError
from tooling.ports.helm import Helm, Rendered, RenderSettings
from tooling.ports.manifests import Manifests, Reading


def gather_asked(manifests: Manifests, sources: Iterable[str]) -> Reading:
    """Read what is to be linted. Raises UsageError for what is not there, and where no object is in any of it."""
    asked = tuple(sources)
    reading = gather_files(manifests, asked)
    if not (reading.objects or reading.findings):
        names = ["standard input" if one == "-" else one for one in asked]
        hint = "Did what should have written it fail? Nothing was checked."
        raise UsageError(f"there is no object in {', '.join(names)}.", hint=hint)
    return reading


def gather_files(manifests: Manifests, sources: Iterable[str]) -> Reading:
    """Read files, folders and standard input together. Raises UsageError for what is not there."""
    readings = [manifests.read(source) for source in sources]
    return Reading(
        tuple(one for reading in readings for one in reading.objects),
        tuple(one for reading in readings for one in reading.findings),
    )


def gather_rendered(
    helm: Helm,
    manifests: Manifests,
    project: Project,
    loaded: LoadedValues,
    parts: Iterable[tuple[str, str]],
    *,
    kube_version: str,
) -> Reading:
    """Render parts (role and slot) of an instance for a Kubernetes, hooks and tests included.

    A slot comes with its autoscalers, as a rollout leaves it. The file of an object is its template, without a
    line: one of the output would be one of no file. Read as kubectl does, which refuses a key that is there twice;
    helm takes the last. Raises what `render_part` raises.
    """
    if not pick(loaded.values, "global", "autoscaler"):
        loaded = replace(loaded, values=merge(loaded.values, SCALERS_ON))
    folder = project.chart.parent.relative_to(project.root)
    settings = RenderSettings(has_hooks=True, kube_version=kube_version)
    objects: list[Located] = []
    findings: list[Finding] = []
    for role, slot in parts:
        for _, same in groupby(render_part(helm, loaded, role, slot, settings).rendered, key=_identify):
            documents = tuple(same)
            file = str(folder / documents[0].source)
            reading = manifests.read_text(documents[0].text, file)
            findings += map(_lift, reading.findings)
            if reading.findings:  # the policies look at the objects as helm reads them all the same
                objects += (Located(one.manifest, file) for one in documents)
            else:
                objects += (replace(one, line=0, text="") for one in reading.objects)
    return Reading(tuple(objects), tuple(findings))


def _identify(rendered: Rendered) -> int:
    """Tell texts apart: documents of one text share it, and two that only say the same do not."""
    return id(rendered.text)


def _lift(finding: Finding) -> Finding:
    """Say in words which line it is: one of what the template made is none of the template."""
    return replace(finding, line=0, hint=f"It is line {finding.line} of what the template renders.")


def gather_definitions(manifests: Manifests, project: Project | None, folders: Iterable[str]) -> Reading:
    """Read the definitions of custom kinds of the charts (`crds/`) and of folders or files that were named."""
    own = manifests.find_definitions(project.chart) if project else ()
    return gather_files(manifests, (*own, *folders))
