"""What the paging room gives to the engine below."""

from __future__ import annotations


def register() -> None:
    """Called once, when Django starts."""
