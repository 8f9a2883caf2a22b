"""What happens by itself when shifts end: notes are opened in time, whoever went home without writing is
written for, every open ticket gets an owner on duty, and what nobody accepts is told loudly.

All of it looks at how things stand, never at what it did last: after a pause, a crash or a second ticker the
next look does what is left, and nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from guildhall.core import audit
from guildhall.core.text import Text
from guildhall.desk import on_hand
from guildhall.desk.actions import handover
from guildhall.desk.actions.assigning import MOST_AT_ONCE, SYSTEM, Round
from guildhall.desk.handover import facts, parts, queries
from guildhall.desk.models import Handover, HandoverAction, HandoverLine, Ticket
from guildhall.effects import webhooks
from guildhall.paging.actions import raise_page, resolve_by_key
from guildhall.paging.kinds import Severity
from guildhall.paging.models import Page, PageState
from guildhall.people.models import Staff
from guildhall.work.duty import queries as duty
from guildhall.work.models import DutyKind

UNSTAFFED = "desk.nobody_on_duty"
LATELY = timedelta(hours=24)
"""A shift that ended longer ago is no reason to write a note."""
State = Handover.State
_UNSTAFFED_TITLE = Text("Nobody is on duty for open tickets", "有未结工单，但无人值班")
_UNSTAFFED_BODY = Text(
    "{n} open tickets belong to nobody on duty. Plan a shift, or have somebody say that they are here.",
    "{n} 张未结工单无值班负责人。请安排排班，或请同事在收件箱标记在岗。",
)
_UNACCEPTED_TITLE = Text("A handover waits for somebody to accept it", "有交班记录尚未接班确认")
_UNACCEPTED_BODY = Text(
    "{n} tickets, {severity}. Accept it with a reading back, or find somebody who does.",
    "涉及 {n} 张工单，{severity}。请复述确认接班，或安排他人接班。",
)
_SEVERITY = {
    parts.STABLE: Text("calm", "平稳"),
    parts.WATCH: Text("needs watching", "需关注"),
    parts.CRITICAL: Text("critical", "严重"),
}
_SAID_BY_HOUSE = Text(
    "Written by the house from facts: {name} went home without writing it. {counted}",
    "由系统根据事实生成：{name} 下班前未填写。{counted}",
)


def open_notes(now: datetime) -> int:
    """Open the note of everybody who goes home soon and owns open tickets; returns how many are new."""
    soon = now + timedelta(minutes=on_hand.rules().write_before_min)
    ending = [
        one
        for one in on_hand.present(now).values()
        if one.ends_at is not None and one.ends_at <= soon and not one.on_call
    ]
    owners = _owners([one.staff_id for one in ending])
    known = set(
        Handover.objects.filter(
            staff__in=owners, shift__in=[one.shift_id for one in ending if one.shift_id]
        ).values_list("staff_id", "shift")
    )
    opened = 0
    for one in ending:
        if one.staff_id not in owners or (one.staff_id, one.shift_id) in known:
            continue
        ends_at = duty.shift_end(one.staff_id, now) or one.ends_at
        if ends_at is None or ends_at > soon:
            continue
        if not one.shift_id and Handover.objects.filter(staff=one.staff_id, state=State.DRAFT).exists():
            continue
        staff = Staff.objects.get(pk=one.staff_id)
        handover.open_note(staff, one.shift_id, ends_at, by=SYSTEM)
        opened += 1
    return opened


def hand_back(now: datetime, most: int = MOST_AT_ONCE) -> int:
    """Give the open tickets of everybody who is not on duty to somebody who is; returns how many moved.

    Somebody on call, or who leads while nobody is on duty, keeps theirs until somebody comes.
    """
    here = on_hand.present(now)
    working = {pk for pk, one in here.items() if not one.on_call}
    gone = _owners(None) - working
    _close_drafts(now, working, gone)
    if not gone:
        return 0
    round_, moved = Round(now, here), 0
    for staff_id in sorted(gone):
        if moved >= most:
            break
        moved += _hand_back_of(staff_id, round_, on_call=staff_id in here, most=most - moved)
    return moved


def escalate_unaccepted(now: datetime) -> int:
    """Page for notes that waited too long for their receiver; returns how many."""
    late = Handover.objects.filter(state=State.GIVEN, accept_by__lte=now, escalated_at=None).order_by(
        "accept_by"
    )
    told = 0
    for pk in list(late.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with transaction.atomic():
            note = Handover.objects.select_for_update(of=("self",)).filter(pk=pk).first()
            if note is None or note.state != State.GIVEN or note.escalated_at is not None:
                continue
            note.escalated_at = now
            note.save(update_fields=["escalated_at"])
            said = _SEVERITY[note.severity]
            n = note.lines.count()
            raise_page(
                handover.UNACCEPTED,
                _UNACCEPTED_TITLE,
                by=SYSTEM,
                severity=Severity.CRITICAL if note.severity == parts.CRITICAL else Severity.WARNING,
                body=Text(
                    _UNACCEPTED_BODY.en.format(n=n, severity=said.en),
                    _UNACCEPTED_BODY.zh.format(n=n, severity=said.zh),
                ),
                link=f"/handovers/{note.pk}/",
                dedupe_key=f"{handover.UNACCEPTED}:{note.pk}",
            )
            audit.record(SYSTEM, "handover.escalated", f"handover:{note.pk}", {"tickets": n})
            webhooks.announce("handover.escalated", {"handover": note.pk, "staff": note.staff_id})
            told += 1
    return told


def watch_staffing(now: datetime) -> int:
    """Tell the house while open tickets belong to nobody on duty; returns how many such tickets there are."""
    here = on_hand.present(now)
    patience = now - timedelta(seconds=on_hand.rules().patience_s)
    still_new = Q(assignee=None, opened_at__gt=patience) | Q(assignee=None, waiting_since=None)
    lost = _open().exclude(assignee__in=list(here)).exclude(still_new).count()
    raised = Page.objects.filter(dedupe_key=UNSTAFFED).exclude(state=PageState.RESOLVED).exists()
    if lost and not raised:
        raise_page(
            UNSTAFFED,
            _UNSTAFFED_TITLE,
            by=SYSTEM,
            body=_UNSTAFFED_BODY.format(n=lost),
            link="/duty/",
            dedupe_key=UNSTAFFED,
        )
    elif raised and not lost:
        resolve_by_key(UNSTAFFED, SYSTEM)
    return lost


def _open() -> QuerySet[Ticket]:
    return Ticket.objects.filter(status__in=facts.OPEN, merged_into=None, is_spam=False)


def _owners(among: Iterable[int] | None) -> set[int]:
    """Who owns open tickets."""
    owned = _open().filter(assignee__isnull=False)
    if among is not None:
        owned = owned.filter(assignee__in=list(among))
    return {pk for pk in owned.order_by().values_list("assignee", flat=True).distinct() if pk is not None}


def _close_drafts(now: datetime, working: set[int], gone: set[int]) -> None:
    """Notes whose writer went home with nothing left to hand over: given if they wrote in it, else void."""
    over = Handover.objects.filter(state=State.DRAFT, ends_at__lte=now).exclude(staff__in=working | gone)
    for pk in list(over.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with transaction.atomic():
            note = Handover.objects.select_for_update(of=("self",)).filter(pk=pk, state=State.DRAFT).first()
            if note is None:
                continue
            if note.revision:
                _give_by_house(note)
                continue
            note.state = State.VOID
            note.save(update_fields=["state"])
            audit.record(SYSTEM, "handover.voided", f"handover:{note.pk}")


def _hand_back_of(staff_id: int, round_: Round, *, on_call: bool, most: int) -> int:
    """Move what one person who is not working owns; returns how many moved."""
    mine = facts.open_tickets(staff_id)
    stuck = [one for one in mine if _keeps(staff_id, one.vendor_id, round_, on_call)]
    free = {one.pk for one in mine} - {one.pk for one in stuck}
    if not free:
        return 0
    with transaction.atomic():
        note = _note_of(staff_id, round_.at)
        if note is not None and note.state == State.DRAFT:
            _give_by_house(note)
        lines = {one.ticket_id: one for one in note.lines.all()} if note is not None else {}
        moved = 0
        rows = Ticket.objects.select_for_update(of=("self",)).filter(pk__in=free, assignee_id=staff_id)
        for ticket in rows.order_by("number")[:most]:
            moved += _give_on(ticket, note, lines.get(ticket.pk), round_, staff_id)
    return moved


def _give_on(
    ticket: Ticket, note: Handover | None, line: HandoverLine | None, round_: Round, staff_id: int
) -> bool:
    """Give one ticket of somebody who went home to whoever comes next; whether somebody has it now."""
    named = (line.to_staff_id if line is not None else None) or (
        note.to_staff_id if note is not None else None
    )
    choice = round_.give(ticket, by=SYSTEM, exclude={staff_id}, must=True, named=named)
    if choice.staff_id is None:
        return False
    if note is not None:
        if line is None:
            line = HandoverLine(handover=note, ticket=ticket)
        line.to_staff_id = choice.staff_id
        line.save()
    return True


def _keeps(staff_id: int, vendor_id: str | None, round_: Round, on_call: bool) -> bool:
    """Whether nobody better than this person is there for a side."""
    if round_.on_shift(vendor_id):
        return False
    if on_call:
        return True
    return not round_.anybody(vendor_id) and round_.stands_in(staff_id, vendor_id)


def _note_of(staff_id: int, now: datetime) -> Handover | None:
    """The note of the shift somebody has just ended, opened if need be; None when they had no shift."""
    found = (
        Handover.objects.select_for_update(of=("self",))
        .filter(
            staff=staff_id, state__in=(State.DRAFT, State.GIVEN, State.ACCEPTED), ends_at__gte=now - LATELY
        )
        .order_by("-ends_at")
        .first()
    )
    ended = [
        one
        for one in duty.shifts(now - LATELY, now, staff=staff_id, kind=DutyKind.SHIFT)
        if one.starts_at <= now
    ]
    if not ended:
        return found
    last = max(ended, key=lambda one: one.ends_at)
    if found is not None and (found.shift in ("", last.shift_id) or found.state == State.DRAFT):
        return found
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None:
        return found
    return handover.open_note(staff, last.shift_id, min(last.ends_at, now), by=SYSTEM)


def _give_by_house(note: Handover) -> None:
    """Give a note its writer did not give: as far as they came, the rest from facts."""
    handover.take_in(note)
    now_open = facts.as_they_stand(facts.open_tickets(note.staff_id))
    drafted = parts.first_draft(now_open, note.ends_at, [], note.staff.language)
    have = {one.ticket_id for one in note.actions.all()}
    HandoverAction.objects.bulk_create(
        HandoverAction(
            handover=note, ticket_id=one.ticket_id or None, text=one.text, due_at=one.due_at or note.ends_at
        )
        for one in drafted.actions
        if one.ticket_id not in have
    )
    worst = parts.worst([note.severity, *note.lines.values_list("severity", flat=True)])
    said = _SAID_BY_HOUSE.format(name=note.staff.name, counted="")
    if note.revision == 0 or not parts.says_something(note.summary):
        language = note.staff.language
        note.summary = f"{said.for_language(language)}{drafted.summary}"
    note.severity = worst
    whole = queries.as_note(note)
    note.nothing_to_do, note.nothing_to_watch = not whole.actions, not whole.watches
    note.by_house = True
    handover.given(note, SYSTEM)
