"""A blueGreen strategy for the stack under test, and answers that stream through its edge."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

BLUE_GREEN: Mapping[str, Any] = {
    "strategy": "blueGreen",
    "blueGreen": {"preview": [{"test": {}}], "after": [{"analysis": {"hold": "6s"}}]},
    "capacity": {"standby": 1},
    "scaleDownDelay": "2s",
}
LONG_ANSWER = {
    "messages": [{"role": "user", "content": "Write a very long story about a dragon."}],
    "stream": True,
    "max_tokens": 900,
    "ignore_eos": True,
}


def write_values(path: Path, rollout: Mapping[str, Any] = BLUE_GREEN, **values: Any) -> str:
    """Write values of one rollout to a file and return its name."""
    path.write_text(yaml.safe_dump({"rollout": dict(rollout), **values}))
    return str(path)


@dataclass
class Stream:
    """One answer that comes piece by piece; `slot` gave it."""

    address: str
    slot: str = ""
    pieces: int = 0
    is_whole: bool = False
    error: str = ""
    has_begun: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        """Ask, and read to the end or to where it breaks off."""
        edge = http.client.HTTPConnection(self.address, timeout=180)
        try:
            edge.request(
                "POST", "/v1/chat/completions", json.dumps(LONG_ANSWER), {"content-type": "application/json"}
            )
            answer = edge.getresponse()
            self.slot = answer.headers["x-genai-slot"] or ""
            for line in answer:
                self.pieces += line.startswith(b"data:")
                self.is_whole = self.is_whole or line.strip() == b"data: [DONE]"
                self.has_begun.set()
        except (OSError, http.client.HTTPException) as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self.has_begun.set()
            edge.close()


@contextmanager
def streaming(edge: str, count: int = 1) -> Iterator[tuple[Stream, ...]]:
    """Have answers on their way when the block begins; it ends when they do."""
    streams = tuple(Stream(urlsplit(edge).netloc) for _ in range(count))
    threads = [threading.Thread(target=stream.read) for stream in streams]
    for thread in threads:
        thread.start()
    try:
        for stream in streams:
            assert stream.has_begun.wait(60), "no answer began"
        yield streams
    finally:
        for thread in threads:
            thread.join()
