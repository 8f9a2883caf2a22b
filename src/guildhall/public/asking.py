"""Asking the team in private from a web chat: offered where the desk has a door for private web chats."""

from __future__ import annotations

from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.desk import doors_in_force


def is_open(space: Space) -> bool:
    """Whether a visitor of this public chat can begin a talk of their own."""
    return space.kind != "private" and doors_in_force.rules_of("", PLATFORM, is_private=True) is not None
