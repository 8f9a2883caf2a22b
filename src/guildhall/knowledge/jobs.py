"""What knowledge gives to the engine of effects, the ticker and the people below: each part registers its
own.
"""

from __future__ import annotations


def register() -> None:
    """Called once, when Django starts."""
