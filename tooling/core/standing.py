"""Where an API version of a kind stands in the Kubernetes that is aimed at: there, going, gone, not yet there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tooling.core.removals import CUSTOM, Removal, find_removal, is_preview, list_stable_first
from tooling.core.schema.nearest import find_nearest

REMOVED, DEPRECATED, TOO_NEW = "api-removed", "api-deprecated", "api-too-new"
UNKNOWN, WITHOUT_SCHEMA = "kind-unknown", "kind-without-schema"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be said of an API version of a kind: the rule, a message, and what to do."""

    rule: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What each Kubernetes version has. `versions` are all that are known, oldest first.

    `has(version, api_version, kind)` is cheap, `kinds(version)` (apiVersion and kind of all) need not be.
    """

    versions: Sequence[str]
    has: Callable[[str, str, str], bool]
    kinds: Callable[[str], frozenset[tuple[str, str]]]


def judge(api_version: str, kind: str, targets: Sequence[str], catalog: Catalog) -> tuple[Standing, ...]:
    """Say where a kind stands in the targets, oldest first; nothing for one that is there and stays."""
    missing = [target for target in targets if not catalog.has(target, api_version, kind)]
    if not missing:
        return tuple(_find_deprecation(api_version, kind, targets, catalog))
    served = [version for version in catalog.versions if catalog.has(version, api_version, kind)]
    removal = find_removal(api_version, kind)
    if served and _read(served[0]) > _read(missing[0]):
        return (_tell_too_new(api_version, kind, served[0], missing, catalog),)
    if served or (removal and removal.removed):
        return (_tell_removed(api_version, kind, missing, served, catalog),)
    return (_tell_unknown(api_version, kind, missing[-1], catalog),)


def _find_deprecation(api_version: str, kind: str, targets: Sequence[str], catalog: Catalog) -> Iterator[Standing]:
    removal = find_removal(api_version, kind)
    if removal and removal.deprecated <= _read(targets[-1]):
        end = f", and gone from {_write(removal.removed)} on" if removal.removed else ""
        message = f"{api_version} {kind} is deprecated since Kubernetes {_write(removal.deprecated)}{end}."
        yield Standing(DEPRECATED, message, _advise(removal))
        return
    if not is_preview(api_version):
        return
    better = [one for one in _find_others(api_version, kind, targets[0], catalog) if not is_preview(one)]
    stable = next((one for one in better if all(catalog.has(target, one, kind) for target in targets)), "")
    if stable:
        message = f"{api_version} {kind} is a preview of what {stable} has as stable: a later Kubernetes drops it."
        yield Standing(DEPRECATED, message, f"Write `apiVersion: {stable}`.")


def _tell_too_new(api_version: str, kind: str, first: str, missing: Sequence[str], catalog: Catalog) -> Standing:
    lacking = [version for version in missing if _read(version) < _read(first)]
    others = _find_others(api_version, kind, lacking[0], catalog)
    hint = f"{lacking[0]} has it in {others[0]}." if others else "Leave it out there, or aim at newer versions."
    message = f"{api_version} {kind} comes with Kubernetes {first}; {_list(lacking)} has it not."
    return Standing(TOO_NEW, message, hint)


def _tell_removed(
    api_version: str, kind: str, missing: Sequence[str], served: Sequence[str], catalog: Catalog
) -> Standing:
    removal = find_removal(api_version, kind)
    known_end = _write(removal.removed) if removal and removal.removed else ""
    last = f"Kubernetes {served[-1]} was the last with it" if served else f"it is gone since {known_end}"
    others = _find_others(api_version, kind, missing[-1], catalog)
    hint = _advise(removal) if removal else ""
    if not hint:
        hint = f"Write `apiVersion: {others[0]}`." if others else "Nothing has taken its place: leave it out."
    return Standing(REMOVED, f"{api_version} {kind} is not in Kubernetes {_list(missing)}: {last}.", hint)


def _tell_unknown(api_version: str, kind: str, version: str, catalog: Catalog) -> Standing:
    """A kind that no version has: a slip where the group is Kubernetes' own, else somebody else's kind.

    Somebody else's group has a dot in it: the API server takes no definition of another.
    """
    kinds = catalog.kinds(version)
    groups = {_group(one) for one, _ in kinds}
    group = _group(api_version)
    if group not in groups and "." in group:
        message = f"there is no schema for {kind} ({api_version}): its fields are not checked."
        hint = "Name a folder with its CustomResourceDefinition with --crd-dir."
        return Standing(WITHOUT_SCHEMA, message, hint)
    places = list_stable_first(tuple(one for one, name in kinds if name == kind))
    place = places[0] if places else CUSTOM.get(kind, "")
    near = "" if place else find_nearest(kind, sorted({name for _, name in kinds}))
    hint = "" if group in groups else "The group of a custom kind has a dot in it."
    if place:
        hint = f"Did you mean `apiVersion: {place}`?"
    elif near:
        hint = f"Did you mean `kind: {near}`?"
    return Standing(UNKNOWN, f"Kubernetes knows no {kind} in {api_version}.", hint)


def _find_others(api_version: str, kind: str, version: str, catalog: Catalog) -> tuple[str, ...]:
    """Return the other apiVersions of the same group that have the kind, best first."""
    group = _group(api_version)
    kinds = catalog.kinds(version)
    return list_stable_first(
        tuple(one for one, name in kinds if name == kind and _group(one) == group and one != api_version)
    )


def _advise(removal: Removal) -> str:
    write = f"Write `apiVersion: {removal.use}`." if removal.use else ""
    return f"{write} {removal.advice}".strip()


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _read(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _write(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _list(versions: Sequence[str]) -> str:
    return ", ".join(versions)
