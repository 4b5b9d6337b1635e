"""What a label selector or a name says, and which pods or object it may have meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.core.policies.bundle import Bundle, Labels, Workload, child, read_labels, rows
from tooling.core.schema.nearest import find_nearest

_NEARBY = 200
"""Pod templates that are looked at for a suggestion: a bundle may hold thousands."""

_SHOWN = 5
_COMPARED = 50
"""Names that are compared with a wrong one."""


def list_names(bundle: Bundle, kind: str) -> Mapping[str, Mapping[str, None]]:
    """Return the names of all objects of a kind by namespace, in their order."""
    found: dict[str, dict[str, None]] = {}
    for entry in bundle.list_kind(kind):
        found.setdefault(entry.ref.namespace, {})[entry.ref.name] = None
    return found


def name_one(wrong: str, known: Mapping[str, None]) -> str:
    """Say which name was meant: the most alike, or else what there is."""
    near = find_nearest(wrong, known) if len(known) <= _COMPARED else ""
    shown, more = ", ".join(list(known)[:_SHOWN]), len(known) - _SHOWN
    return f"Write {near}." if near else f"Write one of {shown}{f' and {more} more' if more > 0 else ''}."


def write_labels(labels: Labels) -> str:
    """Write labels as YAML on one line."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in labels.items()) + "}"


def write_selector(selector: Mapping[str, Any]) -> str:
    """Write a selector in words: its labels, and then its expressions."""
    expressions = " and ".join(map(_write_expression, rows(selector, "matchExpressions")))
    labels = read_labels(selector.get("matchLabels"))
    return " and ".join(part for part in (write_labels(labels) if labels else "", expressions) if part)


def _write_expression(expression: Mapping[str, Any]) -> str:
    values = expression.get("values")
    listed = ", ".join(map(str, values)) if isinstance(values, list) else ""
    return f"{expression.get('key')} {expression.get('operator')} {listed}".rstrip()


def suggest(bundle: Bundle, namespace: str, selector: Mapping[str, Any]) -> str:
    """Say which labels to write, by the pods that share most with a selector: labels first, then keys."""
    labels = read_labels(child(selector, "matchLabels"))
    pods = bundle.select(namespace, {})[:_NEARBY]
    near = max(pods, key=lambda pod: _count_shared(labels, pod), default=None)
    if near is None or _count_shared(labels, near) == (0, 0):
        return "Write the labels of the pods that are meant."
    wrong = {key: near.labels[key] for key, value in labels.items() if near.labels.get(key, value) != value}
    lost = ", ".join(key for key in labels if key not in near.labels)
    parts = (write_labels(wrong) if wrong else "", f"nothing of {lost}" if lost else "")
    told = " and ".join(part for part in parts if part)
    return f"For {near.ref} write {told}." if told else f"{near.ref} fits but for the expressions."


def _count_shared(labels: Labels, pod: Workload) -> tuple[int, int]:
    return len(labels.items() & pod.labels.items()), len(labels.keys() & pod.labels.keys())
