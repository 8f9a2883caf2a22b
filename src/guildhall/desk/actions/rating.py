"""What the member thought of it: one to five, once it was solved, and changed as often as they like for a
week.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from guildhall.channels.text import clean
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict
from guildhall.core.text import Text
from guildhall.desk import facts
from guildhall.desk.actions import held
from guildhall.desk.models import Ticket
from guildhall.people.models import Staff

WORST, BEST = 1, 5
LONGEST_COMMENT = 1000
RATED_WITHIN = timedelta(days=7)


def rate(ticket_id: str, score: int, comment: str = "", *, by: Staff | str = held.SYSTEM) -> Ticket:
    """Note what the member thought of a solved ticket; of one that was merged, of the one it became a part
    of.

    comment: '' keeps what was said before. Raises NotFound, BadInput, Conflict (`not_solved`, `too_late`).
    """
    if not WORST <= score <= BEST:
        raise BadInput(Text("A rating is 1 to 5.", "评分须为 1 至 5。"), field="score")
    said = clean(comment).strip()[:LONGEST_COMMENT]
    with transaction.atomic():
        ticket = held.surviving(held.locked(ticket_id, merged=True))
        if ticket.status not in (Ticket.Status.SOLVED, Ticket.Status.CLOSED) or ticket.is_spam:
            raise Conflict(Text("It is rated once it is solved.", "工单解决后方可评分。"), code="not_solved")
        now = clock.now()
        solved = ticket.solved_at or ticket.closed_at or now
        if now - solved > RATED_WITHIN:
            raise Conflict(Text("It was solved too long ago.", "已超过评分期限。"), code="too_late")
        if ticket.rating == score and (not said or said == ticket.rating_comment):
            return ticket
        ticket.rating, ticket.rated_at = score, now
        ticket.rating_comment = said or ticket.rating_comment
        held.changed(ticket, "rating", "rated_at", "rating_comment", at=now, seen=False)
        facts.rated(ticket, score, now)
        held.tell(
            ticket, "rated", by, {"score": score, "commented": bool(ticket.rating_comment)},
            announce="ticket.rated", at=now,
        )  # fmt: skip
    return ticket


def is_ratable(ticket: Ticket) -> bool:
    """Whether its member is asked what they thought: somebody answered, it is solved, it is no spam."""
    return (
        ticket.status in (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
        and not ticket.is_spam
        and ticket.merged_into_id is None
        and ticket.replies > 0
        and ticket.rating is None
    )
