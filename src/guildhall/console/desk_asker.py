"""Who asked, beside their ticket: as much of them as this reader may see, where else they are, what they
asked before, what the guard knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guildhall.channels.models import SpaceMember
from guildhall.desk import scope, showing
from guildhall.desk.models import Ticket
from guildhall.guard.models import Case
from guildhall.people.masking import Identity
from guildhall.people.models import Account, Staff

TICKETS, SPACES, CASES = 6, 5, 3


@dataclass(frozen=True, slots=True)
class Past:
    """A ticket of the same person."""

    ticket: Ticket
    subject: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked. `earlier` counts their other tickets this reader may see, up to a few more than shown."""

    identity: Identity
    accounts: Sequence[Account]
    memberships: Sequence[SpaceMember]
    past: Sequence[Past]
    has_more: bool
    cases: Sequence[Case]
    may_open: bool
    note: str

    @property
    def strikes(self) -> int:
        return sum(one.strikes for one in self.memberships)


def asker(ticket: Ticket, reader: Staff) -> Asker:
    """The picture of who asked for this reader."""
    eyes = showing.for_reader(reader)
    is_ours = not eyes.masked
    accounts = _accounts(ticket) if is_ours else []
    past, has_more = _past(ticket, reader, eyes)
    return Asker(
        identity=eyes.identity(ticket),
        accounts=accounts,
        memberships=_memberships(accounts),
        past=past,
        has_more=has_more,
        cases=_cases(accounts) if is_ours and reader.may("cases.view") else (),
        may_open=is_ours and reader.may("members.view") and ticket.member_id is not None,
        note=ticket.member.note if is_ours and ticket.member is not None else "",
    )


def _accounts(ticket: Ticket) -> list[Account]:
    if ticket.member_id is not None:
        return list(Account.objects.filter(member_id=ticket.member_id).order_by("pk")[:10])
    return [ticket.account] if ticket.account is not None else []


def _memberships(accounts: Sequence[Account]) -> list[SpaceMember]:
    if not accounts:
        return []
    found = SpaceMember.objects.filter(account__in=[one.pk for one in accounts]).exclude(
        space__kind="private"
    )
    return list(found.select_related("space").order_by("-message_count", "pk")[:SPACES])


def _past(ticket: Ticket, reader: Staff, eyes: showing.Showing) -> tuple[list[Past], bool]:
    if ticket.member_id is None and ticket.account_id is None:
        return [], False
    found = scope.tickets_for(reader).exclude(pk=ticket.pk)
    if ticket.member_id is not None:
        found = found.filter(member_id=ticket.member_id)
    else:
        found = found.filter(account_id=ticket.account_id)
    rows = list(found.order_by("-id")[: TICKETS + 1])
    for one in rows:
        one.account, one.member = ticket.account, ticket.member
    return [Past(one, eyes.subject(one)) for one in rows[:TICKETS]], len(rows) > TICKETS


def _cases(accounts: Sequence[Account]) -> list[Case]:
    if not accounts:
        return []
    found = Case.objects.filter(account__in=[one.pk for one in accounts]).select_related("message", "space")
    return list(found.order_by("-id")[:CASES])
