"""`rbac`: the least that an account has to be allowed to release an environment."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from tooling import bootstrap
from tooling.app.rbac import make_access
from tooling.app.render import find_namespace
from tooling.app.values import ValuesRequest
from tooling.cli.options import namespace_option, values_options
from tooling.cli.values import load_sound
from tooling.core.access_role import Grant, Subject
from tooling.ports.documents import Documents

ACCOUNT = "genai-stack-releaser"


@click.command("rbac")
@values_options
@namespace_option
@click.option(
    "--service-account",
    "account",
    metavar="NAME",
    default=None,
    help=f"Who releases: a ServiceAccount of the namespace, which is made; default: {ACCOUNT}.",
)
@click.option(
    "--user", metavar="NAME", default=None, help="Who releases: a user, by the name that the cluster knows."
)
@click.option("--with-uninstall", is_flag=True, help="Let it remove the instance with its data, too.")
def rbac(
    *,
    request: ValuesRequest,
    output: str,
    namespace: str | None,
    account: str | None,
    user: str | None,
    with_uninstall: bool,
) -> None:
    """Print the Role that releases these values, for `kubectl apply -f -`; needs no cluster."""
    if account and user:
        raise click.UsageError("--service-account and --user name two subjects: choose one.")
    project = bootstrap.find_project()
    loaded = load_sound(project, request, output=output)
    where = find_namespace(loaded, namespace)
    subject = Subject(user, is_user=True) if user else Subject(account or ACCOUNT)
    grants = make_access(bootstrap.helm(project, namespace=where), loaded, where, subject, removes=with_uninstall)
    if output == "json":
        items = [item for grant in grants for item in grant.manifests]
        optional = [item["metadata"]["name"] for grant in grants if grant.is_optional for item in grant.manifests]
        listed = {"apiVersion": "v1", "kind": "List", "items": items}
        click.echo(json.dumps({**listed, "optional": sorted(set(optional))}, indent=2))
        return
    click.echo("".join(_write(bootstrap.documents(), grants)), nl=False)


def _write(documents: Documents, grants: tuple[Grant, ...]) -> Iterator[str]:
    for grant in grants:
        comments = "".join(f"# {line}\n" for line in (grant.title, *(f"  {one}" for one in grant.reasons)))
        yield f"---\n{comments}{documents.write(grant.manifests).removeprefix('---' + chr(10))}"
