"""`lint`: findings on manifests, rendered here or read from files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import click

from tooling import bootstrap
from tooling.app.gather import gather_asked, gather_definitions, gather_rendered
from tooling.app.lint import LintSettings, choose_versions, list_rules
from tooling.app.lint import lint as find_findings
from tooling.app.render import find_namespace
from tooling.app.validate import has_errors
from tooling.app.values import ValuesRequest
from tooling.cli.findings import write_findings
from tooling.cli.lint_report import show_report
from tooling.cli.options import findings_options, namespace_option
from tooling.cli.values import EXIT_FINDINGS, load_sound
from tooling.cli.wording import colour
from tooling.core.lint import Report
from tooling.core.plan import SLOTS
from tooling.core.policies.totals import Totals
from tooling.core.schema.nearest import suggest_word
from tooling.errors import UsageError
from tooling.ports.manifests import Reading

PARTS = {
    "rollout": (("base", ""), ("slot", SLOTS[0]), ("route", "")),
    "all": (("all", ""),),
    "base": (("base", ""),),
    "slot": (("slot", SLOTS[0]),),
    "route": (("route", ""),),
}
"""What lives together: an instance as a rollout makes it (its other slot differs in names), or one render."""


@click.command("lint")
@findings_options
@click.option(
    "--manifests",
    "sources",
    metavar="PATH",
    multiple=True,
    help="Lint these instead of rendering: a file, a folder, or - for standard input; repeatable.",
)
@click.option(
    "--kube-version",
    "versions",
    metavar="VERSION",
    multiple=True,
    help="Kubernetes to check for, such as 1.34; repeatable. Default: the three newest that are known.",
)
@click.option(
    "--crd-dir", "folders", metavar="PATH", multiple=True, help="Definitions of custom kinds; repeatable."
)
@click.option(
    "--role", type=click.Choice(tuple(PARTS)), default="rollout", show_default=True, help="What to render."
)
@namespace_option
@click.option("--rule", "rules", metavar="RULE", multiple=True, help="Only this rule; repeatable.")
@click.option("--strict", "is_strict", is_flag=True, help="Warnings fail too.")
@click.option("--rules", "is_listing", is_flag=True, help="List all rules, with the reason of each.")
@click.option(
    "--explain", "explained", metavar="RULE", default=None, help="Say why a rule is there and what to do."
)
def lint(
    *,
    request: ValuesRequest,
    output: str,
    is_strict: bool,
    rules: tuple[str, ...],
    is_listing: bool,
    explained: str | None,
    **asked: Any,
) -> None:
    """Check rendered manifests against the Kubernetes API and our policies.

    Renders what a rollout of the environment would install, or reads --manifests. Exits with 2 when there is an
    error; warnings alone are told and pass, unless --strict. The values may waive findings, under `lint.waivers`.
    """
    if is_listing or explained:
        _show_rules([explained] if explained else [rule.id for rule in list_rules()])
        return
    _check_rules(rules)
    apis = bootstrap.apis()
    targets = choose_versions(apis, asked.pop("versions"))
    settings, reading, definitions, subject = _gather(request, output, targets, **asked)
    settings = replace(settings, rules=frozenset(rules))
    report = find_findings(apis, bootstrap.manifests(), reading, definitions, settings)
    _show(report, output, subject)
    if has_errors(report.findings, is_strict=is_strict):
        raise click.exceptions.Exit(EXIT_FINDINGS)


def _gather(
    request: ValuesRequest,
    output: str,
    targets: tuple[str, ...],
    *,
    sources: tuple[str, ...],
    folders: tuple[str, ...],
    role: str,
    namespace: str | None,
) -> tuple[LintSettings, Reading, Reading, str]:
    """Return what to lint against, the objects, the definitions, and what to call it all."""
    if (*sources, *folders).count("-") > 1:
        raise UsageError("standard input can be read once only.", hint="Name a file in place of the other `-`.")
    files = bootstrap.manifests()
    if sources:
        settings = LintSettings(targets, namespace=namespace or "default")
        if _is_env_given() or request != ValuesRequest(request.env):
            project = bootstrap.find_project()
            loaded = load_sound(project, request, output=output)
            settings = LintSettings(targets, find_namespace(loaded, namespace), loaded.layered)
        reading = gather_asked(files, sources)
        return settings, reading, gather_definitions(files, None, folders), ", ".join(sources)
    project = bootstrap.find_project()
    loaded = load_sound(project, request, output=output)
    where = find_namespace(loaded, namespace)
    helm = bootstrap.helm(project, namespace=where)
    reading = gather_rendered(helm, files, project, loaded, PARTS[role], kube_version=targets[0])
    settings = LintSettings(targets, where, loaded.layered)
    return settings, reading, gather_definitions(files, project, folders), request.env


def _is_env_given() -> bool:
    source = click.get_current_context().get_parameter_source("env")
    return source is click.core.ParameterSource.COMMANDLINE


def _check_rules(asked: Iterable[str]) -> None:
    known = [rule.id for rule in list_rules()]
    for one in asked:
        if one not in known:
            hint = suggest_word(one, known, is_listed=False) or "genai-stack lint --rules lists all."
            raise UsageError(f"there is no rule {one}.", hint=hint)


def _show_rules(ids: list[str]) -> None:
    _check_rules(ids)
    for rule in list_rules():
        if rule.id in ids:
            click.echo(f"{click.style(rule.id, bold=True)} ({colour(rule.severity)})")
            click.echo(f"  {rule.reason}\n  {rule.fix}")


def _show(report: Report, output: str, subject: str) -> None:
    if output == "text":
        show_report(report, subject)
        return
    text = write_findings(
        report.findings,
        output,
        rules=list_rules(),
        waived=[(one.finding, one.reason) for one in report.waived],
        extra={
            "objects": report.objects,
            "kubernetes": list(report.versions),
            "totals": _write_totals(report.totals, report.currency),
        },
    )
    click.echo(text, nl=bool(text))


def _write_totals(totals: Totals, currency: str) -> dict[str, Any]:
    """Return what pods ask for as plain data: pieces, cores and bytes; costs by the hour, null without a price."""
    resources = {
        one.resource: {
            "least": float(one.least),
            "most": float(one.most),
            "leastCost": _to_float(one.least_cost),
            "mostCost": _to_float(one.most_cost),
        }
        for one in totals.amounts
    }
    return {
        "resources": resources,
        "pods": {"least": totals.least_pods, "most": totals.most_pods},
        "unknown": list(totals.unknown),
        "metrics": list(totals.apis),
        "cost": {"least": _to_float(totals.least_cost), "most": _to_float(totals.most_cost), "currency": currency},
    }


def _to_float(number: Decimal | None) -> float | None:
    return None if number is None else float(number)
