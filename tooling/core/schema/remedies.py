"""What to write instead of a value that does not fit the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.digits import read_digits
from tooling.core.masking import may_be_secret
from tooling.core.schema.keys import Schema, list_allowed, list_types
from tooling.core.schema.misfit import Misfit
from tooling.core.schema.nearest import LISTED_LIMIT, suggest_word
from tooling.core.schema.words import SHOWN_LIMIT, reads_as, show
from tooling.core.shapes import shorten

_AMOUNT = re.compile(r"(?P<number>[0-9]+(?:[.,][0-9]+)?)\s*(?P<unit>[A-Za-z]*)")
_UNITS = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
}
_DAYS = frozenset({"d", "day", "days"})
_ADDRESS = re.compile(r"[0-9]+([.][0-9]+){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+")
_HEX = re.compile(r"[0-9a-f]+")
_NO_SPACE = re.compile(r"([A-Za-z][A-Za-z0-9]*):(\S+)")
_THOUSANDS = re.compile(r"[0-9]{1,6}[kK]")
_SCHEME = re.compile(r"[a-z0-9]+://")


def advise(misfit: Misfit) -> str:
    """Say what to write, or what the key is for."""
    value = misfit.value
    if misfit.keyword == "type":
        return _advise_type(misfit)
    if misfit.keyword == "enum" and isinstance(value, str):
        options = [one for one in misfit.wanted if isinstance(one, str)]
        return suggest_word(value, options, is_listed=False) or describe(misfit)
    if misfit.keyword == "required":
        node = ((misfit.node or {}).get("properties") or {}).get(misfit.wanted) or {}
        return str(node.get("description") or "")
    if misfit.keyword == "pattern":
        return _correct(misfit, value) or describe(misfit)
    if misfit.keyword == "falseSchema":
        return "Take it out."
    return describe(misfit)


def advise_name(misfit: Misfit, name: str) -> str:
    """Say how a key may be named, or what such keys are for."""
    return _correct(misfit, name) or describe(misfit)


def _correct(misfit: Misfit, text: str) -> str:
    meant = "" if misfit.is_hidden else correct(misfit.node or {}, text)
    return f"Did you mean `{shorten(meant)}`?" if meant else ""


def _advise_type(misfit: Misfit) -> str:
    value, types = misfit.value, list_types(misfit.node or {})
    key = next((part for part in reversed(misfit.path) if isinstance(part, str)), "key")
    if value is None:
        return _advise_null(misfit)
    if "object" in types:
        return _advise_map(misfit, key)
    if "array" in types:
        return _advise_list(misfit, key)
    if isinstance(value, list | Mapping):
        return f"Write one value: `{key}: ...`."
    if isinstance(value, bool | int | float) and "string" in types:
        meant = _correct(misfit, str(value)) if type(value) is int else ""
        if meant:
            return meant
        what = "true or false" if isinstance(value, bool) else "a number"
        flag = "Use --set-string instead of --set" if misfit.is_flag else "Write it in quotes"
        return f"{flag}: without that it is read as {what}."
    if isinstance(value, str) and reads_as(value.lower(), types):
        return "Use --set instead of --set-string." if misfit.is_flag else "Write it without quotes."
    if "boolean" in types:
        return f"Write `{key}: true` or `{key}: false`."
    return f"Write a number, such as `{key}: {_find_example(misfit)}`."


def _find_example(misfit: Misfit) -> Any:
    """Return a number to write: the one in the text, 10 for `10%`, 8192 for `8k`, else the least one allowed."""
    digits = re.match(r"\s*([0-9]+)", str(misfit.value))
    number = read_digits(digits[1]) if digits and not misfit.is_hidden else None
    if number is None:
        return max((misfit.node or {}).get("minimum", 1), 1)
    return number * 1024 if _THOUSANDS.fullmatch(str(misfit.value).strip()) else number


def _advise_null(misfit: Misfit) -> str:
    if any(isinstance(part, int) for part in misfit.path[-1:]):
        return "There is nothing in this item: write what belongs there, or take it out."
    is_map = "object" in list_types(misfit.node or {})
    below = "below the key: write what belongs there" if is_map else "after the colon: write a value"
    return f"There is nothing {below}, or take the key out."


def _advise_map(misfit: Misfit, key: str) -> str:
    allowed = list_allowed(misfit.node or {})
    glued = _NO_SPACE.fullmatch(misfit.value.strip()) if isinstance(misfit.value, str) else None
    if glued and (glued[1] in allowed or not allowed):
        shown = "..." if misfit.is_hidden or may_be_secret((glued[1],)) else shorten(glued[2], SHOWN_LIMIT)
        return f"Write a space after the colon: `{glued[1]}: {shown}`."
    if isinstance(misfit.value, list) and not allowed:
        return f"Entries have names here: `{key}: {{NAME: ...}}` instead of a dash."
    return f"Its keys are: {', '.join(allowed)}." if 0 < len(allowed) <= LISTED_LIMIT else describe(misfit)


def _advise_list(misfit: Misfit, key: str) -> str:
    items = (misfit.node or {}).get("items")
    allowed = list_allowed(items) if isinstance(items, Mapping) else ()
    if isinstance(items, Mapping) and allowed:
        name = next(iter(items.get("required") or allowed))
        return f"Write a list: `{key}: [{{{name}: ...}}]`, or lines below it that begin with a dash."
    shown = "..." if misfit.is_hidden or isinstance(misfit.value, Mapping) else show(misfit.value)
    return f"Write a list: `{key}: [{shown}]`."


def describe(misfit: Misfit) -> str:
    """Say what the key is for, with examples where the schema has some."""
    node = misfit.node or {}
    examples = ", ".join(str(one) for one in node.get("examples") or ())
    such = f"Such as {examples}." if examples else ""
    return " ".join(filter(None, (str(node.get("description") or ""), such)))


def correct(node: Schema, text: str) -> str:
    """Return the text as the schema's pattern takes it, empty when no small change makes it fit."""
    pattern, most = node.get("pattern"), node.get("maxLength")
    if not isinstance(pattern, str):
        return ""
    form = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    if form.search(text) or not text.strip():
        return ""
    for one in _list_variants(text):
        if one and form.search(one) and (most is None or len(one) <= most):
            return one
    return ""


def _list_variants(text: str) -> Iterator[str]:
    """Yield corrections, the smallest first."""
    yield text.strip()
    yield from _list_amounts(text.strip())
    yield f"{text}s" if text.isdecimal() else ""
    yield text.lower()
    bare = _SCHEME.sub("", text)
    yield bare
    yield f"sha256:{text}" if _HEX.fullmatch(text) else ""
    yield text.partition("@sha256:")[0]
    if _ADDRESS.fullmatch(text):
        yield f"{text}/{128 if ':' in text else 32}"
    host = re.sub(r"[:/].*", "", bare)
    yield host if "." in host else ""
    yield "" if "@" in text else text.rpartition(":")[2]
    yield re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    yield re.sub(r"[^A-Za-z0-9]+", "_", text)
    yield f"https://{text}" if "." in text and text == bare else ""
    yield text.lstrip("/")
    yield f"/{text}"


def _list_amounts(text: str) -> Iterator[str]:
    """Yield a quantity or duration in other units: 2GB as 2G, 1,5Gi as 1.5Gi, 10 min as 10m, 2 days as 48h."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return
    number, unit = match["number"].replace(",", "."), match["unit"]
    small = unit.lower()
    yield number + unit
    days = read_digits(number)
    if small in _DAYS and days is not None:
        yield f"{days * 24}h"
    if small in _UNITS:
        yield number + _UNITS[small]
    if small.endswith("b"):
        bare = small.removesuffix("b")
        yield number + bare[:1].upper() + bare[1:]
        yield number + bare
    yield number + small[:1].upper() + small[1:]
