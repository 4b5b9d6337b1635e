"""What can go wrong with the embedded cluster and its tools.

LocalError          2  the machine or the request does not fit; nothing is left half-made
├── BuildError      2  a binary could not be built
└── StartError      4  the cluster did not become ready; it was taken down again
"""

from __future__ import annotations

from tooling.errors import GenaiError


class LocalError(GenaiError):
    """The machine or the request does not fit; nothing is left half-made."""

    exit_code = 2


class BuildError(LocalError):
    """A binary could not be built; the message names the module and the last lines of the build."""


class StartError(LocalError):
    """The cluster did not become ready; the message names the component and its last log lines."""

    exit_code = 4
