"""What the exchange room gives to the engine of effects."""

from __future__ import annotations


def register() -> None:
    """Called once, when Django starts."""
