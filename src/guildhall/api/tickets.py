"""Tickets over the API: open one, hear and answer it, work on it, read it.

A program of a vendor meets the tickets in that vendor's queue and no others, with persons and personal data
in texts masked, as its owner would on the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.idempotency import once
from guildhall.api.members import caller
from guildhall.api.paging import Cursor, Limit, Word, check_cursor, cut
from guildhall.api.rendering import answers, says
from guildhall.api.ticket_rows import EntryOut, TicketDetail, TicketOut, TicketPage, detail, entry_row, row
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.desk import queries, scope, showing
from guildhall.desk.actions import tickets as actions
from guildhall.desk.intents import language_of
from guildhall.desk.models import Ticket
from guildhall.people.access import api_auth
from guildhall.people.models import Member, Staff

router = Router()
READ, WRITE = "tickets:read", "tickets:write"
Status = Literal["open", "pending", "solved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
_WORDS = "^[^\\x00]*$"


class OpenIn(Schema):
    """A question to be asked."""

    text: str = Field(min_length=1, max_length=20_000, pattern=_WORDS, description="What is asked.")
    subject: str = Field("", max_length=200, pattern=_WORDS, description="Empty: the beginning of the text.")
    language: str = Field("", max_length=10, pattern="^[A-Za-z-]*$", description="Empty: told by the words.")
    category: str = Field("", max_length=40, pattern=_WORDS)
    priority: Priority | None = None
    fields: dict[str, str] = Field(default_factory=dict, description="Fields of the category.")
    member_id: str = Field("", max_length=26, pattern=_WORDS, description="Who asks, where we know them.")
    external_key: str = Field(
        "",
        max_length=180,
        pattern=_WORDS,
        description="What you call it: the same key again is the same ticket.",
    )


class MessageIn(Schema):
    """Something the asker says after their question."""

    text: str = Field(min_length=1, max_length=20_000, pattern=_WORDS)


class ReplyIn(Schema):
    """An answer to the asker."""

    text: str = Field(min_length=1, max_length=10_000, pattern=_WORDS)
    where: Literal["group", "private"] = "private"
    then_status: Status | None = Field(None, description="Set once the answer leaves.")
    undo_s: int = Field(0, ge=0, le=120, description="So many seconds it can be taken back.")


class NoteIn(Schema):
    """Words among us."""

    text: str = Field(min_length=1, max_length=10_000, pattern=_WORDS)


class StatusIn(Schema):
    """How a ticket stands."""

    status: Status
    why: str = Field("", max_length=300, pattern=_WORDS)
    revision: int | None = Field(None, ge=0, le=2**31 - 1, description="What you saw; another is a 409.")


@router.get(
    "",
    auth=api_auth(READ),
    response=answers(TicketPage),
    openapi_extra=says(READ),
    summary="List tickets",
)
def list_tickets(
    request: HttpRequest,
    status: Status | None = None,
    category: Word = "",
    external_key: Word = "",
    q: Word = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> TicketPage:
    """Tickets, newest first, of a status and a category; `q` searches words and numbers in Chinese and
    English, `external_key` finds the one you opened.
    """
    staff = caller(request).staff
    found = queries.search(q, staff) if q.strip() else scope.tickets_for(staff)
    if status:
        found = found.filter(status=status)
    if category:
        found = found.filter(category_id=category)
    if external_key:
        found = found.filter(external_key=_key(external_key))
    if check_cursor(cursor):
        found = found.filter(id__lt=cursor)
    newest = found.select_related("account", "member", "assignee").order_by("-id")[: limit + 1]
    rows, following = cut(list(newest), limit, lambda ticket: ticket.pk)
    eyes = showing.for_reader(staff)
    eyes.get_to_know(rows)
    return TicketPage(items=[TicketOut(**row(ticket, eyes)) for ticket in rows], next=following)


@router.get(
    "/{ticket_id}",
    auth=api_auth(READ),
    response=answers(TicketDetail, 404),
    openapi_extra=says(READ),
    summary="One ticket",
)
def get_ticket(request: HttpRequest, ticket_id: str) -> TicketDetail:
    """One ticket with everything said in it that you may read, oldest first."""
    staff = caller(request).staff
    return detail(_found(ticket_id, staff), staff)


@router.post(
    "",
    auth=api_auth(WRITE),
    response=answers(TicketDetail, 400, 403, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Open a ticket",
)
def open_ticket(request: HttpRequest, body: OpenIn) -> HttpResponse | dict[str, Any]:
    """Ask a question. The asker reads answers from here; nobody is written to on a platform."""
    staff = caller(request).staff

    def carry_out() -> Ticket:
        vendor = scope.vendor_of(staff)
        if scope.is_outsourced(staff) and (vendor is None or body.member_id):
            raise NotAllowed(Text("A vendor opens no tickets for members.", "外包商不能代成员创建工单。"))
        if body.member_id and not _knows(body.member_id):
            raise BadInput(Text("There is no such member.", "不存在该成员。"), field="body.member_id")
        draft = actions.Draft(
            way=Ticket.Way.API.value,
            subject=body.subject,
            text=body.text,
            language=body.language or language_of(body.text, "en"),
            member_id=body.member_id,
            category=body.category,
            priority=body.priority or "",
            external_key=_key(body.external_key) if body.external_key else "",
            vendor_id=vendor.pk if vendor is not None else "",
        )
        with transaction.atomic():
            before = draft.external_key and Ticket.objects.filter(external_key=draft.external_key).first()
            if before and not scope.may_see(staff, before):
                raise Conflict(Text("This key is taken.", "该外部编号已被占用。"), code="key_taken")
            opened = actions.open_many([draft], by=_by(request), at=clock.now())[0]
            if body.fields and not before:
                actions.set_fields(opened.pk, body.fields, _by(request))
        return opened

    return _answered(request, body, carry_out)


@router.post(
    "/{ticket_id}/messages",
    auth=api_auth(WRITE),
    response=answers(TicketDetail, 400, 403, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Add what the asker says",
)
def add_message(request: HttpRequest, ticket_id: str, body: MessageIn) -> HttpResponse | dict[str, Any]:
    """The asker says more; a ticket that was solved is opened again. A vendor's program says more where it
    asked, and never speaks as a member.
    """

    def carry_out() -> Ticket:
        staff = caller(request).staff
        ticket = _found(ticket_id, staff)
        if scope.is_outsourced(staff) and (ticket.way != Ticket.Way.API or ticket.member_id is not None):
            raise NotAllowed(Text("A vendor does not speak as a member.", "外包商不能以成员身份发言。"))
        actions.add_customer_messages([(ticket.pk, "", body.text, clock.now())])
        return ticket

    return _answered(request, body, carry_out)


@router.post(
    "/{ticket_id}/reply",
    auth=api_auth(WRITE),
    response=answers(EntryOut, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Answer the asker",
)
def reply_ticket(request: HttpRequest, ticket_id: str, body: ReplyIn) -> HttpResponse | dict[str, Any]:
    """Answer where the question was asked or in private. Words that ask for a secret, and words compliance
    does not clear, are refused.
    """
    staff = caller(request).staff

    def carry_out() -> tuple[int, dict[str, Any]]:
        ticket = _found(ticket_id, staff)
        said = actions.reply(
            ticket.pk,
            by=_by(request),
            text=body.text,
            where=body.where,
            then_status=body.then_status or "",
            undo_s=body.undo_s,
        )
        shown = entry_row(said, ticket, showing.for_reader(staff))
        return 200, EntryOut(**shown).model_dump(mode="json")

    return once(request, caller(request).actor, body.model_dump(mode="json"), carry_out)[1]


@router.post(
    "/{ticket_id}/notes",
    auth=api_auth(WRITE),
    response=answers(TicketDetail, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Write an internal note",
)
def note_ticket(request: HttpRequest, ticket_id: str, body: NoteIn) -> HttpResponse | dict[str, Any]:
    """Words among us; the asker never reads them."""

    def carry_out() -> Ticket:
        ticket = _found(ticket_id, caller(request).staff)
        actions.note(ticket.pk, _by(request), body.text)
        return ticket

    return _answered(request, body, carry_out)


@router.post(
    "/{ticket_id}/status",
    auth=api_auth(WRITE),
    response=answers(TicketDetail, 400, 404, 409),
    openapi_extra=says(WRITE, writes=True),
    summary="Set the status of a ticket",
)
def set_ticket_status(request: HttpRequest, ticket_id: str, body: StatusIn) -> HttpResponse | dict[str, Any]:
    """Set how it stands. 409 when somebody changed the ticket since the revision you saw."""

    def carry_out() -> Ticket:
        ticket = _found(ticket_id, caller(request).staff)
        return actions.set_status(ticket.pk, body.status, _by(request), why=body.why, revision=body.revision)

    return _answered(request, body, carry_out)


def _answered(
    request: HttpRequest, body: Schema, deed: Callable[[], Ticket]
) -> HttpResponse | dict[str, Any]:
    """Do it once, and answer with the ticket as it then is."""
    staff = caller(request).staff

    def carry_out() -> tuple[int, dict[str, Any]]:
        return 200, detail(_found(deed().pk, staff), staff).model_dump(mode="json")

    return once(request, caller(request).actor, body.model_dump(mode="json"), carry_out)[1]


def _by(request: HttpRequest) -> Staff | str:
    """In whose name it is done: the token's; a vendor's own agent's, so that they read what they wrote."""
    principal = caller(request)
    return principal.staff if scope.is_outsourced(principal.staff) else principal.actor


def _found(ticket_id: str, staff: Staff) -> Ticket:
    rows = scope.tickets_for(staff).select_related("account", "member", "assignee")
    ticket = rows.filter(pk=ticket_id).first() if is_id(ticket_id) else None
    if ticket is None:
        raise NotFound(Text("There is no such ticket.", "不存在该工单。"))
    return ticket


def _knows(member_id: str) -> bool:
    return is_id(member_id) and Member.objects.filter(pk=member_id, erased_at=None).exists()


def _key(external_key: str) -> str:
    """Keys of programs stand apart from those the house gives itself."""
    return f"api:{external_key}"
