"""What programs are told: one JSON object per line on standard output, each with the key `event`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO


class JsonReporter:
    """Implements `tooling.ports.reporter.Reporter`; events are `message`, `progress` and `table`."""

    def __init__(self, *, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._told = ""

    def say(self, text: str, **facts: object) -> None:
        """Write `{"event": "message", "text": ..., ...facts}`."""
        self._told = ""
        self._write({**facts, "event": "message", "text": text})

    def progress(self, text: str) -> None:
        """Write `{"event": "progress", "text": ...}` when the text changed."""
        if text != self._told:
            self._told = text
            self._write({"event": "progress", "text": text})

    def table(self, title: str, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Write `{"event": "table", "title": ..., "rows": [...]}`."""
        self._write({"event": "table", "title": title, "rows": [dict(row) for row in rows]})

    def confirm(self, question: str, answer: str) -> bool | None:  # noqa: ARG002 - the port's signature
        """Return None: a program is not asked, it passes --yes."""
        return None

    def close(self) -> None:
        """Nothing is left open."""

    def _write(self, event: Mapping[str, object]) -> None:
        ordered = {"event": event["event"], **event}
        self._out.write(json.dumps(ordered, ensure_ascii=False, default=str) + "\n")
        self._out.flush()
