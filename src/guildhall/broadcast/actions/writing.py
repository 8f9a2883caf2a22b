"""Writing a broadcast: made, changed, copied, put away. Every change is a new version; none is overwritten.

A change after approval takes the approval away: what waits is proposed anew, what was scheduled is a draft
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from guildhall.broadcast.actions import proposing
from guildhall.broadcast.audience import Audience, parse_audience
from guildhall.broadcast.content import Content, parse_content
from guildhall.broadcast.models import Broadcast, Version
from guildhall.broadcast.timing import Schedule, parse_schedule
from guildhall.compliance.acts import Act, parse_act
from guildhall.core import approvals, audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text

LONGEST_NAME = 120
TRIAL = "trial"
"""Subject of a copy made to look at it in one place."""
State = Broadcast.State


@dataclass(frozen=True, slots=True)
class Written:
    """Everything one version of a broadcast is."""

    act: Act
    content: Content
    audience: Audience
    schedule: Schedule

    @classmethod
    def of(cls, version: Version) -> Written:
        """What a stored version is."""
        return cls(
            parse_act(version.act),
            parse_content(version.content),
            parse_audience(version.audience),
            parse_schedule(version.schedule),
        )

    def columns(self) -> dict[str, Any]:
        return {
            "act": self.act.value,
            "content": self.content.to_json(),
            "audience": self.audience.to_json(),
            "schedule": self.schedule.to_json(),
        }


def create(name: str, written: Written, by: str, *, origin: str = "", subject: str = "") -> Broadcast:
    """Write a new draft. Raises BadInput."""
    with transaction.atomic():
        one = Broadcast.objects.create(
            name=_named(name), origin=origin, subject=subject, created_by=by, changed_at=clock.now()
        )
        Version.objects.create(broadcast=one, number=1, by=by, at=clock.now(), **written.columns())
        audit.record(by, "broadcast.written", f"broadcast:{one.id}", {"version": 1, "origin": origin})
    return one


def rewrite(broadcast_id: str, name: str, written: Written, by: str, *, read: int = 0) -> Broadcast:
    """Change what it says, to whom or when. `read`: the version the change was made from (0: any).

    Raises NotFound, BadInput, Conflict when somebody changed it meanwhile or it was sent or put away.
    """
    with transaction.atomic():
        one = locked(broadcast_id)
        if one.state in (State.ENDED, State.DISCARDED):
            raise Conflict(
                Text(
                    "It was sent or put away; copy it to say it again.",
                    "该群发已发送或已作废；如需再次发送，请复制一份。",
                ),
                code="closed",
            )
        if read and read != one.version:
            raise _changed()
        current = version_of(one)
        one.name = _named(name)
        columns = written.columns()
        if any(getattr(current, column) != value for column, value in columns.items()):
            one.version += 1
            fresh = Version.objects.create(
                broadcast=one, number=one.version, by=by, at=clock.now(), **columns
            )
            _take_approval_away(one, fresh, by)
            audit.record(by, "broadcast.written", f"broadcast:{one.id}", {"version": one.version})
        one.changed_at = clock.now()
        one.save()
    return one


def copy(broadcast_id: str, by: str) -> Broadcast:
    """The same as a new draft. Raises NotFound."""
    one = find(broadcast_id)
    return create(one.name, Written.of(version_of(one)), by)


def try_out(broadcast_id: str, space_id: str, by: str) -> Broadcast:
    """A copy of it for one space only, such as the team's own group, ready to be let go. Raises NotFound."""
    one = find(broadcast_id)
    written = Written.of(version_of(one))
    name = f"{one.name[: LONGEST_NAME - 12]} (test · 测试)"
    return create(
        name,
        Written(written.act, written.content, Audience(include=(space_id,)), Schedule()),
        by,
        subject=TRIAL,
    )


def discard(broadcast_id: str, by: str) -> Broadcast:
    """Put it away: nothing of it is sent any more. Raises NotFound, Conflict when it was sent."""
    with transaction.atomic():
        one = locked(broadcast_id)
        if one.state == State.DISCARDED:
            return one
        if one.state == State.ENDED:
            raise Conflict(Text("It was sent already.", "该群发已发送。"), code="closed")
        _close_proposal(one, by)
        one.state, one.next_at, one.changed_at = State.DISCARDED, None, clock.now()
        one.save()
        audit.record(by, "broadcast.discarded", f"broadcast:{one.id}")
    return one


def find(broadcast_id: str) -> Broadcast:
    """A broadcast by id. Raises NotFound."""
    one = Broadcast.objects.filter(pk=broadcast_id).first() if is_id(broadcast_id) else None
    if one is None:
        raise NotFound(Text("There is no such broadcast.", "不存在该群发。"))
    return one


def locked(broadcast_id: str) -> Broadcast:
    """As `find`, its row held to the end of the transaction."""
    rows = Broadcast.objects.select_for_update().filter(pk=broadcast_id) if is_id(broadcast_id) else None
    one = rows.first() if rows is not None else None
    if one is None:
        raise NotFound(Text("There is no such broadcast.", "不存在该群发。"))
    return one


def version_of(one: Broadcast) -> Version:
    """The version that counts now."""
    return Version.objects.get(broadcast=one, number=one.version)


def check_read(one: Broadcast, read: int) -> None:
    """Raises Conflict when `read` is not the version that counts now."""
    if read != one.version:
        raise _changed()


def _changed() -> Conflict:
    return Conflict(
        Text(
            "Somebody changed it after you read it. Read it again.", "您阅读之后该群发已被修改，请重新查看。"
        ),
        code="content_changed",
    )


def _named(name: str) -> str:
    found = " ".join(name.replace("\x00", "").split())
    if not found or len(found) > LONGEST_NAME:
        raise BadInput(
            Text(
                f"Give it a name of at most {LONGEST_NAME} characters.",
                f"请填写名称，最多 {LONGEST_NAME} 个字符。",
            ),
            field="name",
        )
    return found


def _take_approval_away(one: Broadcast, fresh: Version, by: str) -> None:
    if one.state == State.WAITING:
        open_one = approvals.Proposal.objects.filter(pk=one.proposal, state__in=approvals.OPEN).exists()
        if open_one:
            approvals.edit(one.proposal, proposing.payload(one, fresh, Written.of(fresh)), by)
            return
    one.state, one.next_at, one.proposal = State.DRAFT, None, ""


def _close_proposal(one: Broadcast, by: str) -> None:
    """A proposal nobody decided on would go on asking for a decision."""
    waiting = approvals.Proposal.objects.filter(pk=one.proposal, state__in=approvals.OPEN).first()
    if waiting is None:
        return
    if waiting.proposed_by == by:
        approvals.withdraw(waiting.id, by)
    else:
        approvals.reject(waiting.id, by)
