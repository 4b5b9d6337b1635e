"""Findings on manifests: against the Kubernetes API of several versions, and against our policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tooling.core.definitions import Definition, read_definitions
from tooling.core.finding import Finding
from tooling.core.flagged import hide_flagged
from tooling.core.lint import (
    RULES,
    UNREADABLE,
    Report,
    Rule,
    find_gaps,
    find_mismatches,
    is_name,
    make_finding,
    place,
)
from tooling.core.located import Located
from tooling.core.mismatch import Mismatch
from tooling.core.policies.catalog import POLICIES, Bundle, Policy
from tooling.core.policies.tops import read_tops
from tooling.core.policies.totals import find_totals
from tooling.core.standing import DEPRECATED, UNKNOWN, WITHOUT_SCHEMA, Catalog, Standing, judge
from tooling.core.strategy import read_replicas
from tooling.core.values import Layered, pick, table
from tooling.core.waivers import apply_waivers, find_waiver_findings, read_waivers
from tooling.errors import StateError, UsageError
from tooling.ports.apis import Apis, Fits
from tooling.ports.manifests import Manifests, Reading

DEFAULT_VERSIONS = 3
"""How many of the newest known Kubernetes versions are aimed at when none is asked for."""

_PRICES = ("lint", "prices")


@dataclass(frozen=True, slots=True)
class LintSettings:
    """What to lint against.

    `versions` of Kubernetes, oldest first; `namespace` is where objects go that name none; `values` hold the
    waivers; `rules` are those that are looked at, all where none is named.
    """

    versions: tuple[str, ...]
    namespace: str = "default"
    values: Layered = field(default_factory=Layered)
    rules: frozenset[str] = frozenset()


def list_rules() -> tuple[Rule | Policy, ...]:
    """Return every rule of lint, those of the API first."""
    return (*RULES, *POLICIES)


def choose_versions(apis: Apis, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the versions that are meant, oldest first; the three newest where none is asked for.

    Raises UsageError for one that is not known.
    """
    known = apis.versions()
    if not asked:
        return known[-DEFAULT_VERSIONS:]
    wanted = {".".join(one.removeprefix("v").split(".")[:2]) for one in asked}
    unknown = sorted(wanted - set(known))
    if unknown:
        hint = f"Known are {known[0]} to {known[-1]}."
        raise UsageError(f"there are no schemas of Kubernetes {', '.join(unknown)}.", hint=hint)
    return tuple(one for one in known if one in wanted)


def lint(
    apis: Apis, manifests: Manifests, reading: Reading, definitions: Reading, settings: LintSettings
) -> Report:
    """Return what is wrong with the objects of a reading; `definitions` may hold definitions of their kinds."""
    checker = _Checker(apis, settings.versions, (*definitions.objects, *reading.objects))
    found = [*reading.findings, *definitions.findings]
    found += [finding for one in reading.objects for finding in checker.check(one)]
    bundle = Bundle.of([one.manifest for one in reading.objects], namespace=settings.namespace)
    found += _find_policy_findings(bundle, reading.objects)
    # What could not be read was not looked at, whatever is asked for.
    asked = {*settings.rules, UNREADABLE}
    told = hide_flagged(found, {}, settings.values)
    chosen = [one for one in told if not settings.rules or one.rule in asked]
    waivers = read_waivers(settings.values.values)
    counted, waived = apply_waivers(chosen, waivers)
    if not settings.rules:
        ids = [rule.id for rule in list_rules()]
        counted += find_waiver_findings(settings.values, waivers, waived, ids)
    located = _Locator(manifests, reading.objects).locate
    return Report(
        findings=tuple(map(located, counted)),
        waived=tuple(replace(one, finding=located(one.finding)) for one in waived),
        objects=len(reading.objects),
        versions=settings.versions,
        totals=find_totals(
            bundle,
            declared=read_replicas(settings.values.values),
            tops=read_tops(settings.values.values),
            prices=table(settings.values.values, *_PRICES),
        ),
        currency=str(pick(settings.values.values, "lint", "currency") or ""),
    )


class _Checker:
    """Checks objects against the API; each kind is looked up once."""

    def __init__(self, apis: Apis, targets: tuple[str, ...], sources: Iterable[Located]) -> None:
        self._apis = apis
        self._targets = targets
        self._catalog = Catalog(apis.versions(), lambda *asked: apis.find(*asked) is not None, apis.list_kinds)
        self._custom: dict[tuple[str, str], Definition] = {}
        for source in sources:
            for one in read_definitions(source.manifest):
                self._custom.setdefault((one.api_version, one.kind), one)
        self._kinds: dict[tuple[str, str], tuple[tuple[Standing, ...], dict[str, Fits]]] = {}
        self._told: set[tuple[str, str]] = set()

    def check(self, found: Located) -> Iterator[Finding]:
        yield from find_gaps(found)
        api_version, kind = found.manifest.get("apiVersion"), found.manifest.get("kind")
        if not (is_name(api_version) and is_name(kind)):
            return
        key = (str(api_version), str(kind))
        if key not in self._kinds:
            self._kinds[key] = self._learn(*key)
        standings, checks = self._kinds[key]
        for standing in standings:
            if standing.rule != WITHOUT_SCHEMA or key not in self._told:
                yield make_finding(standing.rule, found, "apiVersion", standing.message, standing.hint)
                self._told.add(key)
        told: dict[str, tuple[Mismatch, ...]] = {}
        for version, fits in checks.items():
            mismatches = fits(found.manifest)
            if mismatches:
                told[version] = mismatches
        if told:
            yield from find_mismatches(found, told, self._targets)

    def _learn(self, api_version: str, kind: str) -> tuple[tuple[Standing, ...], dict[str, Fits]]:
        """Return what is to be said of a kind, and what checks its objects: by version, "" for a custom kind."""
        custom = self._custom.get((api_version, kind))
        if custom is not None:
            return self._learn_custom(custom)
        checks = {target: self._apis.find(target, api_version, kind) for target in self._targets}
        standings = judge(api_version, kind, self._targets, self._catalog)
        return standings, {target: fits for target, fits in checks.items() if fits is not None}

    def _learn_custom(self, custom: Definition) -> tuple[tuple[Standing, ...], dict[str, Fits]]:
        standings = tuple(_judge_custom(custom))
        if custom.schema is None:
            return standings, {}
        try:
            return standings, {"": self._apis.compile(custom.schema)}
        except StateError as error:
            name = f"{custom.kind} ({custom.api_version})"
            message = f"{name} is not checked: in its CustomResourceDefinition {error.message}"
            return (*standings, Standing(WITHOUT_SCHEMA, message, error.hint)), {}


def _judge_custom(definition: Definition) -> Iterator[Standing]:
    name = f"{definition.api_version} {definition.kind}"
    if not definition.is_served:
        yield Standing(UNKNOWN, f"{name} is not served: its definition says so.", "Write a version that is.")
    if definition.deprecation:
        yield Standing(DEPRECATED, f"{definition.deprecation.rstrip('.')}.", "Write a version that stays.")


def _find_policy_findings(bundle: Bundle, objects: Sequence[Located]) -> Iterator[Finding]:
    for policy in POLICIES:
        for ref, path, message in policy.find(bundle):
            found = objects[ref.index]
            yield Finding(policy.id, policy.severity, message, place(found.name, path), found.file, found.line)


class _Locator:
    """Fills in the line of the field; asked only for what was found."""

    def __init__(self, manifests: Manifests, objects: Sequence[Located]) -> None:
        self._manifests = manifests
        self._objects = {(one.file, one.line, one.name): one for one in objects if one.text}

    def locate(self, finding: Finding) -> Finding:
        name, _, path = finding.path.partition(": ")
        found = self._objects.get((finding.file, finding.line, name))
        mark = self._manifests.locate(found, path) if found else None
        return replace(finding, line=mark.line, column=mark.column) if mark else finding
