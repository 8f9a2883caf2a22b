"""Lifts what Telegram was told to keep for ever because it cannot count so far: an effect of ours that waits
for the day.

What was changed meanwhile by a person stays: a lift does nothing unless the member still stands as the
measure left them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from guildhall.channels.models import SpaceMember
from guildhall.channels.port import Act, Verb
from guildhall.channels.telegram.checks import params_of
from guildhall.effects import actions as effects

LIFTS = "lifts_until"
ACTOR = "system:telegram"


def planned(act: Act, verb: Verb, at: datetime | None) -> Callable[[], None] | None:
    """What to record with a measure so that it is lifted at a time; None when Telegram lifts it itself."""
    if at is None:
        return None

    def record() -> None:
        from guildhall.channels.actions.acting import plan  # it stands above the adapters

        lift = Act(verb, act.space_id, account_id=act.account_id, params=((LIFTS, at.isoformat()),))
        effect = plan(lift, cause=f"term of {act.verb.value}", actor=ACTOR)
        key = f"telegram.lift:{verb.value}:{act.space_id}:{act.account_id}:{at:%Y%m%d%H%M%S}"
        effects.enqueue(replace(effect, due_at=at, unique_key=key, order_key=""))

    return record


def is_due(act: Act) -> bool:
    """Whether a lifting act still lifts what it was planned for; every other act is due."""
    said = params_of(act).get(LIFTS)
    if said is None:
        return True
    return SpaceMember.objects.filter(
        space_id=act.space_id, account_id=act.account_id, until=datetime.fromisoformat(said)
    ).exists()
