"""All findings on the values of an environment."""

from __future__ import annotations

from tooling.app.values import LoadedValues
from tooling.core.finding import Finding, Severity
from tooling.core.rules import find_rule_findings
from tooling.core.rules.times import find_zones
from tooling.core.schema.keys import Schema, find_key, list_types, read_path
from tooling.core.schema.nulls import find_null_findings
from tooling.core.schema.overlap import join
from tooling.ports.schemas import Schemas
from tooling.ports.zones import Zones


def validate(schemas: Schemas, loaded: LoadedValues, zones: Zones) -> tuple[Finding, ...]:
    """Return what the loader, the schema and the rules between keys find, each thing once, errors first."""
    nulls = find_null_findings(schemas.read(), loaded.values, loaded.layered)
    shape = (*schemas.check(loaded.layered), *nulls)
    rules = find_rule_findings(
        loaded.layered,
        chart_layers=loaded.chart_layers,
        shared_layers=loaded.profile_layers,
        unknown_zones=zones.find_unknown(find_zones(loaded.effective)),
    )
    warnings = tuple(one for one in loaded.warnings if not _is_meant(schemas.read(), one))
    found = join(shape, rules, warnings, loaded.chart_layers)
    return tuple(schemas.point(one) for one in found)


def _is_meant(schema: Schema, warning: Finding) -> bool:
    """Whether a word that is read as true or false stands where the schema takes nothing else."""
    if warning.rule != "literal-boolean":
        return False
    try:
        key = find_key(schema, read_path(warning.path))
    except ValueError:
        return False
    return key is not None and list_types(key.node) == ("boolean",)


def has_errors(findings: tuple[Finding, ...], *, is_strict: bool = False) -> bool:
    """Whether any finding stops a release; when strict, a warning does too."""
    return any(is_strict or finding.severity is Severity.ERROR for finding in findings)
