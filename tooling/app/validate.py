"""All findings on the values of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from tooling.app.values import LoadedValues
from tooling.core.finding import Finding, Severity
from tooling.core.flagged import hide_flagged
from tooling.core.rules import find_rule_findings
from tooling.core.rules.cascade import keep_independent, restore
from tooling.core.rules.times import find_zones
from tooling.core.schema.keys import Schema, find_key, list_types, read_path
from tooling.core.schema.nulls import find_null_findings
from tooling.core.schema.overlap import join
from tooling.core.values import KeyPath, Layered, table
from tooling.ports.schemas import Schemas
from tooling.ports.zones import Zones


def validate(schemas: Schemas, loaded: LoadedValues, zones: Zones) -> tuple[Finding, ...]:
    """Return what the loader, the schema and the rules between keys find, each thing once, errors first."""
    nulls = find_null_findings(schemas.read(), loaded.values, loaded.layered)
    shape = (*schemas.check(loaded.layered), *nulls)
    rules = _find_between_keys(loaded, shape, zones)
    warnings = tuple(one for one in loaded.warnings if not _is_meant(schemas.read(), one))
    found = join(shape, (*rules, *_find_waiver_slips(loaded)), warnings, loaded.chart_layers)
    return tuple(schemas.point(one) for one in hide_flagged(found, schemas.read(), loaded.layered))


def _find_between_keys(loaded: LoadedValues, shape: tuple[Finding, ...], zones: Zones) -> tuple[Finding, ...]:
    """Return what the rules find, less what only follows from a part that the schema refuses."""

    def find(layered: Layered) -> tuple[Finding, ...]:
        return find_rule_findings(
            layered,
            chart_layers=loaded.chart_layers,
            shared_layers=loaded.profile_layers,
            unknown_zones=zones.find_unknown(find_zones(loaded.effective)),
        )

    found = find(loaded.layered)
    if not (found and shape):
        return found
    mended = restore(loaded.layered, _read_paths(shape), loaded.layers)
    return keep_independent(found, find(Layered(mended, loaded.origins)))


def _find_waiver_slips(loaded: LoadedValues) -> Iterator[Finding]:
    """Yield a warning for each waiver of a rule that lint does not have; for lint itself it is an error."""
    if table(loaded.effective, "lint", "waivers"):
        # Few values have waivers; lint has many rules, and words for them.
        from tooling.app.lint import list_rules  # noqa: PLC0415
        from tooling.core.waivers import UNKNOWN_RULE, find_waiver_findings, read_waivers  # noqa: PLC0415

        known = [rule.id for rule in list_rules()]
        for one in find_waiver_findings(loaded.layered, read_waivers(loaded.effective), (), known):
            if one.rule == UNKNOWN_RULE:
                yield replace(one, severity=Severity.WARNING)


def _read_paths(shape: tuple[Finding, ...]) -> Iterator[KeyPath]:
    for one in shape:
        if one.path:
            with suppress(ValueError):
                yield read_path(one.path)


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
