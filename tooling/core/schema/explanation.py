"""What a person is told of values that do not fit the schema: everything once, in order of the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from tooling.core.schema.keys import Schema, find_key
from tooling.core.schema.misfit import Misfit, say, say_name
from tooling.core.schema.nearest import ask_for, find_meant, index_keys
from tooling.core.schema.remedies import advise, advise_name, describe
from tooling.core.schema.words import LIMITS, show
from tooling.core.values import KeyPath

MAX_SUGGESTIONS = 200
"""Unknown keys to name the nearest one for; whoever has more of them uses values of another chart."""

MAX_DOTTED = 200
"""Characters of a key with dots in it up to which it is looked up as a path."""

_WRONG_SHAPE = frozenset({"required", "additionalProperties", "type", "falseSchema"})


class Told(NamedTuple):
    """What is said of a path, and what to do; `about` is the key to read of, where it is another one.

    `missing` are keys of which one would help; they and `about` tell that two of these say the same.
    """

    path: KeyPath
    message: str
    hint: str = ""
    about: KeyPath | None = None
    missing: tuple[str, ...] = ()


def tell(schema: Schema, misfits: Sequence[Misfit]) -> list[Told]:
    """Say what is wrong and what to do, once each: a mistyped key is not missing too."""
    told = list(_tell_unknown(schema, [one for one in misfits if one.keyword == "additionalProperties"]))
    told += [one for misfit in _drop_repeated(misfits) for one in _tell(schema, misfit)]
    meant = {one.about for one in told if not one.missing}
    return [one for one in told if not any((*one.path, key) in meant for key in one.missing)]


def _tell_unknown(schema: Schema, misfits: Sequence[Misfit]) -> Iterator[Told]:
    """Name what was meant by each unknown key, as long as there are not too many to be read."""
    index = index_keys(schema) if misfits else {}
    unknown = ((misfit, misfit.path, key) for misfit in misfits for key in misfit.wanted)
    for count, (misfit, path, key) in enumerate(unknown):
        parts = tuple(key.split(".")) if "." in key and len(key) <= MAX_DOTTED else ()
        if parts and find_key(schema, (*path, *parts)):
            yield Told((*path, key), "is not a known key.", _nest(misfit, key, parts), (*path, *parts))
            continue
        meant = find_meant(schema, index, path, key) if count < MAX_SUGGESTIONS else None
        yield Told((*path, key), "is not a known key.", ask_for(schema, path, meant), meant)


def _nest(misfit: Misfit, key: str, parts: KeyPath) -> str:
    """Say how a key with dots in it is written in a file; a map, a list or a secret as its value is left out."""
    value = misfit.value[key] if isinstance(misfit.value, Mapping) else None
    inner = replace(misfit, path=(*misfit.path, *parts), value=value)
    text = "..." if inner.is_hidden or value is None or isinstance(value, list | Mapping) else show(value)
    for index, part in enumerate(reversed(parts)):
        text = f"{part}: {{{text}}}" if index else f"{part}: {text}"
    return f"Write `{text}`: only --set knows a key by its dots."


def _tell(schema: Schema, misfit: Misfit) -> Iterator[Told]:
    if misfit.keyword in {"anyOf", "oneOf"}:
        yield from _tell_branches(schema, misfit)
    elif misfit.name is not None:
        hint = advise_name(misfit, misfit.name)
        yield Told((*misfit.path, misfit.name), say_name(misfit, misfit.name), hint)
    elif misfit.keyword == "required":
        message, about = f"the key `{misfit.wanted}` is missing.", (*misfit.path, misfit.wanted)
        yield Told(misfit.path, message, advise(misfit), about, (misfit.wanted,))
    else:
        message = say(misfit, misfit.value, is_hidden=misfit.is_hidden)
        yield Told(misfit.path, message, advise(misfit))


def _drop_repeated(misfits: Sequence[Misfit]) -> list[Misfit]:
    """Leave out what another misfit of the same path says better: a wrong enum, an empty text, a wrong name."""
    better: dict[KeyPath, set[str]] = {}
    for one in misfits:
        where = one.path if one.name is None else (*one.path, one.name)
        better.setdefault(where, set()).add("name" if one.name is not None else one.keyword)

    def is_said(one: Misfit) -> bool:
        others = better.get(one.path, set()) if one.name is None else set()
        return (one.keyword == "type" and not others.isdisjoint({"enum", "name"})) or (
            one.keyword == "pattern" and "minLength" in others
        )

    return [one for one in misfits if one.keyword != "additionalProperties" and not is_said(one)]


def _tell_branches(schema: Schema, misfit: Misfit) -> Iterator[Told]:
    branches = [one for one in (misfit.node or {}).get(misfit.keyword) or () if isinstance(one, Mapping)]
    choices = [tuple(branch.get("required") or ()) for branch in branches]
    has_unknown = any(one.keyword == "additionalProperties" for branch in misfit.branches for one in branch)
    if choices and all(choices) and isinstance(misfit.value, Mapping) and not has_unknown:
        there = [keys for keys in choices if set(keys) & set(misfit.value)]
        names = [", ".join(f"`{key}`" for key in keys) for keys in choices]
        if not there:
            missing = tuple(key for keys in choices for key in keys)
            message = f"one of {' or '.join(names)} is missing."
            hint = f"Write {'one' if misfit.keyword == 'oneOf' else 'at least one'} of them."
            yield Told(misfit.path, message, hint, missing=missing)
            return
        if len(there) > 1:
            names = [", ".join(f"`{key}`" for key in keys) for keys in there]
            yield Told(misfit.path, f"has {' and '.join(names)}: only one of them may be there.", describe(misfit))
            return
    numbers = _say_alternatives(branches)
    if numbers:
        got = "" if misfit.is_hidden else f", not {show(misfit.value)}"
        yield Told(misfit.path, f"must be {numbers}{got}.", describe(misfit))
        return
    yield from tell(schema, _find_meant_branch(misfit))


def _say_alternatives(branches: Sequence[Schema]) -> str:
    """Say what a choice between a fixed value and a limit is: `0 or at least 128`."""
    said = []
    for branch in branches:
        if set(branch) == {"const"}:
            said.append(show(branch["const"]))
        elif len(branch) == 1 and set(branch) <= set(LIMITS):
            said.extend(f"{LIMITS[kind]} {limit}" for kind, limit in branch.items())
        else:
            return ""
    return " or ".join(said)


def _find_meant_branch(misfit: Misfit) -> Sequence[Misfit]:
    """Return the misfits of the branch whose shape fits best: least wrong keys, then least of all."""

    def rank(branch: Sequence[Misfit]) -> tuple[int, int]:
        wrong = [one for one in branch if one.keyword in _WRONG_SHAPE and one.path == misfit.path]
        return len(wrong), len(branch)

    return min((branch for branch in misfit.branches if branch), key=rank, default=())
