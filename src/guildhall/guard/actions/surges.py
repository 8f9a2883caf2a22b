"""Many reactions given or people added by one account in a short time: counted as they come, told to staff
once, and answered with a restriction where the space's policy weighs the rule enough.

Its weight under the policy decides, as for a message: from `review` on it is put before a person, from
`delete` on the account is restricted for the policy's time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, GuildhallError, NotFound
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.guard import policies
from guildhall.guard.actions.by_hand import Hand, take_measure, undo_measure
from guildhall.guard.models import Conduct, HandMeasure, Surge
from guildhall.guard.policy.comparing import effective_weight
from guildhall.guard.types import Mode
from guildhall.people.models import Account

ACTOR = "system:guard"
REACTIONS, INVITES = "FLOOD-4", "FLOOD-5"
_WINDOW = {REACTIONS: timedelta(seconds=60), INVITES: timedelta(minutes=10)}
_MOST = {REACTIONS: 20, INVITES: 12}
_AGAIN = timedelta(hours=1)
"""The same account and rule make one row in so long."""
_COLUMNS = {REACTIONS: ("reacted", "reacted_since"), INVITES: ("invited", "invited_since")}
State = Surge.State


def note_reactions(rows: Iterable[tuple[str, str, datetime]]) -> None:
    """Count (space, account, when) of reactions given, in the caller's transaction."""
    _count(REACTIONS, rows)


def note_invites(rows: Iterable[tuple[str, str, datetime]]) -> None:
    """Count (space, account, when) of people whom the account brought in, in the caller's transaction."""
    _count(INVITES, rows)


def uphold_surge(surge_id: str, by: str) -> Surge:
    """It was a flood: the account is restricted for the policy's time, unless it is already. Raises NotFound,
    Conflict.
    """
    with transaction.atomic():
        surge = _locked(surge_id)
        if surge.state == State.UPHELD:
            return surge
        if surge.state == State.UNDONE:
            raise Conflict(Text("This was found fine already.", "已判定为正常。"), code="surge_decided")
        if surge.measure_id is None:
            _restrict(surge, by)
        return _close(surge, State.UPHELD, by)


def undo_surge(surge_id: str, by: str) -> Surge:
    """It was none: a restriction because of it is lifted. Twice is the same as once. Raises NotFound."""
    with transaction.atomic():
        surge = _locked(surge_id)
        if surge.state == State.UNDONE:
            return surge
        if surge.measure_id is not None:
            undo_measure(surge.measure_id, by)
        return _close(surge, State.UNDONE, by)


def _count(rule: str, rows: Iterable[tuple[str, str, datetime]]) -> None:
    counted = Counter((space, account) for space, account, _ in rows)
    if not counted:
        return
    now, window = clock.now(), _WINDOW[rule]
    number, since = _COLUMNS[rule]
    known = {
        (one.space_id, one.account_id): one
        for one in Conduct.objects.select_for_update()
        .filter(account_id__in={account for _, account in counted})
        .order_by("id")
    }
    for (space, account), n in sorted(counted.items()):
        row = known.get((space, account))
        if row is None:
            row, _ = Conduct.objects.get_or_create(
                space_id=space, account_id=account, defaults={"heat_at": now}
            )
        began = getattr(row, since)
        total = n if began is None or now - began > window else getattr(row, number) + n
        setattr(row, number, total)
        if total == n:
            setattr(row, since, now)
        row.save(update_fields=[number, since])
        if total > _MOST[rule]:
            _surge(rule, space, account, total, now)


def _surge(rule: str, space_id: str, account_id: str, count: int, now: datetime) -> None:
    """One row for one flood; its count grows while it goes on."""
    policy = policies.active_for(space_id)
    weight = effective_weight(policy, rule)
    if weight < policy.thresholds.review or _is_ours(account_id):
        return
    known = Surge.objects.filter(
        account_id=account_id, space_id=space_id, rule=rule, at__gte=now - _AGAIN
    ).first()
    if known is not None:
        if count > known.count:
            Surge.objects.filter(pk=known.pk).update(count=count)
        return
    surge = Surge.objects.create(
        space_id=space_id, account_id=account_id, rule=rule, count=count,
        seconds=int(_WINDOW[rule].total_seconds()), at=now,
    )  # fmt: skip
    audit.record(
        ACTOR, "surge.found", f"account:{account_id}", {"surge": surge.id, "rule": rule, "count": count}
    )
    webhooks.announce("surge.found", {"surge": surge.id, "rule": rule, "space": space_id})
    if policy.mode is Mode.ACT and weight >= policy.thresholds.delete:
        try:
            with transaction.atomic():
                _restrict(surge, ACTOR)
        except GuildhallError:
            # Nobody to restrict (an administrator), or a platform that cannot: it waits for a person.
            surge.measure = None
        surge.save(update_fields=["measure"])


def _restrict(surge: Surge, by: str) -> None:
    wanted = Hand(
        HandMeasure.Kind.MUTE,
        surge.space_id,
        surge.account_id,
        by,
        via=HandMeasure.Via.LADDER if by == ACTOR else HandMeasure.Via.CONSOLE,
        seconds=policies.active_for(surge.space_id).restrict_s,
        key=f"surge:{surge.id}",
    )
    surge.measure = take_measure(wanted).measure


def _is_ours(account_id: str) -> bool:
    found = Account.objects.filter(pk=account_id).first()
    return found is None or found.is_staff or found.staff_id is not None


def _close(surge: Surge, state: Surge.State, by: str) -> Surge:
    surge.state, surge.decided_at, surge.decided_by = state, clock.now(), by
    surge.save()
    audit.record(by, f"surge.{state.value}", f"account:{surge.account_id}", {"surge": surge.id})
    return surge


def _locked(surge_id: str) -> Surge:
    surge = Surge.objects.select_for_update(of=("self",)).filter(pk=surge_id).first()
    if surge is None:
        raise NotFound(Text("There is no such flood.", "不存在该刷屏记录。"))
    return surge
