"""`validate` and `render`: what the values of an environment say, before anything is touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from tooling import bootstrap
from tooling.app.project import Project
from tooling.app.render import ROLES
from tooling.app.render import render as render_role
from tooling.app.validate import has_errors
from tooling.app.validate import validate as find_findings
from tooling.app.values import LoadedValues, ValuesRequest, load_values
from tooling.cli.options import values_options
from tooling.core.finding import Finding, Severity
from tooling.core.plan import SLOTS
from tooling.errors import ValuesError

EXIT_FINDINGS = 2


@click.command("validate")
@values_options
def validate(*, request: ValuesRequest, output: str) -> None:
    """Check the values of an environment against schema and rules.

    Exits with 2 when there is an error; warnings alone are told and pass.
    """
    project = bootstrap.find_project()
    try:
        loaded = load_values(bootstrap.documents(), project, request)
        findings = find_findings(bootstrap.schemas(project), loaded)
    except ValuesError as error:
        if not error.findings:
            raise
        findings = error.findings
    show_findings(findings, output, subject=request.env)
    if has_errors(findings):
        raise click.exceptions.Exit(EXIT_FINDINGS)


@click.command("render")
@values_options
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="all",
    show_default=True,
    help="What to render: everything, or one part of what a rollout installs.",
)
@click.option(
    "--slot", type=click.Choice(SLOTS), default=None, help="The slot; in role route the one that serves."
)
@click.option("--namespace", metavar="NAME", default=None, help="Namespace; default: rollout.namespace.")
def render(*, request: ValuesRequest, output: str, role: str, slot: str | None, namespace: str | None) -> None:
    """Print the manifests of an environment, as a rollout would apply them; needs no cluster.

    Values with errors are not rendered: they are shown, and the exit code is 2.
    """
    project = bootstrap.find_project()
    loaded = load_sound(project, request, output=output)
    where = namespace or str((loaded.effective.get("rollout") or {}).get("namespace") or loaded.instance)
    manifests = render_role(bootstrap.helm(project, namespace=where), loaded, role, slot or "")
    if output == "json":
        click.echo(json.dumps({"manifests": manifests}, indent=2))
    else:
        click.echo(bootstrap.documents().write(manifests), nl=False)


def load_sound(project: Project, request: ValuesRequest, *, output: str) -> LoadedValues:
    """Load values that can be rendered; with errors in them, show the findings and exit with 2."""
    loaded = load_values(bootstrap.documents(), project, request)
    findings = find_findings(bootstrap.schemas(project), loaded)
    if has_errors(findings):
        show_findings(findings, output, subject=request.env, to_stderr=output == "text")
        raise click.exceptions.Exit(EXIT_FINDINGS)
    return loaded


def show_findings(findings: Sequence[Finding], output: str, *, subject: str, to_stderr: bool = False) -> None:
    """Print findings, one a line with a closing count, or as one JSON document `{"findings": [...]}`."""
    if output == "json":
        click.echo(json.dumps({"findings": [_to_json(finding) for finding in findings]}, indent=2))
        return
    for finding in findings:
        click.echo(str(finding), err=to_stderr)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    click.echo(f"{subject}: {_count(errors, 'error')}, {_count(warnings, 'warning')}", err=to_stderr)


def _to_json(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "severity": str(finding.severity)}


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
