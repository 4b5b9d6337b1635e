"""What a user is told when weights cannot be brought."""

from __future__ import annotations


class FetchError(Exception):
    """Says what failed, where, and what to do; never holds a credential."""
