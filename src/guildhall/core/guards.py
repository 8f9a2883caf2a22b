"""The triggers of the house that must step aside while a database of tests or of a trial is emptied.

Each room that guards its tables by triggers names here how they are put in place and taken away.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.backends.base.base import BaseDatabaseWrapper

Step = Callable[[BaseDatabaseWrapper], None]

_guards: dict[str, tuple[Step, Step]] = {}


def add(name: str, *, install: Step, remove: Step) -> None:
    """Make a room's triggers known, once, when Django starts."""
    _guards[name] = (install, remove)


def remove_all(connection: BaseDatabaseWrapper) -> None:
    """Take every room's triggers away."""
    for _, remove in _guards.values():
        remove(connection)


def install_all(connection: BaseDatabaseWrapper) -> None:
    """Put every room's triggers back."""
    for install, _ in _guards.values():
        install(connection)
