"""Spellings that PyYAML's parser takes and Helm's does not, or takes for something else."""

from __future__ import annotations

from typing import Any

from tooling.adapters.yaml_notes import Refusal, place


def is_plain(event: Any) -> bool:
    """Whether a scalar is written without quotes and without a tag."""
    return event.tag is None and bool(event.implicit[0])


def check_source(event: Any, text: str, *, in_flow: bool) -> None:
    """Look at how a scalar is written; `text` is the whole document, empty if it holds no such escape.

    Raises Refusal.
    """
    if text and event.style == '"':
        source = text[event.start_mark.index : event.end_mark.index]
        if "\\/" in source.replace("\\\\", ""):
            raise Refusal("Helm does not know the escape \\/; write / alone", *place(event))
    if not in_flow:
        return
    if event.tag and event.value == "" and event.implicit[0] is False and not event.style:
        raise Refusal("a tag without a value needs a '' after it inside [] and {}", *place(event))
    if "?" in event.value and is_plain(event):
        raise Refusal("text with a question mark needs quotes inside [] and {}", *place(event))
