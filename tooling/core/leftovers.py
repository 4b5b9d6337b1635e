"""What a version that was taken back left behind in the cluster.

Helm compares a manifest with the one that it takes for the last: what another revision had put there in between is
somebody else's for it, and stays (helm#13346). Here everything that a failed revision set, the recorded one does
not set, and that still is as the failed one had it, is a leftover. What somebody changed since is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tooling.core.diff.drift import compare_live
from tooling.core.diff.fields import FieldPath, Item, find_key, format_field
from tooling.core.diff.objects import ObjectName, find_name
from tooling.core.manifests import Manifest
from tooling.core.policies.bundle import child

_MISSING: Any = object()
_KEEP = "helm.sh/resource-policy"
_HOLDS_DATA = frozenset({"PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition"})
"""Kinds that are never deleted for being left over: what they hold is worth more than order."""

_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})
_OURS_ALONE = frozenset({"apiVersion", "kind", "status"})

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Leftover:
    """An object with fields to remove, by JSON-patch operations; without any, the whole object is to be deleted.

    Each removal is preceded by a test of the value, so what changed meanwhile is not removed. The operations may
    hold secrets and are never shown; `fields` are their paths. `has_data`: to be told, never deleted.
    """

    name: ObjectName
    fields: tuple[str, ...] = ()
    operations: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    uid: str = ""
    resource_version: str = ""
    has_data: bool = False

    @property
    def what(self) -> str:
        """Object and fields, for people."""
        return f"{self.name}: {', '.join(self.fields)}" if self.fields else str(self.name)


class _Place(NamedTuple):
    """A field of a live object: where it is in the list that it lies in, and how it is called."""

    pointer: Pointer = ()
    path: FieldPath = ()

    def at(self, step: str | int, name: str | Item) -> _Place:
        return _Place((*self.pointer, step), (*self.path, name))


def find_leftovers(
    recorded: Iterable[Manifest],
    failed: Iterable[Manifest],
    live: Mapping[ObjectName, Manifest | None],
    *,
    release: str,
    namespace: str,
) -> tuple[Leftover, ...]:
    """Return what the failed revisions of a release left, sorted by name.

    `recorded` are the manifests that should be in the cluster, `failed` those of all revisions that were taken
    back, `live` all of these objects as they are (None: not there).
    """
    wanted = {find_name(one, namespace).key: one for one in recorded}
    there = {name.key: (name, one) for name, one in live.items() if one is not None and not _is_going(one)}
    places: dict[tuple[str, str, str, str], dict[_Place, Any]] = {}
    for one in failed:
        key = find_name(one, namespace).key
        if key not in there:
            continue
        manifest = there[key][1]
        if key in wanted:
            places.setdefault(key, {}).update(_walk(wanted[key], one, manifest, _Place()))
        elif _is_owned(manifest, release, namespace) and not _is_kept(one):
            places.setdefault(key, {})
    found = [
        _make(*there[key], removals, is_whole=key not in wanted)
        for key, removals in places.items()
        if removals or key not in wanted
    ]
    return tuple(sorted(found, key=lambda one: (one.name.kind, one.name.name)))


def _make(name: ObjectName, live: Manifest, removals: Mapping[_Place, Any], *, is_whole: bool) -> Leftover:
    metadata = child(live, "metadata")
    # The last ones first: each removal moves what comes after it in a list.
    ordered = sorted(_drop_inner(removals), key=lambda place: place.pointer, reverse=True)
    operations = [
        operation
        for place in ordered
        for operation in (
            {"op": "test", "path": write_pointer(place.pointer), "value": removals[place]},
            {"op": "remove", "path": write_pointer(place.pointer)},
        )
    ]
    return Leftover(
        name,
        tuple(format_field(place.path) for place in reversed(ordered)),
        tuple(operations),
        str(metadata.get("uid") or ""),
        str(metadata.get("resourceVersion") or ""),
        has_data=is_whole and name.kind in _HOLDS_DATA,
    )


def write_pointer(pointer: Pointer) -> str:
    """Write a JSON pointer: `/data/a~1b`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def _drop_inner(removals: Mapping[_Place, Any]) -> list[_Place]:
    """Leave out what lies within something else that is removed: two revisions may have left both."""
    pointers = {place.pointer for place in removals}
    return [
        place
        for place in removals
        if not any(place.pointer[:length] in pointers for length in range(1, len(place.pointer)))
    ]


def _walk(wanted: Any, failed: Any, live: Any, place: _Place) -> Iterator[tuple[_Place, Any]]:
    """Yield the places in the live object, with their values, that only the failed version set."""
    if wanted is _MISSING and not any(compare_live(failed, live, place.path)):
        yield place, live
    elif wanted is _MISSING and isinstance(place.path[-1], Item):
        return  # somebody changed the item that was added: it is theirs now
    elif isinstance(failed, Mapping) and isinstance(live, Mapping):
        yield from _walk_map(wanted, failed, live, place)
    elif isinstance(failed, list) and isinstance(live, list):
        yield from _walk_list(wanted, failed, live, place)


def _walk_map(
    wanted: Any, failed: Mapping[str, Any], live: Mapping[str, Any], place: _Place
) -> Iterator[tuple[_Place, Any]]:
    before = wanted if isinstance(wanted, Mapping) else {}
    if wanted is not _MISSING and before is not wanted:
        return  # of another shape: a change, not something that was added
    is_top = not place.pointer
    for key, value in failed.items():
        is_scale = place.pointer == ("spec",) and key == "replicas"
        if key in live and value is not None and not is_scale and not (is_top and key in _OURS_ALONE):
            yield from _walk(before.get(key, _MISSING), value, live[key], place.at(key, key))


def _walk_list(wanted: Any, failed: list[Any], live: list[Any], place: _Place) -> Iterator[tuple[_Place, Any]]:
    """Look at items that have a name; of others nobody can say which of them were added."""
    before = wanted if isinstance(wanted, list) else []
    key = find_key(failed, live)
    if not key or not all(isinstance(item, Mapping) and key in item for item in before):
        return
    if wanted is not _MISSING and before is not wanted:
        return
    named = {str(item[key]): item for item in before}
    index = {str(item[key]): number for number, item in enumerate(live)}
    for item in failed:
        name = str(item[key])
        if name in index:
            number = index[name]
            where = place.at(number, Item(key, name))
            yield from _walk(named.get(name, _MISSING), item, live[number], where)


def _is_kept(manifest: Manifest) -> bool:
    """Whether Helm was told to leave the object behind."""
    return child(manifest, "metadata", "annotations").get(_KEEP) == "keep"


def _is_going(manifest: Manifest) -> bool:
    return bool(child(manifest, "metadata").get("deletionTimestamp"))


def _is_owned(manifest: Manifest, release: str, namespace: str) -> bool:
    """Whether Helm holds a live object to be part of that release."""
    annotations = child(manifest, "metadata", "annotations")
    return (annotations.get("meta.helm.sh/release-name"), annotations.get("meta.helm.sh/release-namespace")) == (
        release,
        namespace,
    )
