"""Logs: one JSON object per line on stdout. Prompts and headers are never part of it by default."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from .metrics import Call

logger = logging.getLogger("genai_gateway")


class JsonFormatter(logging.Formatter):
    """Writes time, level, event and whatever was passed as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            entry.update(fields)
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def set_up() -> None:
    """Send every log of the process to stdout as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # httpx logs each URL at INFO: one line per request is enough, and that one is ours.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def write_request(call: Call, *, slot: str, code: int, seconds: float) -> None:
    """Write the one line that every counted request gets."""
    fields: dict[str, object] = {
        "request_id": call.request_id,
        "slot": slot,
        "endpoint": call.endpoint,
        "model": call.model,
        "code": code,
        "duration_ms": round(seconds * 1000, 1),
    }
    if call.tokens:
        fields["tokens"] = dict(call.tokens)
    if call.error:
        fields["error"] = call.error
    if call.prompt is not None:
        fields["prompt"] = call.prompt
    level = logging.WARNING if code >= 500 else logging.INFO
    logger.log(level, "request", extra={"fields": fields})
