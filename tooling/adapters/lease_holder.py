"""Who holds a lock: written into the Lease, read by the next driver."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """One driver process. `machine` tells boots and pid namespaces apart; empty where that is not known."""

    user: str
    host: str
    pid: int
    nonce: str
    machine: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.pid}:{self.nonce}:{self.machine}"

    @property
    def label(self) -> str:
        """What a person is told."""
        return f"{self.user}@{self.host} (process {self.pid})"


def make_holder() -> Holder:
    """Describe this process; two calls never give the same holder."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    host = socket.gethostname().replace(":", "-")
    return Holder(user.replace(":", "-"), host, os.getpid(), secrets.token_hex(4), _find_machine())


def read_holder(text: str) -> Holder | None:
    """Return the holder that wrote the text; None for a text of another form."""
    name, _, rest = text.partition("@")
    parts = rest.split(":")
    if len(parts) != 4 or not parts[1].isdigit():
        return None
    return Holder(name, parts[0], int(parts[1]), parts[2], parts[3])


def is_dead(holder: Holder, ours: Holder) -> bool:
    """Whether the holder's process is known to have ended: same machine, and no process of that number."""
    if not ours.machine or (holder.host, holder.machine) != (ours.host, ours.machine) or holder.pid == ours.pid:
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _find_machine() -> str:
    """Return boot and pid namespace: a process number means something only within both."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink().name
        return f"{boot}-{''.join(letter for letter in namespace if letter.isdigit())}"
    return ""
