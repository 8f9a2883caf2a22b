"""Until when a measure holds on Discord, which silences for 28 days at most and knows no end of a ban: what
lasts longer is renewed, what ends is lifted, by an effect of ours that waits for the day.

What was changed meanwhile by a person stays: such an effect does nothing unless the member still stands as
the measure left them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guildhall.channels.models import SpaceMember
from guildhall.channels.port import Act, MemberState, Verb
from guildhall.effects import actions as effects

LONGEST = timedelta(days=28) - timedelta(minutes=10)
SHORTEST = timedelta(seconds=60)
EARLY = timedelta(hours=12)
"""A renewal comes so long before the end, so that an outage of ours lets nobody loose."""
STANDS = "stands_until"
ACTOR = "system:discord"
_NO_END = "none"


@dataclass(frozen=True, slots=True)
class Silence:
    """`at`: until when Discord is told; `renew_at`: when to tell it again, None when that is enough."""

    at: datetime
    renew_at: datetime | None = None


def silence(until: datetime | None, now: datetime) -> Silence | None:
    """A timeout that is to end at `until` (None: when somebody lifts it); None when it is over. Pure."""
    if until is not None and until <= now:
        return None
    if until is None or until - now > LONGEST:
        return Silence(now + LONGEST, now + LONGEST - EARLY)
    return Silence(max(until, now + SHORTEST))


def again(act: Act, verb: Verb, at: datetime | None) -> Callable[[], None] | None:
    """What to record with a measure so that `verb` follows at a time, if the member still stands so then."""
    if at is None:
        return None

    def record() -> None:
        from guildhall.channels.actions.acting import plan  # it stands above the adapters

        stands = act.until.isoformat() if act.until is not None else _NO_END
        until = act.until if verb is act.verb else None
        params = tuple(pair for pair in act.params if pair[0] != STANDS)
        follow = Act(
            verb, act.space_id, account_id=act.account_id, until=until, params=(*params, (STANDS, stands))
        )
        effect = plan(follow, cause=f"term of {act.verb.value}", actor=ACTOR)
        key = f"discord.term:{verb.value}:{act.space_id}:{act.account_id}:{at:%Y%m%d%H%M%S}"
        effects.enqueue(replace(effect, due_at=at, unique_key=key, order_key=""))

    return record


def is_due(act: Act) -> bool:
    """Whether an act that follows another still means what it was planned for; every other act is due."""
    said = dict(act.params).get(STANDS)
    if said is None:
        return True
    standing = SpaceMember.objects.filter(space_id=act.space_id, account_id=act.account_id)
    if act.verb is Verb.RESTRICT:
        standing = standing.filter(state=MemberState.RESTRICTED)
    if said == _NO_END:
        return standing.filter(until=None).exists()
    return standing.filter(until=datetime.fromisoformat(said)).exists()
