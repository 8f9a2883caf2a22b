"""The tables of what happened in spaces: joins. Staged where they are recorded, in the same transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from guildhall.core.text import Text
from guildhall.facts import queries_registry, registry
from guildhall.facts.tables import Column, Table

JOINS: Final = Table(
    name="joins",
    room="channels",
    doc=Text("Who came into which space, and by which invite.", "成员加入群组的记录及其邀请来源。"),
    columns=(
        Column("space", "string", doc="Our id of the space."),
        Column("account", "string", is_pseudonym=True, doc="Our id of the account; erased with the person."),
        Column("joined_at", "timestamp", "UTC"),
        Column("revision", "int64", doc="1 when the platform named the invite only afterwards."),
        Column("invite", "string", is_nullable=True, doc="Name of the invite link; null when not told."),
        Column("state", "string", doc="live."),
    ),
    key=("space", "account", "joined_at", "revision"),
    day="joined_at",
    keep_days=1100,
)


def register() -> None:
    """Called once, when Django starts."""
    registry.add(JOINS)
    queries_registry.add("channels", Path(__file__).parent / "facts_sql")
