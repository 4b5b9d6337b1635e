"""References of images, and what a registry's answers about them mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_HOST = "registry-1.docker.io"
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_LOCAL = "localhost"
_LOOPBACK = re.compile(r"(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?")
_REFERENCE = re.compile(
    r"(?P<name>[a-zA-Z0-9.:/_\[\]-]{1,255}?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>[a-z0-9+._-]+:[0-9a-f]{32,}))?"
)
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
GONE = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"})
"""Codes with which a registry says that an image is not there."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an image is pulled from: the host (with a port), the repository, and its tag or digest."""

    host: str
    repository: str
    version: str

    @property
    def is_local(self) -> bool:
        """Whether it names no registry at all: images of the embedded cluster are loaded, not pulled."""
        return self.host == _LOCAL

    @property
    def is_loopback(self) -> bool:
        """Whether its registry is on this machine, where TLS is not asked for."""
        return _LOOPBACK.fullmatch(self.host) is not None

    @property
    def path(self) -> str:
        """The path of its manifest in the registry's API."""
        return f"/v2/{self.repository}/manifests/{self.version}"

    @property
    def scope(self) -> str:
        """What a token has to allow."""
        return f"repository:{self.repository}:pull"


def parse_reference(text: str) -> Reference | None:
    """Read `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` as container runtimes do; None for what is none."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    first, slash, rest = match["name"].partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == _LOCAL)
    host, path = (first, rest) if has_host else ("docker.io", match["name"])
    if not path:
        return None
    if host in _DOCKER_HUB:
        host, path = DEFAULT_HOST, path if "/" in path else f"library/{path}"
    return Reference(host, path, match["digest"] or match["tag"] or "latest")


def name_credentials(host: str) -> tuple[str, ...]:
    """Return the names under which Docker's config may keep the credentials of a host, the likeliest first."""
    if host in _DOCKER_HUB:
        return ("https://index.docker.io/v1/", "docker.io", "index.docker.io", host)
    return (host, f"https://{host}", f"https://{host}/v2/", f"https://{host}/v1/", f"http://{host}")


def read_challenge(header: str) -> tuple[str, Mapping[str, str]]:
    """Read WWW-Authenticate: the scheme in small letters, and its parameters."""
    scheme, _, rest = header.strip().partition(" ")
    return scheme.lower(), dict(_PARAMETER.findall(rest))
