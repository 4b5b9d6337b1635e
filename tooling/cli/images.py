"""`images`: what the stack pulls, for mirroring; `images push`: this repository's own images to a registry."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import click
import yaml

from tooling import bootstrap
from tooling.app.images import list_images
from tooling.app.values import ValuesRequest
from tooling.cli.options import values_options
from tooling.cli.values import load_sound
from tooling.local.images import ALL_IMAGES
from tooling.local.publishing import Destination, PushedImage, digest_values, push_images

REGISTRY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@click.group("images", invoke_without_command=True)
@values_options
@click.pass_context
def images(context: click.Context, *, request: ValuesRequest, output: str) -> None:
    """Print every image that the stack of an environment pulls, one a line; needs no cluster."""
    if context.invoked_subcommand is not None:
        return
    project = bootstrap.find_project()
    loaded = load_sound(project, request, output=output)
    found = list_images(bootstrap.helm(project, namespace=loaded.instance), loaded)
    if output == "json":
        click.echo(json.dumps({"images": [asdict(image) for image in found]}, indent=2))
        return
    for image in found:
        click.echo(image.reference)


@images.command("push")
@click.option("--registry", required=True, metavar="HOST/PATH", help="Where to, such as ghcr.io/acme.")
@click.option("--tag", required=True, metavar="TAG", help="Tag of all images, such as a version.")
@click.option("--only", multiple=True, type=click.Choice([one.name for one in ALL_IMAGES]), help="Not all images.")
@click.option("--plain-http", is_flag=True, help="The registry has no TLS.")
@click.option(
    "-o", "--values", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write digests to this file."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom.")
def push(
    *, registry: str, tag: str, only: tuple[str, ...], plain_http: bool, target: Path | None, output: str
) -> None:
    """Build the images, push them, and print the values that pin them by digest (root; nothing is pushed twice).

    Credentials are those of `buildah login` or `docker login`.
    """
    check_destination(registry, tag, target)
    destination = Destination(registry.rstrip("/"), tag, is_plain_http=plain_http)
    reporter = bootstrap.reporter(output)
    pushed = push_images(destination, reporter.progress, only)
    values = digest_values(destination, pushed)
    if output == "json":
        click.echo(json.dumps({"images": [asdict(image) for image in pushed], "values": values}))
    else:
        click.echo(_write(values, pushed), nl=False)
    if target is not None:
        part = target.with_name(f".{target.name}.part")
        part.write_text(_write(values, pushed), encoding="utf-8")
        part.rename(target)


def check_destination(registry: str, tag: str, target: Path | None) -> None:
    """Refuse what would fail only after everything was built. Raises click.BadParameter."""
    if not REGISTRY.fullmatch(registry):
        raise click.BadParameter(
            f"{registry!r} is no registry; write HOST[:PORT][/PATH], such as ghcr.io/acme.",
            param_hint="--registry",
        )
    if not TAG.fullmatch(tag) or tag == "latest":
        raise click.BadParameter(f"{tag!r} is no tag that names a version, such as 1.4.0.", param_hint="--tag")
    if target is not None and not target.absolute().parent.is_dir():
        raise click.BadParameter(f"the folder {target.parent} does not exist.", param_hint="-o")


def _write(values: object, pushed: tuple[PushedImage, ...]) -> str:
    lines = [f"# {image.reference}@{image.digest}\n" for image in pushed]
    return "".join(lines) + yaml.safe_dump(values, sort_keys=False)
