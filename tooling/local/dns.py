"""One DNS question: enough to prove that a resolver answers."""

from __future__ import annotations

import socket
import struct

QUERY_ID = 0x67E5


def encode_question(name: str) -> bytes:
    """Return the packet that asks for the IPv4 addresses of `name`."""
    header = struct.pack(">HHHHHH", QUERY_ID, 0x0100, 1, 0, 0, 0)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return header + labels + b"\0" + struct.pack(">HH", 1, 1)


def decode_answer(packet: bytes) -> tuple[str, ...]:
    """Return the IPv4 addresses in an answer to our question; () for any other packet."""
    if len(packet) < 12:
        return ()
    identity, flags, questions, answers, _, _ = struct.unpack(">HHHHHH", packet[:12])
    if identity != QUERY_ID or flags & 0x800F != 0x8000 or questions != 1:
        return ()
    position = packet.index(b"\0", 12) + 5
    found = []
    for _ in range(answers):
        # CoreDNS points back to the question's name; a name that is spelled out ends with a zero byte.
        position = position + 2 if packet[position] & 0xC0 == 0xC0 else packet.index(b"\0", position) + 1
        kind, _, _, length = struct.unpack(">HHIH", packet[position : position + 10])
        position += 10
        if kind == 1 and length == 4:
            found.append(socket.inet_ntoa(packet[position : position + 4]))
        position += length
    return tuple(found)


def resolve(server: str, name: str, timeout: float = 1.0) -> tuple[str, ...]:
    """Return the addresses that `server` has for `name`, () when it does not answer within `timeout` seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(timeout)
        try:
            link.connect((server, 53))
            link.send(encode_question(name))
            return decode_answer(link.recv(4096))
        except (OSError, ValueError, struct.error, IndexError):
            return ()
