"""What quality gives to the engine and to the people below: each Monday the week before is drawn; an erased
member's words leave the comments.
"""

from __future__ import annotations

from datetime import timedelta

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk.actions import quality
from guildhall.desk.models import Coaching, Review
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.people import registry

DRAW = "desk.quality_draw"
SYSTEM = "system:desk"
_WORDS = Text("Draw answers to be judged", "抽取待质检的回复")
ERASED = "[…]"


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(DRAW, lease_s=120, describe=_WORDS)(_draw)
    schedules.schedule(DRAW, "20 1 * * 1", DRAW, describe=_WORDS)
    registry.on_erase(erase_comments)


def erase_comments(member_id: str) -> None:
    """What judges wrote about a person's tickets may name them."""
    found = Review.objects.filter(ticket__member_id=member_id)
    Coaching.objects.filter(review__in=found.values("pk")).update(text=ERASED)
    found.exclude(comments={}).update(comments={})


def _draw(effect: Claimed) -> Done:
    today = clock.now().date()
    week = today - timedelta(days=today.weekday() + 7)
    return Done({"drawn": quality.draw_week(week, SYSTEM)})
