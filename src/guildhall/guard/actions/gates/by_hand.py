"""What a person does at a gate: let somebody in, turn them away, end a trial; and what others did elsewhere
that settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.guard.actions.gates import ending
from guildhall.guard.models import GateAttempt

State, Way = GateAttempt.State, GateAttempt.Way
NOT_HERE = Text("Nobody waits at the gate under this number any more.", "该成员已不在等待验证之列。")


def let_in(attempt_id: str, by: str) -> GateAttempt:
    """Let somebody in who waits, or free somebody a failed attempt keeps silent. Raises NotFound."""
    with transaction.atomic():
        attempt = _waiting(attempt_id)
        ending.pass_(attempt, attempt.space, by=by)
        return attempt


def turn_away(attempt_id: str, by: str) -> GateAttempt:
    """Turn somebody away who waits, or whom a failed attempt keeps silent. Raises NotFound."""
    with transaction.atomic():
        attempt = _waiting(attempt_id)
        ending.turn_away(attempt, attempt.space, by)
        return attempt


def let_everybody_in(space_id: str, by: str, most: int = 500) -> int:
    """Let in all who wait at a gate; returns how many."""
    with transaction.atomic():
        waiting = GateAttempt.objects.filter(space_id=space_id, state=State.WAITING).order_by("id")
        found = list(waiting.values_list("pk", flat=True)[:most])
        for attempt_id in found:
            let_in(attempt_id, by)
        return len(found)


def settled_elsewhere(space_id: str, account_ids: Collection[str], by: str, *, let_in: bool) -> int:
    """Somebody decided about people who wait here, on the platform or another page; returns about how many.
    Joins the caller's transaction.
    """
    found = GateAttempt.objects.select_related("space", "account").filter(
        space_id=space_id, account_id__in=list(account_ids)
    )
    open_ = list(found.filter(state=State.WAITING)) + list(
        found.filter(held=True).exclude(state=State.WAITING)
    )
    for attempt in open_:
        ending.settle_elsewhere(attempt, by, let_in=let_in)
    return len(open_)


def went_away(left: Sequence[tuple[str, str, datetime]]) -> int:
    """People left (space, account, when) while they waited; returns how many. A request to join is not
    withdrawn by it. Joins the caller's transaction.
    """
    if not left:
        return 0
    when = {(space, account): at for space, account, at in left}
    found = GateAttempt.objects.select_related("space", "account").filter(
        space_id__in={space for space, _ in when}, account_id__in={account for _, account in when},
        state=State.WAITING, way__in=(Way.JOINED, Way.FIRST),
    )  # fmt: skip
    gone = [one for one in found if (at := when.get((one.space_id, one.account_id))) and at >= one.came_at]
    ending.leave(gone)
    return len(gone)


def _waiting(attempt_id: str) -> GateAttempt:
    attempt = ending.locked(attempt_id)
    if attempt is None or (attempt.state != State.WAITING and not attempt.held):
        raise NotFound(NOT_HERE)
    return attempt
