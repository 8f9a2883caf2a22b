"""A rating given by writing its number, where a platform has no buttons: `5`, `4 分`, `2 too slow`."""

from __future__ import annotations

import re

from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.desk import telling
from guildhall.desk.actions import tickets
from guildhall.desk.actions.rating import RATED_WITHIN
from guildhall.desk.intents import is_question
from guildhall.desk.models import Ticket
from guildhall.effects.models import Effect
from guildhall.intake.batch import Arrived

LONGEST = 600
_SCORE = re.compile(
    r"([1-5１-５]) ?(?:分|星|stars?\b|/ ?5(?!\d))?(?:$|(?: |[,.!~，。！、:：;-](?!\d)) ?([^\d].*)?$)",
    re.IGNORECASE,
)


def score_of(text: str) -> tuple[int, str] | None:
    """The score and what was said beside it; None for anything else: a long text, an amount, a question."""
    if len(text) > LONGEST:
        return None
    found = _SCORE.fullmatch(" ".join(text.split()))
    if found is None or is_question(found[2] or ""):
        return None
    return int(found[1]), (found[2] or "").strip()


def rate_by_number(one: Arrived) -> bool:
    """Take a number in a private talk as the rating that was asked for; whether it was one."""
    scored = score_of(one.inbound.text)
    if scored is None or telling.has_buttons(one.space):
        return False
    ticket = (
        Ticket.objects.filter(
            space_id=one.space.id,
            account_id=one.account.id,
            status__in=(Ticket.Status.SOLVED, Ticket.Status.CLOSED),
            solved_at__gte=clock.now() - RATED_WITHIN,
            rating=None,
        )
        .order_by("-solved_at")
        .first()
    )
    if ticket is None or not _was_asked(ticket):
        return False
    try:
        tickets.rate(ticket.pk, *scored, by=f"account:{one.account.id}")
    except GuildhallError:
        return False
    return True


def _was_asked(ticket: Ticket) -> bool:
    asked = Effect.objects.filter(unique_key=f"{telling.RATE}:{ticket.pk}", state="done")
    return asked.exists()
