"""Steady requests through the edge while something else happens, each answer counted."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException


@dataclass
class Traffic:
    """What became of the requests so far."""

    url: str
    host: str
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self) -> None:
        """One request and its count."""
        body = json.dumps({"message": "Say hello.", "max_tokens": 2}).encode()
        headers = {"content-type": "application/json", "host": self.host}
        request = urllib.request.Request(f"{self.url}/chat", data=body, headers=headers)
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
        except (OSError, HTTPException) as error:  # the second: an answer that breaks off
            said = error.read().decode(errors="replace")[:300] if isinstance(error, urllib.error.HTTPError) else ""
            with self.lock:
                self.failures.append(
                    f"{type(error).__name__}: {error} {said} after {time.monotonic() - began:.1f} s"
                )
        else:
            with self.lock:
                self.answered += 1

    def run(self, pause: float) -> None:
        """Send until told to stop, a pause in seconds after each answer."""
        while not self.stop.is_set():
            self.send()
            self.stop.wait(pause)


@contextmanager
def steady_traffic(url: str, host: str, *, senders: int = 2, pause: float = 0.25) -> Iterator[Traffic]:
    """Send requests from several threads until the block ends."""
    traffic = Traffic(url, host)
    threads = [threading.Thread(target=traffic.run, args=(pause,)) for _ in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.stop.set()
        for thread in threads:
            thread.join()
