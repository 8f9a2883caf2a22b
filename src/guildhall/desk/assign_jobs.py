"""What assignment and handover give to the engine below: they look every few seconds, and old notes are
forgotten once a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk import on_hand
from guildhall.desk.actions import assigning, presence, shift_change
from guildhall.desk.handover import facts
from guildhall.desk.models import Handover
from guildhall.effects import performers, schedules, ticker, webhooks
from guildhall.effects.types import Claimed, Done
from guildhall.work.duty import speaking

PRUNE = "desk.forget_handovers"
KEPT = timedelta(days=400)
_PRUNE_WORDS = Text("Forget handovers of more than a year ago", "清理一年前的交班记录")


def register() -> None:
    """Called once, when Django starts."""
    facts.register()
    speaking.told_by(on_hand.languages_of)
    ticker.on_tick("desk.assign", assigning.take_waiting, every_s=2)
    ticker.on_tick("desk.hand_back", shift_change.hand_back, every_s=5)
    ticker.on_tick("desk.notes", _notes, every_s=20)
    webhooks.on_announce(presence.hear)
    performers.performer(PRUNE, describe=_PRUNE_WORDS)(_prune)
    schedules.schedule(PRUNE, "37 4 * * *", PRUNE, describe=_PRUNE_WORDS)


def _notes(now: datetime) -> None:
    shift_change.open_notes(now)
    shift_change.escalate_unaccepted(now)
    shift_change.watch_staffing(now)


def _prune(effect: Claimed) -> Done:
    """Forget what was handed over long ago."""
    old = Handover.objects.filter(ends_at__lt=clock.now() - KEPT).exclude(state=Handover.State.GIVEN)
    return Done({"removed": old.delete()[0]})
