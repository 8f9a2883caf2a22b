"""What still holds somebody down in a space: cases, measures by hand and gates that call for a restriction
or a ban and have neither ended nor been undone or lifted.

Whatever takes one of them back asks here first, so that undoing one does not free somebody whom another
still holds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.core import clock
from guildhall.guard import records
from guildhall.guard.models import Case, GateAttempt, HandMeasure, Raid, RaidNewcomer
from guildhall.guard.types import Measure

Kind = HandMeasure.Kind
BY_HAND = {Measure.RESTRICT: Kind.MUTE, Measure.BAN: Kind.BAN}
LIFTED_BY = {Measure.RESTRICT: Kind.UNMUTE, Measure.BAN: Kind.UNBAN}
_MOST = 50


@dataclass(frozen=True, slots=True)
class Hold:
    """Something that still holds; `until` None: until it is lifted."""

    until: datetime | None


def called_for(
    space_id: str,
    account_id: str,
    measure: Measure,
    *,
    without_cases: Collection[str] = (),
    without_measures: Collection[str] = (),
) -> Hold | None:
    """The longest hold of this kind on somebody in a space, leaving out what is just being taken back."""
    lifted = (
        HandMeasure.objects.filter(
            space_id=space_id, account_id=account_id, kind=LIFTED_BY[measure], undone_at__isnull=True
        )
        .exclude(pk__in=without_measures)
        .order_by("-id")
        .values_list("at", flat=True)
        .first()
    )
    ends = [
        *_by_cases(space_id, account_id, measure, without_cases, lifted),
        *_by_hand(space_id, account_id, measure, without_measures, lifted),
        *(_by_raid(space_id, account_id) if measure is Measure.RESTRICT else ()),
        *_by_gate(space_id, account_id, measure),
    ]
    now = clock.now()
    holding = [end for end in ends if end is None or end > now]
    if not holding:
        return None
    return Hold(None if None in holding else max(end for end in holding if end is not None))


def _by_cases(
    space_id: str, account_id: str, measure: Measure, without: Collection[str], lifted: datetime | None
) -> list[datetime | None]:
    cases = (
        Case.objects.filter(space_id=space_id, account_id=account_id)
        .exclude(pk__in=without)
        .exclude(state=Case.State.UNDONE)
        .exclude(enacted=[])
        .order_by("-id")[:_MOST]
    )
    ends: list[datetime | None] = []
    for case in cases:
        since = case.opened_at
        for action in records.enacted(case.enacted):
            if action.measure is measure and (lifted is None or since > lifted):
                ends.append(since + timedelta(seconds=action.duration_s) if action.duration_s else None)
    return ends


def _by_hand(
    space_id: str, account_id: str, measure: Measure, without: Collection[str], lifted: datetime | None
) -> list[datetime | None]:
    found = (
        HandMeasure.objects.filter(
            space_id=space_id, account_id=account_id, kind=BY_HAND[measure], undone_at__isnull=True
        )
        .exclude(pk__in=without)
        .order_by("-id")[:_MOST]
    )
    return [one.until for one in found if lifted is None or one.at > lifted]


def _by_gate(space_id: str, account_id: str, measure: Measure) -> list[datetime | None]:
    """A gate holds whoever stands at it until they answered, and whom it left to a person until one looks."""
    if measure is not Measure.RESTRICT:
        return []
    held = GateAttempt.objects.filter(space_id=space_id, account_id=account_id, held=True)
    return [None] if held.exists() else []


def _by_raid(space_id: str, account_id: str) -> list[datetime | None]:
    """Whoever came with a raid is held until it is over or somebody lets them go."""
    held = RaidNewcomer.objects.filter(
        account_id=account_id, raid__space_id=space_id, raid__state=Raid.State.ON, held=True, released_at=None
    )
    return [None] if held.exists() else []
