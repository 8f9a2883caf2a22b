"""The tables of what happened at the desk: questions, how they ended, what members thought. Staged in the
transaction that makes each true; nothing anybody wrote is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from guildhall.core.text import Text
from guildhall.desk.models import Ticket
from guildhall.facts import registry
from guildhall.facts.actions import stage
from guildhall.facts.tables import Column, Table

TICKETS: Final = Table(
    name="tickets",
    room="desk",
    doc=Text("Questions that became tickets.", "成为工单的提问。"),
    columns=(
        Column("ticket", "string", doc="Our id of the ticket."),
        Column("space", "string", is_nullable=True, doc="Where it was asked."),
        Column("account", "string", is_pseudonym=True, is_nullable=True, doc="Who asked, where it is known."),
        Column("way", "string", doc="group, private, topic, webchat, email, api."),
        Column("category", "string", is_nullable=True, doc="As it came in."),
        Column("priority", "string", doc="As it came in."),
        Column("language", "string"),
        Column("tier", "string", is_nullable=True),
        Column("opened_at", "timestamp", "UTC", doc="When it was asked."),
    ),
    key=("ticket",),
    day="opened_at",
    keep_days=1100,
)
ENDS: Final = Table(
    name="ticket_ends",
    room="desk",
    doc=Text("Tickets that were solved; one solved twice is here twice.", "工单解决记录，重复解决记多次。"),
    columns=(
        Column("ticket", "string"),
        Column("space", "string", is_nullable=True),
        Column("category", "string", is_nullable=True, doc="As it was then."),
        Column("language", "string"),
        Column("replies", "int64", doc="Answers until then."),
        Column("reopened", "int64", doc="How often it was opened again before."),
        Column("first_reply_s", "int64", "s", is_nullable=True, doc="From asked to first answered."),
        Column("breached", "bool", doc="Whether a promise of time had been broken."),
        Column("solved_at", "timestamp", "UTC"),
    ),
    key=("ticket", "solved_at"),
    day="solved_at",
    keep_days=1100,
)
RATINGS: Final = Table(
    name="ticket_ratings",
    room="desk",
    doc=Text("What members thought of solved tickets; the last one counts.", "成员评分，以最后一次为准。"),
    columns=(
        Column("ticket", "string"),
        Column("space", "string", is_nullable=True),
        Column("score", "int64", "1 to 5"),
        Column("rated_at", "timestamp", "UTC"),
    ),
    key=("ticket", "rated_at"),
    day="rated_at",
    keep_days=1100,
)


def register() -> None:
    """Called once, when Django starts."""
    for table in (TICKETS, ENDS, RATINGS):
        registry.add(table)


def opened(tickets: Sequence[Ticket]) -> None:
    """Tickets that were opened just now. Joins the caller's transaction."""
    stage(
        TICKETS.name,
        [
            {
                "ticket": one.pk,
                "space": one.space_id,
                "account": one.account_id,
                "way": str(one.way),
                "category": one.category_id,
                "priority": str(one.priority),
                "language": one.language,
                "tier": one.tier or None,
                "opened_at": one.opened_at,
            }
            for one in tickets
        ],
    )


def solved(ticket: Ticket, at: datetime) -> None:
    """A ticket that was solved just now. Joins the caller's transaction."""
    first = ticket.first_reply_at
    row = {
        "ticket": ticket.pk,
        "space": ticket.space_id,
        "category": ticket.category_id,
        "language": ticket.language,
        "replies": ticket.replies,
        "reopened": ticket.reopened,
        "first_reply_s": int((first - ticket.opened_at).total_seconds()) if first else None,
        "breached": ticket.breached,
        "solved_at": at,
    }
    stage(ENDS.name, [row])


def rated(ticket: Ticket, score: int, at: datetime) -> None:
    """What a member thought just now. Joins the caller's transaction."""
    stage(RATINGS.name, [{"ticket": ticket.pk, "space": ticket.space_id, "score": score, "rated_at": at}])
