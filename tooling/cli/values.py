"""`validate`: what the values of an environment say, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tooling import bootstrap
from tooling.app.project import Project
from tooling.app.validate import has_errors
from tooling.app.validate import validate as find_findings
from tooling.app.values import LoadedValues, ValuesRequest, load_values
from tooling.cli.options import findings_options
from tooling.cli.suggestions import complete_keys
from tooling.cli.wording import count, write_finding
from tooling.core.finding import Finding, Severity
from tooling.errors import ValuesError

EXIT_FINDINGS = 2
SHOWN_LIMIT = 200
"""How many findings a person is shown; nobody reads more in one go."""


@click.command("validate")
@findings_options
@click.option("--strict", "is_strict", is_flag=True, help="Warnings fail too.")
@click.option(
    "--explain",
    "key",
    metavar="KEY",
    default=None,
    shell_complete=complete_keys,
    help="Say what a key is for and who has set it.",
)
def validate(*, request: ValuesRequest, output: str, is_strict: bool, key: str | None) -> None:
    """Check the values of an environment against schema and rules.

    Exits with 2 when there is an error; warnings alone are told and pass, unless --strict. With --explain KEY
    nothing is checked: type, default, allowed values and description of the key are shown, and what each layer
    says of it: `--explain inference.models.smollm2.replicas`.
    """
    project = bootstrap.find_project()
    if key is not None:
        from tooling.cli.explain import show_explanation  # noqa: PLC0415 - another use of the command

        show_explanation(project, request, key, output)
        return
    _, findings = _check(project, request)
    show_findings(findings, output, subject=request.env)
    if has_errors(findings, is_strict=is_strict):
        raise click.exceptions.Exit(EXIT_FINDINGS)


def load_sound(project: Project, request: ValuesRequest, *, output: str) -> LoadedValues:
    """Load values that can be rendered; with errors in them, show the findings and exit with 2."""
    loaded, findings = _check(project, request)
    if loaded is None or has_errors(findings):
        show_findings(findings, output, subject=request.env, to_stderr=output == "text")
        raise click.exceptions.Exit(EXIT_FINDINGS)
    return loaded


def _check(project: Project, request: ValuesRequest) -> tuple[LoadedValues | None, tuple[Finding, ...]]:
    """Load values and say what is wrong with them; None for values that no finding lets anybody read."""
    try:
        loaded = load_values(bootstrap.documents(), project, request)
        return loaded, find_findings(bootstrap.schemas(project), loaded, bootstrap.zones())
    except ValuesError as error:
        if not error.findings:
            raise
        return None, error.findings


def show_findings(findings: Sequence[Finding], output: str, *, subject: str, to_stderr: bool = False) -> None:
    """Print findings: two lines each and a closing count for people, one document for programs."""
    if output != "text":
        from tooling.cli.findings import write_findings  # noqa: PLC0415 - people need none of it

        text = write_findings(findings, output)
        click.echo(text, nl=bool(text))
        return
    for finding in findings[:SHOWN_LIMIT]:
        click.echo(write_finding(finding), err=to_stderr)
    if len(findings) > SHOWN_LIMIT:
        click.echo(f"... and {len(findings) - SHOWN_LIMIT} more; --output json has all of them", err=to_stderr)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    click.echo(f"{subject}: {count(errors, 'error')}, {count(warnings, 'warning')}", err=to_stderr)
