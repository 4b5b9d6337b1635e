"""The key that somebody most likely meant, beside the wrong one or anywhere else in the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from tooling.core.schema.keys import ENTRY, Key, Schema, find_key, list_allowed, list_keys
from tooling.core.values import KeyPath, format_path

LISTED_LIMIT = 12
CLOSE = 0.8
"""Likeness (0 to 1) from which a key beside the wrong one is surely meant."""

LOOSE = 0.6
NEIGHBOURS = 2
"""Steps up and down to another map in which a key of the same name may be meant."""

FAR = 100
_HABITS = {
    "replicacount": ("replicas",),
    "ingress": ("route",),
    "httproute": ("route",),
    "env": ("extraEnv",),
    "args": ("extraArgs",),
    "volumes": ("extraVolumes",),
    "volumemounts": ("extraVolumeMounts",),
    "labels": ("podLabels",),
    "annotations": ("podAnnotations",),
    "hpa": ("autoscaling",),
    "extraenvvars": ("extraEnv",),
    "gpus": ("gpu",),
    "host": ("hostnames",),
    "hosts": ("hostnames",),
    "modelurl": ("source",),
    "nameoverride": ("rollout.instance",),
    "fullnameoverride": ("rollout.instance",),
    "persistence": ("storage",),
    "requestgpu": ("gpu",),
    "storage": ("persistence",),
    "networkpolicy": ("network",),
    "metrics": ("observability",),
    "servicemonitor": ("observability.monitors", "monitors"),
    "memory": ("limits",),
    "cpu": ("requests",),
    "secretname": ("existingSecret", "name"),
}
"""Names that other charts use, in plain spelling, and what this one calls the same."""


def suggest_word(word: str, allowed: Sequence[str], *, is_listed: bool = True) -> str:
    """Name the nearest of some words, else list them when they are few."""
    near = find_nearest(word, allowed)
    if near:
        return f"Did you mean `{near}`?"
    return f"Known are: {', '.join(allowed)}." if is_listed and 0 < len(allowed) <= LISTED_LIMIT else ""


Index = Mapping[str, Sequence[Key]]
"""Every key of a schema by its name in plain spelling."""


def index_keys(schema: Schema) -> Index:
    """Make the index in which keys of the same name are found; once for many questions, it takes a while."""
    index: dict[str, list[Key]] = {}
    for key in list_keys(schema):
        name = key.path[-1]
        if isinstance(name, str) and name != ENTRY:
            index.setdefault(_plain(name), []).append(key)
    return index


def find_meant(schema: Schema, index: Index, where: KeyPath, word: str) -> KeyPath | None:
    """Return the key that was meant by `word` in the map at `where`: one of that map, or one of another place.

    None where nothing is alike. Names that the user has chosen on the way are kept, others are `<name>`.
    """
    allowed = _list_around(schema, where)
    near = find_nearest(word, allowed, CLOSE) or next((name for name in _list_habits(word) if name in allowed), "")
    if near:
        return (*where, near)
    keys = _list_alike(index, word)
    around_it = min(keys, key=lambda key: (_measure(key, where), len(key.path)), default=None)
    if around_it and _measure(around_it, where) <= NEIGHBOURS:
        return _fill(around_it, where)
    near = find_nearest(word, allowed, LOOSE)
    if near:
        return (*where, near)
    habits = _list_habits(word)
    alike = [key for key in keys if not where or key.path[-2:-1] == where[-1:] or str(key) in habits]
    far = min(alike, key=lambda key: len(key.path), default=None)
    return _fill(far, where) if far else None


def ask_for(schema: Schema, where: KeyPath, meant: KeyPath | None) -> str:
    """Ask whether another key was meant, named in full when it is elsewhere; else list what is known."""
    if meant:
        is_here = meant[:-1] == where
        return f"Did you mean `{meant[-1] if is_here else format_path(meant)}`?"
    allowed = _list_around(schema, where)
    if len(allowed) > LISTED_LIMIT:
        return f"It has {len(allowed)} keys: `genai-stack validate --explain {format_path(where)}` lists them."
    return f"Known are: {', '.join(allowed)}." if allowed else ""


def _list_around(schema: Schema, where: KeyPath) -> tuple[str, ...]:
    around = find_key(schema, where)
    return list_allowed(around.node) if around else ()


def _list_alike(index: Index, word: str) -> list[Key]:
    """Return the keys of the same name, or of the name that this chart has for it."""
    found = list(index.get(_plain(word), ()))
    for habit in _list_habits(word):
        name = habit.rpartition(".")[2]
        found.extend(key for key in index.get(_plain(name), ()) if habit in {name, str(key)})
    return found


def find_nearest(word: str, allowed: Iterable[str], likeness: float = LOOSE) -> str:
    """Return the word that looks most alike, empty when none is alike enough; case and dashes do not count."""
    plain = _plain(word)
    best, least = "", likeness
    for one in allowed:
        matcher = SequenceMatcher(None, plain, _plain(one))
        if matcher.real_quick_ratio() < least:  # a bound from the lengths alone
            continue
        alike = matcher.ratio()
        if alike > least or (alike == least and not best):
            best, least = one, alike
    return best


def _list_habits(word: str) -> tuple[str, ...]:
    return _HABITS.get(_plain(word), ())


def _measure(key: Key, where: KeyPath) -> int:
    """Count the steps from the map at `where` to the map that has the key; far away when they share nothing."""
    common = 0
    for one, other in zip(key.path[:-1], where, strict=False):
        if one not in {other, ENTRY}:
            break
        common += 1
    return len(where) + len(key.path) - 1 - 2 * common + (0 if common or not where else FAR)


def _fill(key: Key, where: KeyPath) -> KeyPath:
    """Return the path of a key with the names that the user has chosen on the way that both share."""
    path = list(key.path)
    for index, part in enumerate(where[: len(path)]):
        if path[index] not in {part, ENTRY}:
            break
        path[index] = part
    return tuple(path)


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
