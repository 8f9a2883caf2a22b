"""The tables of what was said to many and what came of it: posts, staged when a delivery is noted as sent,
and clicks, which whoever counts them ships.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from guildhall.core.text import Text
from guildhall.facts import queries_registry, registry
from guildhall.facts.tables import Column, Table

POSTS: Final = Table(
    name="posts",
    room="broadcast",
    doc=Text("Broadcasts that reached a place.", "已送达的群发内容。"),
    columns=(
        Column("delivery", "string", doc="Our id of the delivery: one place in one run."),
        Column("broadcast", "string"),
        Column("run", "string"),
        Column("space", "string"),
        Column("account", "string", is_pseudonym=True, is_nullable=True, doc="Of a private talk."),
        Column("platform", "string"),
        Column("language", "string"),
        Column("region", "string", is_nullable=True),
        Column("sent_at", "timestamp", "UTC", doc="When it was noted as sent."),
    ),
    key=("delivery",),
    day="sent_at",
    keep_days=1100,
)
CLICKS: Final = Table(
    name="clicks",
    room="broadcast",
    doc=Text("Tracked addresses that were opened.", "追踪链接的点击。"),
    columns=(
        Column("click", "string", doc="Id of the click."),
        Column("link", "string", doc="Our id of the tracked address."),
        Column("delivery", "string", is_nullable=True, doc="The post it stood in."),
        Column("visitor", "string", is_pseudonym=True, is_nullable=True),
        Column("region", "string", is_nullable=True, doc="Country, two letters."),
        Column("clicked_at", "timestamp", "UTC"),
    ),
    key=("click",),
    day="clicked_at",
    keep_days=400,
)


def register() -> None:
    """Called once, when Django starts."""
    registry.add(POSTS)
    registry.add(CLICKS)
    queries_registry.add("broadcast", Path(__file__).parent / "facts_sql")
