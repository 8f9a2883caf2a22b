"""Opens tickets, one or a whole batch of what just came in: rows, first entries, clocks, audit and news in
the caller's transaction.

What makes a message a ticket was decided before (`desk.doors`). The same external key, or the same message
again, is the same ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Model

from guildhall.channels import sql
from guildhall.channels.models import Space
from guildhall.channels.text import clean, one_line
from guildhall.core import audit, bulk, reading
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.desk import facts
from guildhall.desk.actions import held, numbering
from guildhall.desk.actions.fetching import want_files
from guildhall.desk.models import Category, Entry, Ticket
from guildhall.desk.vendors import queues, routing
from guildhall.effects import webhooks
from guildhall.people.authority import actor_of
from guildhall.people.models import Account, Staff

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
_TICKET = (
    "id", "number", "subject", "status", "priority", "category", "fields", "way", "language", "tier", "space",
    "thread_id", "private_space", "account", "member", "external_key", "vendor", "opened_at", "changed_at",
    "waiting_since", "last_customer_at", "reopened", "replies", "breached", "is_spam", "rating_comment",
    "opened_by", "revision", "indexed",
)  # fmt: skip
_ENTRY = (
    "id", "ticket", "kind", "text", "language", "message", "author", "by", "where", "state", "send_at",
    "problem", "data", "at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as it came in. Ids are ours; '' where there is none.

    way: as `Ticket.Way`. private_space_id: where the asker can be answered alone. external_key: what the one
    who opens it calls it; the same key again is the same ticket ('' with a message: the message is the key).
    received_at: when it was asked (aware; None: at `at`). subject: '' takes the beginning of the text.
    vendor_id: whose queue; '' as the routes say (`desk.vendors`), else our own.
    """

    way: str
    subject: str = ""
    text: str = ""
    language: str = "en"
    tier: str = ""
    space_id: str = ""
    thread_id: str = ""
    account_id: str = ""
    member_id: str = ""
    message_id: str = ""
    private_space_id: str = ""
    category: str = ""
    priority: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    external_key: str = ""
    received_at: datetime | None = None
    vendor_id: str = ""


def in_language(draft: Draft, language: str) -> Draft:
    """The same question in the language its asker turned out to speak."""
    return replace(draft, language=language)


def open_many(drafts: Sequence[Draft], *, by: Staff | str, at: datetime) -> list[Ticket]:
    """Open a ticket for each draft, in their order; one that is there already is given as it stands.

    Joins the caller's transaction or makes one. Raises BadInput, naming the row, for a way, a priority or a
    category that does not exist.
    """
    if not drafts:
        return []
    actor = actor_of(by)
    for row, draft in enumerate(drafts):
        _check(draft, row)
    categories = _categories(drafts)
    with transaction.atomic(savepoint=False):
        known = _known(drafts)
        fresh: dict[str, Draft] = {}
        for row, draft in enumerate(drafts):
            key = _key(draft) or f"#{row}"
            if key not in known:
                fresh.setdefault(key, draft)
        made = dict(zip(fresh, _write(list(fresh.values()), categories, actor, at), strict=True))
        found = {**known, **made}
        return [found[_key(draft) or f"#{row}"] for row, draft in enumerate(drafts)]


def _key(draft: Draft) -> str:
    return draft.external_key or (f"message:{draft.message_id}" if draft.message_id else "")


def _known(drafts: Sequence[Draft]) -> dict[str, Ticket]:
    keys = {key for draft in drafts if (key := _key(draft))}
    if not keys:
        return {}
    known = reading.objects(Ticket, sql.any_of("external_key"), [sql.many(keys)])
    return {str(one.external_key): one for one in known}


def _check(draft: Draft, row: int) -> None:
    if draft.way not in Ticket.Way.values:
        raise BadInput(Text("This way of asking is unknown.", "未知的提问方式。"), field="way", row=row)
    if draft.priority and draft.priority not in Ticket.Priority.values:
        raise BadInput(Text("There is no such priority.", "不存在该优先级。"), field="priority", row=row)
    if len(draft.external_key) > 190:
        raise BadInput(
            Text("A key has at most 190 characters.", "外部编号最长 190 个字符。"),
            field="external_key", row=row,
        )  # fmt: skip


def _write(
    drafts: Sequence[Draft], categories: Mapping[str, Category], actor: str, at: datetime
) -> list[Ticket]:
    if not drafts:
        return []
    tiers = _looked_up(Space, "tier", {one.space_id for one in drafts if one.space_id})
    members = _looked_up(
        Account, "member", {one.account_id for one in drafts if one.account_id and not one.member_id}
    )
    tickets = [
        _ticket(draft, number, categories, tiers, members, actor, at)
        for draft, number in zip(drafts, numbering.take(len(drafts)), strict=True)
    ]
    _put_into_queues(drafts, tickets)
    bulk.insert(Ticket, _TICKET, [_row(one) for one in tickets])
    entries = [
        (
            new_id(), ticket.pk, Entry.Kind.CUSTOMER.value, clean(draft.text)[:LONGEST_TEXT], draft.language,
            draft.message_id or None, None, f"account:{draft.account_id}" if draft.account_id else actor,
            _where(draft), Entry.State.DONE.value, None, "", "{}", ticket.opened_at,
        )
        for draft, ticket in zip(drafts, tickets, strict=True)
    ]  # fmt: skip
    bulk.insert(Entry, _ENTRY, entries)
    facts.opened(tickets)
    want_files([(str(row[0]), str(row[5] or "")) for row in entries])
    held.tell_many([(one, [("opened", one.priority, one.opened_at)]) for one in tickets], at=at)
    audit.record_many(
        [
            audit.Entry(
                actor, "ticket.opened", f"ticket:{one.pk}",
                {
                    "number": one.number, "way": one.way, "space": one.space_id or "",
                    "category": one.category_id or "",
                },
            )
            for one in tickets
        ]
    )  # fmt: skip
    webhooks.announce_many([("ticket.opened", held.payload(one) | {"way": one.way}) for one in tickets])
    return tickets


def _looked_up(model: type[Model], column: str, ids: set[str]) -> dict[str, str]:
    """One column by id."""
    if not ids:
        return {}
    return dict(reading.rows(model, ("id", column), sql.any_of("id"), [sql.many(ids)]))


def _put_into_queues(drafts: Sequence[Draft], tickets: Sequence[Ticket]) -> None:
    asked = [one for draft, one in zip(drafts, tickets, strict=True) if not draft.vendor_id]
    known = queues.routes() if asked else []
    for ticket in asked if known else ():
        vendor_id = routing.choose(queues.asked_of(ticket), known)
        if vendor_id:
            ticket.vendor_id = vendor_id


def _categories(drafts: Sequence[Draft]) -> dict[str, Category]:
    wanted = {one.category for one in drafts if one.category}
    if not wanted:
        return {}
    found = {one.pk: one for one in reading.objects(Category, sql.any_of("slug"), [sql.many(wanted)])}
    for row, draft in enumerate(drafts):
        if draft.category and draft.category not in found:
            raise BadInput(Text("There is no such category.", "不存在该分类。"), field="category", row=row)
    return found


def _ticket(
    draft: Draft,
    number: int,
    categories: Mapping[str, Category],
    tiers: Mapping[str, str],
    members: Mapping[str, str],
    actor: str,
    at: datetime,
) -> Ticket:
    category = categories.get(draft.category)
    asked = draft.received_at or at
    subject = one_line(draft.subject or draft.text, LONGEST_SUBJECT)
    return Ticket(
        id=new_id(),
        number=number,
        subject=subject,
        status=Ticket.Status.OPEN.value,
        priority=draft.priority or (category.priority if category else Ticket.Priority.NORMAL.value),
        category_id=draft.category or None,
        fields=dict(draft.fields),
        way=draft.way,
        language=draft.language[:10] or "en",
        tier=draft.tier or tiers.get(draft.space_id, ""),
        space_id=draft.space_id or None,
        thread_id=draft.thread_id,
        private_space_id=draft.private_space_id or (draft.space_id if draft.way == "private" else "") or None,
        account_id=draft.account_id or None,
        member_id=draft.member_id or members.get(draft.account_id) or None,
        external_key=_key(draft) or None,
        vendor_id=draft.vendor_id or None,
        opened_at=asked,
        changed_at=at,
        waiting_since=asked,
        last_customer_at=asked,
        opened_by=actor,
    )


def _row(one: Ticket) -> tuple[object, ...]:
    return (
        one.pk, one.number, one.subject, one.status, one.priority, one.category_id,
        orjson.dumps(one.fields).decode(), one.way, one.language, one.tier, one.space_id, one.thread_id,
        one.private_space_id, one.account_id, one.member_id, one.external_key, one.vendor_id, one.opened_at,
        one.changed_at, one.waiting_since, one.last_customer_at, 0, 0, False, False, "", one.opened_by, 0,
        False,
    )  # fmt: skip


def _where(draft: Draft) -> str:
    if draft.way in ("group", "topic"):
        return Entry.Where.GROUP.value
    return Entry.Where.PRIVATE.value if draft.space_id else Entry.Where.NOWHERE.value
