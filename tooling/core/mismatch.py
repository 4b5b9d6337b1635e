"""Where a manifest does not fit its kind's schema, and what that says to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tooling.core.masking import may_be_secret
from tooling.core.schema.nearest import suggest_word
from tooling.core.schema.words import LIMITS, NOUNS, SIZES, reads_as, show
from tooling.core.values import KeyPath

UNKNOWN, MISSING, WRONG = "field-unknown", "field-missing", "field-wrong"
LONGEST_WORD = 100
"""Characters above which nobody is asked whether another field was meant: comparing takes time."""

_FREE_TEXT = frozenset({"env", "args", "command"})
_OTHERS = {
    "oneOf": "fits none of the forms that are allowed here, or more than one",
    "anyOf": "fits none of the forms that are allowed here",
    "not": "is what is not allowed here",
    "JSON": "holds text or numbers that JSON cannot",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place where an object does not fit.

    `keyword` is the schema's: `additionalProperties` for an unknown field and `required` for a missing one, whose
    paths end in it; `oneRequired` where one of some fields is missing; `JSON` for an object that JSON cannot
    hold. `wanted` is what the schema says there, the known
    fields for an unknown one; `value` is what is there.
    """

    path: KeyPath
    keyword: str
    wanted: Any = None
    value: Any = None


def explain(mismatch: Mismatch, *, is_secret: bool = False) -> tuple[str, str, str]:
    """Return rule, message and hint; a value that may be a secret is not shown."""
    keyword, wanted, value = mismatch.keyword, mismatch.wanted, mismatch.value
    name = next((part for part in reversed(mismatch.path) if isinstance(part, str)), "")
    if keyword == "additionalProperties":
        hint = _suggest(name, tuple(sorted(wanted))) if wanted and len(name) <= LONGEST_WORD else ""
        return UNKNOWN, "is not a field that Kubernetes knows here.", hint
    if keyword == "required":
        return MISSING, "is missing.", ""
    if keyword == "oneRequired":
        return MISSING, f"one of {', '.join(f'`{one}`' for one in wanted)} is missing.", ""
    is_secret = is_secret or not mismatch.path or _is_free_text(mismatch.path) or may_be_secret(mismatch.path)
    shown = "" if is_secret else f", not {show(value)}"
    if keyword == "type":
        nouns = dict.fromkeys(NOUNS[one] for one in wanted if one != "null")
        return WRONG, f"must be {' or '.join(nouns)}{shown}.", _advise(mismatch, name)
    if keyword == "enum":
        choices = [one for one in wanted if one is not None]
        words = [one for one in choices if isinstance(one, str)]
        is_word = isinstance(value, str) and len(value) <= LONGEST_WORD and not is_secret
        hint = suggest_word(value, words, is_listed=False) if is_word else ""
        return WRONG, f"must be one of {', '.join(map(show, choices))}{shown}.", hint
    if keyword in SIZES and shown:
        shown = f", not {len(value)}" if isinstance(value, str | list | Mapping) else ""
    if keyword in _OTHERS and isinstance(value, list | Mapping):
        shown = ""  # that it is a map says nothing where a map may be what is allowed
    return WRONG, f"{_say(keyword, wanted)}{shown}.", ""


def _is_free_text(path: KeyPath) -> bool:
    """Whether a value belongs to a container's variables or command line, where anything may be a secret."""
    return not _FREE_TEXT.isdisjoint(path) and path[-1] != "name"


@lru_cache(maxsize=1024)
def _suggest(word: str, known: tuple[str, ...]) -> str:
    """Thousands of objects of one template have the same slip."""
    return suggest_word(word, known)


def _say(keyword: str, wanted: Any) -> str:
    if keyword in LIMITS:
        return f"must be {LIMITS[keyword]} {wanted}"
    if keyword in SIZES:
        words, noun = SIZES[keyword]
        return f"must have {words} {wanted} {noun}{'' if wanted == 1 else 's'}"
    if keyword == "pattern":
        return f"must match `{wanted}`"
    return _OTHERS.get(keyword, f"does not fit the schema's `{keyword}`")


def _advise(mismatch: Mismatch, name: str) -> str:
    """Say what to write for a value of another type, where that is plain."""
    value, types = mismatch.value, frozenset(mismatch.wanted)
    if value is None:
        return "Write a value after the colon, or take the key out."
    if isinstance(value, Mapping) and "array" in types:
        return "Begin each entry with a dash."
    if isinstance(value, list | Mapping):
        return ""
    if "string" in types:
        return "Write it in quotes."
    if isinstance(value, str) and reads_as(value, types):
        return "Write it without quotes."
    return f"Write `{name}:`, and below it a dash before each entry." if "array" in types else ""


def merge_choice(path: KeyPath, keyword: str, branches: Sequence[Sequence[Mismatch]], value: Any) -> Mismatch:
    """Make one of what all branches of a choice say: the types that would do, or the one thing that one says.

    That a field may be null is a branch too, which nobody means who has written something else.
    """
    meant = [one for one in branches if not any(_wants_null(inner, path) for inner in one)]
    alone = [one[0] for one in meant if len(one) == 1]
    if alone and len(alone) == len(meant):
        if all(one.keyword == "type" and one.path == path for one in alone):
            return Mismatch(path, "type", tuple(name for one in alone for name in one.wanted), value)
        if len(alone) > 1 and all(one.keyword == "required" and one.path[:-1] == path for one in alone):
            return Mismatch(path, "oneRequired", tuple(dict.fromkeys(one.path[-1] for one in alone)), value)
    nearest = min((one for one in meant if one), key=len, default=())
    return nearest[0] if len(nearest) == 1 else Mismatch(path, keyword, None, value)


def _wants_null(mismatch: Mismatch, path: KeyPath) -> bool:
    return mismatch.path == path and mismatch.keyword == "type" and set(mismatch.wanted) == {"null"}
