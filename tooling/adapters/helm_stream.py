"""What helm prints: documents, each under a comment that names the file it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tooling.adapters.yaml_go import load_all
from tooling.ports.helm import Rendered

_SEPARATOR = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)


def read_stream(printed: bytes) -> tuple[Rendered, ...]:
    """Return the documents that are maps, in their order. Raises yaml.YAMLError, UnicodeDecodeError.

    Helm writes the comment at the top of each document; one without is of the same file as the one before.
    """
    found: list[Rendered] = []
    source = ""
    for text in _SEPARATOR.split(printed.decode("utf-8")):
        named = _SOURCE.match(text)
        source = named[1].strip() if named else source
        documents = load_all(text)
        found += [Rendered(document, source, text) for document in documents if isinstance(document, Mapping)]
    return tuple(found)
