"""`render`: the manifests of an environment, before anything is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tooling import bootstrap
from tooling.app.render import EACH, ROLES, Part, find_namespace, render_parts, select
from tooling.app.values import ValuesRequest
from tooling.cli.options import namespace_option, values_options
from tooling.cli.values import load_sound
from tooling.core.filenames import name_files
from tooling.core.masking import hide_secret
from tooling.core.plan import SLOTS
from tooling.ports.documents import Documents
from tooling.ports.helm import Rendered, RenderSettings

_VERSION = re.compile(r"v?\d+\.\d+(\.\d+([-+][0-9A-Za-z.+-]+)?)?")


def _check_version(_context: click.Context, _option: click.Parameter, version: str) -> str:
    if version and not _VERSION.fullmatch(version):
        raise click.BadParameter(f"{version!r} is no version of Kubernetes; write 1.34 or v1.34.2.")
    return version


@click.command("render")
@values_options
@click.option(
    "--role",
    type=click.Choice((*ROLES, EACH)),
    default="all",
    show_default=True,
    help="What to render: everything as one plain install, one part of what a rollout installs, or each of them.",
)
@click.option(
    "--slot", type=click.Choice(SLOTS), default=None, help="The slot; in role route the one that serves."
)
@namespace_option
@click.option(
    "--output-dir",
    "folder",
    metavar="DIR",
    default=None,
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one file per object to DIR/<part>/, and remove those of the render before. Other files stay.",
)
@click.option(
    "--show-only",
    "wanted",
    metavar="WHAT",
    multiple=True,
    help="Only a template (charts/gateway/templates/service.yaml) or an object (Service/genai); repeatable.",
)
@click.option(
    "--kube-version",
    metavar="VERSION",
    default="",
    callback=_check_version,
    help="Kubernetes to render for; default: 1.34.0.",
)
@click.option(
    "--api-versions",
    metavar="GROUP/VERSION[/KIND]",
    multiple=True,
    help="An API that the cluster has besides Kubernetes' own; repeatable.",
)
@click.option("--include-hooks", "has_hooks", is_flag=True, help="The pods of `helm test` as well.")
@click.option("--show-secrets", is_flag=True, help="Print the data of Secrets instead of its size.")
def render(
    *,
    request: ValuesRequest,
    output: str,
    role: str,
    slot: str | None,
    namespace: str | None,
    folder: Path | None,
    wanted: tuple[str, ...],
    kube_version: str,
    api_versions: tuple[str, ...],
    show_secrets: bool,
    has_hooks: bool,
) -> None:
    """Print the manifests of an environment, as a rollout would apply them; needs no cluster.

    Values with errors are not rendered: they are shown, and the exit code is 2.
    """
    project = bootstrap.find_project()
    loaded = load_sound(project, request, output=output)
    helm = bootstrap.helm(project, namespace=find_namespace(loaded, namespace))
    settings = RenderSettings(has_hooks, kube_version, api_versions)
    parts = select(render_parts(helm, loaded, role, slot or "", settings), wanted)
    files = _write_files(bootstrap.documents(), parts, show_secrets=show_secrets)
    if folder is not None:
        _fill(folder, files, output)
    elif output == "json":
        click.echo(json.dumps(_to_json(parts, show_secrets=show_secrets), indent=2))
    else:
        click.echo("".join(files.values()), nl=False)


def _write_files(documents: Documents, parts: tuple[Part, ...], *, show_secrets: bool) -> dict[str, str]:
    """Return the text of each object, a YAML document of its own, by the path it would have in a folder."""
    files: dict[str, str] = {}
    for part in parts:
        folder = f"{part.role}-{part.slot}" if part.role == "slot" else part.role
        names = name_files(folder, (one.manifest for one in part.rendered))
        for name, one in zip(names, part.rendered, strict=True):
            text = documents.write([_show(one, show_secrets=show_secrets)]).removeprefix("---\n")
            files[name] = f"---\n# Source: {one.source}\n{text}"
    return files


def _show(one: Rendered, *, show_secrets: bool) -> Mapping[str, Any]:
    return one.manifest if show_secrets else hide_secret(one.manifest)


def _to_json(parts: tuple[Part, ...], *, show_secrets: bool) -> dict[str, Any]:
    """Return all manifests in one list, and of which part and template each is in a second one."""
    rows = [(part, one) for part in parts for one in part.rendered]
    return {
        "manifests": [_show(one, show_secrets=show_secrets) for _, one in rows],
        "sources": [{"part": part.name, "template": one.source} for part, one in rows],
    }


def _fill(folder: Path, files: Mapping[str, str], output: str) -> None:
    done = bootstrap.folder().fill(folder, files)
    if output == "json":
        click.echo(json.dumps({"folder": str(folder), **asdict(done)}, indent=2))
        return
    counts = f"{len(done.written)} written, {len(done.unchanged)} unchanged, {len(done.removed)} removed"
    click.echo(f"{folder}: {counts}")
