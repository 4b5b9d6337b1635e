"""What a validator found, as data, and what is wrong with it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.masking import may_be_secret
from tooling.core.schema.keys import Schema
from tooling.core.schema.words import LIMITS, SIZES, describe_types, lower, show
from tooling.core.shapes import looks_secret
from tooling.core.values import KeyPath

_ANY_TEXT = r"[^ \t\r\n]"
"""The pattern that asks for no more than one character that can be seen."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that a validator found: `keyword` of the schema `node` wants `wanted`, `value` is at `path`.

    `branches` are the misfits in each branch of an anyOf or oneOf; `name` is set when not the value is wrong but
    the name of one of its keys; `is_flag` when a command line flag has set the value.
    """

    path: KeyPath
    keyword: str
    value: Any
    wanted: Any = None
    node: Schema | None = None
    branches: tuple[tuple[Misfit, ...], ...] = ()
    name: str | None = None
    is_flag: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether neither the value nor what could be made of it is shown: it may be a secret, or a flag's."""
        if self.name is not None:
            return looks_secret(self.name)
        is_odd = isinstance(self.value, str) and looks_secret(self.value)
        return self.is_flag or is_odd or may_be_secret(self.path)


def say(misfit: Misfit, value: Any, *, is_hidden: bool) -> str:
    """Say what is wrong in our words; a hidden value is not shown."""
    kind, wanted = misfit.keyword, misfit.wanted
    got = "" if is_hidden else f", not {show(value)}"
    if kind in LIMITS:
        return f"must be {LIMITS[kind]} {wanted}{got}."
    if kind in SIZES:
        return _say_size(kind, wanted, value)
    if kind == "pattern" and wanted == _ANY_TEXT:
        return "must not be blank."
    if kind == "pattern":
        form = (misfit.node or {}).get("title")
        shown = "" if is_hidden else f": {show(value)}"
        return f"must be {lower(form)}{got}." if form else f"does not match {wanted}{shown}."
    if kind == "uniqueItems":
        return _say_twice(value, is_hidden=is_hidden)
    if kind == "not":
        return _say_forbidden(wanted, value, is_hidden=is_hidden)
    if kind in {"type", "enum", "const"}:
        return f"must be {_say_wanted(misfit)}{got}."
    if kind == "falseSchema":
        return "is not allowed beside the other keys here."
    return f"does not fit the schema's `{kind}`."


def say_name(misfit: Misfit, name: str) -> str:
    """Say what is wrong with the name of a key."""
    form = (misfit.node or {}).get("title")
    if misfit.keyword == "pattern" and form:
        return f"is not {lower(form)}, as keys are here."
    return f"the name {say(misfit, name, is_hidden=misfit.is_hidden)}"


def _say_wanted(misfit: Misfit) -> str:
    if misfit.keyword == "type":
        return describe_types(misfit.node or {})
    if misfit.keyword == "enum" and len(misfit.wanted) == 1:
        return show(misfit.wanted[0])
    if misfit.keyword == "enum":
        return f"one of {', '.join(show(one) for one in misfit.wanted)}"
    return show(misfit.wanted)


def _say_size(kind: str, wanted: int, value: Any) -> str:
    word, noun = SIZES[kind]
    if kind.startswith("min") and wanted == 1:
        return "must not be empty."
    have = len(value) if isinstance(value, str | list | Mapping) else 0
    return f"must have {word} {wanted} {noun}{'' if wanted == 1 else 's'}, not {have}."


def _say_twice(value: Any, *, is_hidden: bool) -> str:
    twice = next((one for index, one in enumerate(value) if one in value[:index]), None)
    return "has the same item twice." if is_hidden else f"has {show(twice)} twice."


def _say_forbidden(wanted: Any, value: Any, *, is_hidden: bool) -> str:
    shown = "" if is_hidden else f" {show(value)}"
    banned = wanted.get("enum") if isinstance(wanted, Mapping) else None
    if banned:
        return f"must not be{shown}: {', '.join(str(one) for one in banned)} are taken."
    if isinstance(wanted, Mapping) and "const" in wanted:
        return f"must not be {show(wanted['const'])}."
    return f"must not be{shown}." if shown else "has a value that is not allowed."
