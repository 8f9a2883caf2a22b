"""Notes of handovers: opened and filled from facts, written, given, accepted with a reading back, and what is
done of their actions. What happens by itself when a shift ends is in `shift_change`.

A note names tickets and people by id; what it says in words stays in its own row and goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from guildhall.channels.text import clean, one_line
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.desk import on_hand, scope
from guildhall.desk.actions.assigning import Round
from guildhall.desk.handover import facts, parts, queries
from guildhall.desk.handover.parts import Action, Missing, Note, Watch
from guildhall.desk.models import Handover, HandoverAction, HandoverLine, Ticket
from guildhall.effects import webhooks
from guildhall.paging.actions import resolve_by_key
from guildhall.people.models import Staff

SYSTEM = "system:desk"
UNACCEPTED = "desk.handover_unaccepted"
_MOST_TEXT, _MOST_LINE, _MOST_ROWS = 6000, 300, 40
State = Handover.State


class Unfinished(BadInput):
    """A note, or a reading back, lacks a part; `missing` says which."""

    def __init__(self, lacking: Sequence[Missing]) -> None:
        first = lacking[0]
        super().__init__(first.text, field=first.part, code="unfinished")
        self.missing = list(lacking)


@dataclass(frozen=True, slots=True)
class Written:
    """A note as its writer sends it. `lines`: (severity, word) by ticket id; tickets not named stay as they
    were. to_staff: the receiver, None for whoever comes.
    """

    severity: str
    summary: str
    actions: tuple[Action, ...] = ()
    watches: tuple[Watch, ...] = ()
    lines: dict[str, tuple[str, str]] | None = None
    nothing_to_do: bool = False
    nothing_to_watch: bool = False
    to_staff: int | None = None


def open_note(staff: Staff, shift: str, ends_at: datetime, *, by: str) -> Handover:
    """The note of one shift (`shift`: its id, '' without), made and filled from facts when there is none."""
    with transaction.atomic():
        known = (
            Handover.objects.filter(staff=staff, shift=shift).exclude(state=State.VOID).order_by("-ends_at")
        )
        found = known.first() if shift else known.filter(state=State.DRAFT).first()
        if found is not None:
            return found
        vendor = scope.vendor_of(staff)
        note = Handover(staff=staff, shift=shift, vendor=vendor, ends_at=ends_at, opened_at=clock.now())
        try:
            with transaction.atomic():
                note.save(force_insert=True)
        except IntegrityError:
            return Handover.objects.get(staff=staff, shift=shift)
        _fill(note)
        audit.record(by, "handover.opened", f"handover:{note.pk}", {"staff": staff.pk, "shift": shift})
    return note


def refill(handover_id: str, by: Staff) -> Handover:
    """Write it anew from what is known now; what was typed goes. By its writer, while it is a draft."""
    with transaction.atomic():
        note = _locked(handover_id)
        _check_writer(note, by)
        note.actions.all().delete()
        note.lines.all().delete()
        _fill(note)
        audit.record(by.actor, "handover.refilled", f"handover:{note.pk}")
    return note


def refresh(handover_id: str, by: Staff) -> None:
    """Bring the tickets of a draft up to date when its writer looks at it; what was typed stays."""
    with transaction.atomic():
        note = _locked(handover_id)
        if note.staff_id == by.pk and note.state == State.DRAFT:
            take_in(note)


def write(handover_id: str, written: Written, by: Staff, *, revision: int | None = None) -> Handover:
    """Keep what was written so far, whole or not. Raises NotFound, NotAllowed, Conflict, BadInput."""
    with transaction.atomic():
        note = _locked(handover_id)
        _check_writer(note, by)
        _write(note, written, by, revision)
    return note


def give(
    handover_id: str, by: Staff, *, written: Written | None = None, revision: int | None = None
) -> Handover:
    """Hand it over: from now on it waits to be accepted. Raises Unfinished when a part is missing (what was
    written is kept), and what `write` raises.
    """
    with transaction.atomic():
        note = _locked(handover_id)
        _check_writer(note, by)
        if written is not None:
            _write(note, written, by, revision)
        take_in(note)
        lacking = parts.missing(queries.as_note(note))
        if not lacking:
            given(note, by.actor)
            return note
    raise Unfinished(lacking)


def given(note: Handover, by: str) -> None:
    """Note it as given. Inside a transaction, with the row held."""
    now = clock.now()
    wait = timedelta(minutes=on_hand.rules().accept_within_min)
    note.state, note.given_at, note.accept_by = State.GIVEN, now, max(now, note.ends_at) + wait
    note.revision += 1
    note.save()
    tickets = note.lines.count()
    audit.record(
        by,
        "handover.given",
        f"handover:{note.pk}",
        {"tickets": tickets, "severity": note.severity, "by_house": note.by_house, "to": note.to_staff_id},
    )
    webhooks.announce(
        "handover.given",
        {"handover": note.pk, "staff": note.staff_id, "to": note.to_staff_id, "tickets": tickets},
    )


def take_back(handover_id: str, by: Staff) -> Handover:
    """Write on: a note that nobody accepted yet is a draft again. By its writer."""
    with transaction.atomic():
        note = _locked(handover_id)
        if note.state == State.DRAFT:
            return note
        if note.staff_id != by.pk:
            raise NotAllowed(Text("Only its writer can take it back.", "只有撰写人可以撤回。"))
        if note.state != State.GIVEN:
            raise Conflict(Text("It was accepted already.", "已被接班人确认。"), code="handover_accepted")
        note.state, note.given_at, note.accept_by, note.escalated_at = State.DRAFT, None, None, None
        note.by_house = False
        note.revision += 1
        note.save()
        _over(note)
        audit.record(by.actor, "handover.taken_back", f"handover:{note.pk}")
    return note


def accept(handover_id: str, by: Staff, *, readback: str, ticked: Collection[str]) -> Handover:
    """Take over: the reading back is kept, and tickets its writer still owns come to whoever they were meant
    for, else to `by`. ticked: `action:<id>` and `watch:<n>`. Twice by the same person is the same as once.

    Raises NotFound, NotAllowed (one's own, another vendor's, not on duty), Conflict, Unfinished.
    """
    said = clean(readback).strip()[:_MOST_TEXT]
    with transaction.atomic():
        note = _locked(handover_id)
        if note.state == State.ACCEPTED and note.accepted_by_id == by.pk:
            return note
        if note.state != State.GIVEN:
            raise Conflict(
                Text("It does not wait to be accepted.", "该交班记录无需接班确认。"),
                code="handover_not_given",
            )
        now = clock.now()
        check_receiver(note, by, now)
        lacking = parts.unread(said, summary=note.summary, wanted=queries.keys_of(note), ticked=ticked)
        if lacking:
            raise Unfinished(lacking)
        note.state, note.accepted_at, note.accepted_by, note.readback = State.ACCEPTED, now, by, said
        note.revision += 1
        note.save()
        note.actions.filter(owner=None).update(owner=by)
        moved = _move(note, by, now)
        _over(note)
        audit.record(by.actor, "handover.accepted", f"handover:{note.pk}", {"tickets": moved})
        webhooks.announce("handover.accepted", {"handover": note.pk, "staff": by.pk, "tickets": moved})
    return note


def check_receiver(note: Handover, by: Staff, at: datetime) -> None:
    """Raise NotAllowed unless `by` may take this note over: not one's own, on its side, and on duty (or the
    one it names, or whoever plans duty).
    """
    if note.staff_id == by.pk:
        raise NotAllowed(
            Text("Somebody else has to take it over.", "须由他人接班确认。"), code="own_handover"
        )
    if not queries.visible(by).filter(pk=note.pk).exists() or not by.may("desk.work"):
        raise NotAllowed(Text("This is not for you.", "您无权接手。"), code="other_side")
    if by.pk == note.to_staff_id or by.may("duty.plan") or by.pk in on_hand.present(at):
        return
    raise NotAllowed(
        Text(
            "You are not on duty: say in the inbox that you are here.", "您当前不在班：请先在收件箱标记在岗。"
        ),
        code="not_on_duty",
    )


def set_done(action_id: str, done: bool, by: Staff) -> HandoverAction:
    """Tick an action, or untick it. By its owner, the writer, or whoever may see the note."""
    with transaction.atomic():
        row = HandoverAction.objects.select_for_update().filter(pk=action_id).first()
        if row is None or not queries.visible(by).filter(pk=row.handover_id).exists():
            raise NotFound(Text("There is no such action.", "不存在该待办。"))
        if (row.done_at is not None) != done:
            row.done_at, row.done_by = (clock.now(), by.actor) if done else (None, "")
            row.save(update_fields=["done_at", "done_by"])
            verb = "handover.action_done" if done else "handover.action_reopened"
            audit.record(by.actor, verb, f"handover:{row.handover_id}", {"action": row.pk})
    return row


def take_in(note: Handover) -> None:
    """Bring its tickets up to date: what was opened since is added, what is no longer theirs is left out."""
    tickets = facts.open_tickets(note.staff_id)
    now_open = {one.ticket_id: one for one in facts.as_they_stand(tickets)}
    note.lines.exclude(ticket__in=now_open).filter(to_staff=None).delete()
    there = set(note.lines.values_list("ticket_id", flat=True))
    HandoverLine.objects.bulk_create(
        HandoverLine(handover=note, ticket_id=pk, severity=parts.severity_of(one, note.ends_at))
        for pk, one in now_open.items()
        if pk not in there
    )


def _fill(note: Handover) -> None:
    """The note from facts: parts 1 to 4 and a line for each ticket."""
    writer = note.staff
    ours = note.vendor_id is None and not scope.is_outsourced(writer)
    known: list[facts.Fact] = facts.of_house(clock.now()) if ours else []
    watches = [(one.when, one.then) for one in known if one.when is not None and one.then is not None]
    now_open = facts.as_they_stand(facts.open_tickets(note.staff_id))
    draft = parts.first_draft(now_open, note.ends_at, watches, writer.language)
    note.facts = [one.to_json() for one in known]
    note.severity = parts.worst([draft.severity, *(one.severity for one in known)])
    note.summary = draft.summary
    _keep(note, draft)
    HandoverLine.objects.bulk_create(
        HandoverLine(handover=note, ticket_id=pk, severity=severity) for pk, severity in draft.tickets.items()
    )


def _keep(note: Handover, draft: Note) -> None:
    note.watches = [
        {"if": one.when[:_MOST_LINE], "then": one.then[:_MOST_LINE], "ticket": one.ticket_id}
        for one in draft.watches[:_MOST_ROWS]
    ]
    note.nothing_to_do, note.nothing_to_watch = draft.nothing_to_do, draft.nothing_to_watch
    note.save()
    note.actions.all().delete()
    HandoverAction.objects.bulk_create(
        HandoverAction(
            handover=note,
            ticket_id=one.ticket_id or None,
            text=one.text[:_MOST_LINE],
            owner_id=one.owner_id,
            due_at=one.due_at or note.ends_at,
        )
        for one in draft.actions[:_MOST_ROWS]
    )


def _write(note: Handover, written: Written, by: Staff, revision: int | None) -> None:
    if note.state != State.DRAFT:
        raise Conflict(Text("It was given already.", "交班记录已提交。"), code="handover_given")
    if revision is not None and revision != note.revision:
        raise Conflict(
            Text("It was changed meanwhile: look again.", "内容已被更改，请重新查看。"),
            code="changed_meanwhile",
        )
    if written.severity not in parts.RANK:
        raise BadInput(Text("Say how serious it is.", "请选择严重程度。"), field="severity")
    named = [written.to_staff, *(one.owner_id for one in written.actions)]
    people = {one for one in named if one is not None}
    known = scope.colleagues_of(by).filter(pk__in=people, is_active=True)
    if people - set(known.values_list("pk", flat=True)):
        raise BadInput(Text("There is no such colleague.", "不存在该同事。"), field="to_staff")
    if written.to_staff == note.staff_id:
        raise BadInput(Text("Choose somebody else.", "请选择其他同事。"), field="to_staff")
    seen = _seen_tickets(note, [*written.actions, *written.watches])
    note.severity, note.to_staff_id = written.severity, written.to_staff
    note.summary = clean(written.summary).strip()[:_MOST_TEXT]
    note.revision += 1
    _keep(
        note,
        Note(
            written.severity,
            note.summary,
            tuple(
                Action(one_line(one.text, _MOST_LINE), one.due_at, one.owner_id, _if_in(one.ticket_id, seen))
                for one in written.actions
            ),
            tuple(
                Watch(
                    one_line(one.when, _MOST_LINE),
                    one_line(one.then, _MOST_LINE),
                    _if_in(one.ticket_id, seen),
                )
                for one in written.watches
            ),
            {},
            written.nothing_to_do,
            written.nothing_to_watch,
        ),
    )
    for line in note.lines.filter(ticket__in=list(written.lines or {})):
        severity, word = (written.lines or {})[line.ticket_id]
        line.severity = severity if severity in parts.RANK else line.severity
        line.note = one_line(word, _MOST_LINE)
        line.save(update_fields=["severity", "note"])


def _seen_tickets(note: Handover, rows: Sequence[Action | Watch]) -> set[str]:
    asked = {one.ticket_id for one in rows if one.ticket_id}
    return set(scope.tickets_for(note.staff).filter(pk__in=asked).values_list("pk", flat=True))


def _if_in(ticket_id: str, seen: set[str]) -> str:
    return ticket_id if ticket_id in seen else ""


def _move(note: Handover, by: Staff, now: datetime) -> int:
    """Tickets of the note that its writer still owns; returns how many came to somebody."""
    round_, moved = Round(now), 0
    lines = {one.ticket_id: one for one in note.lines.all()}
    mine = Ticket.objects.select_for_update().filter(
        pk__in=lines, assignee_id=note.staff_id, status__in=facts.OPEN, merged_into=None
    )
    for ticket in mine.order_by("number"):
        line = lines[ticket.pk]
        named = line.to_staff_id or by.pk
        choice = round_.give(ticket, by=by.actor, exclude={note.staff_id}, must=True, named=named)
        if choice.staff_id is not None:
            line.to_staff_id = choice.staff_id
            line.save(update_fields=["to_staff"])
            moved += 1
    return moved


def _over(note: Handover) -> None:
    resolve_by_key(f"{UNACCEPTED}:{note.pk}", SYSTEM)


def _check_writer(note: Handover, by: Staff) -> None:
    if note.staff_id != by.pk:
        raise NotAllowed(
            Text("Only its writer can change it.", "只有撰写人可以修改。"), code="not_the_writer"
        )
    if note.state != State.DRAFT:
        raise Conflict(Text("It was given already.", "交班记录已提交。"), code="handover_given")


def _locked(handover_id: str) -> Handover:
    note = Handover.objects.select_for_update(of=("self",)).filter(pk=handover_id).first()
    if note is None:
        raise NotFound(Text("There is no such handover.", "不存在该交班记录。"))
    return note
