"""Giving tickets to people: one by hand or by rule, those that wait, those of somebody who went home; and
what each agent takes.

`assigning` decides, this file reads who is there, writes, and says why on the ticket. A ticket nobody can
take waits in the queue; when it has waited longer than the house's patience, somebody owns it all the same:
whoever is on duty although full, then whoever is on call, then who leads, and then the house is told loudly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from guildhall.core import clock
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.core.log import get_logger
from guildhall.core.text import Text
from guildhall.desk import on_hand, queueing
from guildhall.desk.actions import tickets
from guildhall.desk.assigning import Choice, Team, choose, told
from guildhall.desk.models import AgentProfile, Entry, Ticket
from guildhall.desk.speech import tongue

SYSTEM = "system:desk"
MOST_AT_ONCE = 60
_LOOKED_AT = 400
_logger = get_logger(__name__)
_STANDS_IN = Text("nobody is on duty: leads the team", "无人值班：团队负责人代管")
_NO_VENDOR = Text("nobody of the vendor is on duty", "外包商无人值班")
_NAMED = Text("named in the handover", "交班时指定")


def assign_best(ticket_id: str, by: str, exclude: Collection[int] = (), *, must: bool = True) -> Choice:
    """Give a ticket to whoever suits it best now, `exclude` (staff ids) left out; returns who and why.

    must: somebody has to own it, as when an escalation hands it on. Raises NotFound.
    """
    now = clock.now()
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
        if ticket is None:
            raise NotFound(Text("There is no such ticket.", "不存在该工单。"))
        return Round(now).give(ticket, by=by, exclude=exclude, must=must)


def take_waiting(now: datetime, most: int = MOST_AT_ONCE) -> int:
    """Give out tickets nobody owns, the most pressing first; returns how many. Called by the ticker.

    A ticket may wait for room as long as the house's patience lasts. At a change of shift nothing stays
    behind: what was there before the last one gets an owner now, asleep or pending or not.
    """
    found = list(queueing.in_order(_unowned())[:_LOOKED_AT])
    if not found:
        return 0
    turned = on_hand.last_turn(now)
    round_, given = Round(now), 0
    patience = timedelta(seconds=on_hand.rules().patience_s)
    for ticket in found:
        waited = now - max(one for one in (ticket.waiting_since, ticket.opened_at) if one is not None)
        left_behind = turned is not None and ticket.opened_at < turned
        must = left_behind or waited >= patience
        if given >= most:
            break
        if not left_behind and not _is_awake(ticket, now):
            continue
        if not must and not round_.has_room(ticket):
            continue
        try:
            given += _take(ticket.pk, round_, must)
        except GuildhallError as error:
            # Somebody left or lost a right between two reads: the next look sees it.
            _logger.info("desk.not_assigned", ticket=ticket.pk, reason=str(error))
    return given


def _take(ticket_id: str, round_: Round, must: bool) -> bool:
    with transaction.atomic():
        rows = Ticket.objects.select_for_update().filter(pk=ticket_id, assignee=None)
        fresh = rows.first()
        if fresh is None or not fresh.is_open:
            return False
        back = _given_back_by(fresh)
        choice = round_.give(fresh, by=SYSTEM, exclude=back, must=False) if back else None
        if choice is None or choice.staff_id is None:
            choice = round_.give(fresh, by=SYSTEM, must=must)
        return choice.staff_id is not None


def _given_back_by(ticket: Ticket) -> set[int]:
    """Who gave it back to the queue: somebody else is asked first."""
    said = Entry.objects.filter(ticket=ticket, kind=Entry.Kind.SYSTEM, data__what="assigned").order_by("-id")
    last = said.values_list("data", flat=True).first() or {}
    return {int(last["from"])} if last.get("to") is None and last.get("from") else set()


def _unowned() -> QuerySet[Ticket]:
    return Ticket.objects.filter(assignee=None, merged_into=None, is_spam=False, status__in=on_hand.OPEN)


def _is_awake(ticket: Ticket, now: datetime) -> bool:
    """Whether somebody has to look at it now."""
    asleep = ticket.snoozed_until is not None and ticket.snoozed_until > now
    return ticket.status == Ticket.Status.OPEN and not asleep


class Round:
    """Several tickets given out one after the other: who is there is read once, each ticket given counts."""

    def __init__(self, at: datetime, here: dict[int, on_hand.Present] | None = None) -> None:
        self.at = at
        self.team = Team(on_hand.agents(at, here=here))
        self._leads: dict[str | None, Team] = {}
        self._full: set[tuple[str | None, str]] = set()

    def has_room(self, ticket: Ticket) -> bool:
        """Whether it is worth asking: nobody of its side had room for its language a moment ago."""
        key = (ticket.vendor_id, tongue(ticket.language))
        if (
            key not in self._full
            and choose(on_hand.wanted_of(ticket), self.team.agents, at=self.at).staff_id is None
        ):
            self._full.add(key)
        return key not in self._full

    def anybody(self, vendor_id: str | None) -> bool:
        """Whether somebody who may take this side's tickets is at their desk or on call: a vendor's own, or
        ours for want of them.
        """
        return any(one.vendor_id in (vendor_id, None) for one in self.team.agents)

    def on_shift(self, vendor_id: str | None) -> bool:
        """Whether somebody of this side is at their desk."""
        return any(one.vendor_id == vendor_id and not one.on_call for one in self.team.agents)

    def give(
        self,
        ticket: Ticket,
        *,
        by: str,
        exclude: Collection[int] = (),
        must: bool,
        named: int | None = None,
    ) -> Choice:
        """Give one (locked) ticket; `named`: who the handover says, if they can take it. In a transaction."""
        choice = self.pick(ticket, exclude=exclude, must=must, named=named)
        if choice.staff_id is not None and choice.staff_id != ticket.assignee_id:
            tickets.assign(ticket.pk, choice.staff_id, by, told(choice.why))
            AgentProfile.objects.update_or_create(staff_id=choice.staff_id, defaults={"given_at": self.at})
        return choice

    def pick(
        self, ticket: Ticket, *, exclude: Collection[int] = (), must: bool, named: int | None = None
    ) -> Choice:
        """Who gets it, remembered for the next one; nothing is written."""
        wanted = on_hand.wanted_of(ticket, exclude=exclude)
        if named is not None and self._could(named, ticket, exclude):
            self._count(named)
            return Choice(named, (_NAMED,))
        choice = self.team.give(wanted, self.at, must=must)
        if choice.staff_id is not None or not must:
            return choice
        if ticket.vendor_id is not None:
            own = self.team.give(replace(wanted, vendor_id=None), self.at, must=True)
            if own.staff_id is not None:
                return Choice(own.staff_id, (_NO_VENDOR, *own.why), own.over)
        for side in dict.fromkeys((ticket.vendor_id, None)):
            found = self._stand_ins(side).give(replace(wanted, vendor_id=side), self.at, must=True)
            if found.staff_id is not None:
                return Choice(found.staff_id, (_STANDS_IN,), found.over)
        return choice

    def _stand_ins(self, vendor_id: str | None) -> Team:
        if vendor_id not in self._leads:
            self._leads[vendor_id] = Team(on_hand.leads(self.at, vendor_id))
        return self._leads[vendor_id]

    def stands_in(self, staff_id: int, vendor_id: str | None) -> bool:
        """Whether this person answers for a side while nobody is on duty."""
        sides: Iterable[str | None] = dict.fromkeys((vendor_id, None))
        return any(one.staff_id == staff_id for side in sides for one in self._stand_ins(side).agents)

    def _could(self, staff_id: int, ticket: Ticket, exclude: Collection[int]) -> bool:
        return staff_id not in exclude and any(
            one.staff_id == staff_id and one.vendor_id == ticket.vendor_id and one.available
            for one in self.team.agents
        )

    def _count(self, staff_id: int) -> None:
        self.team.agents = [
            replace(one, open_now=one.open_now + 1, given_lately=one.given_lately + 1)
            if one.staff_id == staff_id
            else one
            for one in self.team.agents
        ]
