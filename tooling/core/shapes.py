"""What may be a secret by its own shape, wherever it stands, and how much of a text is shown at most.

Wider than the shapes that lint reports: what is hidden without need costs a word of a message, no more.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tooling.core.masking import HIDDEN, hide_user, sounds_secret

SHOWN_LIMIT = 120
"""How many characters of a name, such as a key, are shown."""

MESSAGE_LIMIT = 4_000
"""How many characters of a message, or of a hint, are shown."""

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk-|[srp]k_(?:live|test)_|hf_|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|nvapi-|npm_|pypi-|dckr_pat_|eyJ|AIza)"
    r"(?=[\w.+/=-]{0,100}[A-Z0-9])[\w.+/=-]{6,}(?<!\.)"
    r"|(?:AKIA|ASIA)[A-Z0-9]{8,})"
)
_AUTHORIZATION = re.compile(r"(?i:\b(?:bearer|basic))\s+(?=\S{0,100}[A-Z0-9])[^\s`\"']{6,}")
_RANDOM = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{0,100}[a-z])(?=[A-Za-z0-9]{0,100}[A-Z])"
    r"(?=[A-Za-z]{0,100}[0-9][A-Za-z]{0,100}[0-9])[A-Za-z0-9]{20,}"
)
_NAMED = re.compile(r"(?<![\w.-])([\w.-]{3,80})([=:])(?![\s/.<>${}`]|\Z)([^\s`]+)")
_PRIVATE_KEY = "PRIVATE KEY-----"


def looks_secret(text: str) -> bool:
    """Whether a text holds a token, a password with its name or in a URL, a private key, or random letters.

    One that is longer than any message is taken for a secret unread.
    """
    return len(text) > MESSAGE_LIMIT or hide_shapes(text) != text


def hide_shapes(text: str) -> str:
    """Return a text with `<hidden>` for what looks like a secret in it; all of it, if it holds a private key."""
    if _PRIVATE_KEY in text:
        return HIDDEN
    text = _AUTHORIZATION.sub(HIDDEN, hide_user(text))
    text = _RANDOM.sub(HIDDEN, _TOKEN.sub(HIDDEN, text))
    return _NAMED.sub(_hide_named, text) if "=" in text or ":" in text else text


def shorten(text: str, limit: int = SHOWN_LIMIT) -> str:
    """Return the beginning of a text that is longer than the limit, else all of it."""
    return text if len(text) <= limit else f"{text[:limit]}..."


def show_name(text: str) -> str:
    """Return a name as it can be shown: in short, and without what looks like a secret."""
    return _hide_in_name(shorten(text))


@lru_cache(maxsize=4096)
def _hide_in_name(name: str) -> str:
    """Thousands of paths are made of the same few names."""
    return hide_shapes(name)


def _hide_named(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{HIDDEN}" if sounds_secret(match[1]) and match[3] != HIDDEN else match[0]
