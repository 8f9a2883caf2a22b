"""Takes what the pipeline heard, inside its transaction, and never lets one of it break the batch."""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.intake.commands.heard import Heard


def hear(heard: Sequence[Heard]) -> None:
    """Answer commands and pressed buttons. Joins the caller's transaction."""
    if not heard:
        return
