"""What a colleague does with a ticket beside answering: a note, an owner, a status, what it is about, later.

Every deed is one transaction: the row, an entry that says so, the audit, its clocks and what others hear.
Doing what is done already changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from guildhall.channels.text import one_line, typed
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.desk import facts
from guildhall.desk.actions import held
from guildhall.desk.fields import cleaned, fields_of, missing
from guildhall.desk.models import Category, Entry, Ticket, Vendor
from guildhall.desk.scope import may_see, vendor_of
from guildhall.effects import webhooks
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff, Team

LONGEST_NOTE = 10_000
MOST_MENTIONS = 20
MADE_UP = "system:demo"
Status = Ticket.Status


def note(ticket_id: str, by: Staff | str, text: str, mentions: Iterable[int] = ()) -> Entry:
    """Write something among us, and call colleagues (ids) to it. Raises NotFound, BadInput.

    Nobody is called who may not see the ticket: it would tell a vendor what it must not know.
    """
    said = typed(text)
    if not said or len(said) > LONGEST_NOTE:
        raise BadInput(
            Text(f"A note has 1 to {LONGEST_NOTE} characters.", f"备注须为 1 至 {LONGEST_NOTE} 个字符。"),
            field="text",
        )
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, merged=True)
        called = _called(ticket, set(mentions))
        now = clock.now()
        entry = Entry.objects.create(
            ticket=ticket, kind=Entry.Kind.NOTE, text=said, author=held.colleague(by), by=actor_of(by), at=now
        )
        entry.mentions.set(called)
        ticket.indexed = False
        held.changed(ticket, "indexed", at=now, seen=False)
        audit.record(
            actor_of(by),
            "ticket.noted",
            f"ticket:{ticket.pk}",
            {"entry": entry.pk, "mentions": sorted(called)},
        )
        if called:
            webhooks.announce("ticket.mentioned", held.payload(ticket) | {"staff": sorted(called)})
    return entry


def assign(
    ticket_id: str,
    staff_id: int | None,
    by: Staff | str,
    why: str | Text = "",
    *,
    revision: int | None = None,
) -> Ticket:
    """Give a ticket to a colleague, or to nobody (None). `why` is a short reason a person can read, in one
    language or in both (kept as `why` and `why_zh`).

    Raises NotFound, NotAllowed (may not work at the desk, or not in this queue), Conflict.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if ticket.assignee_id == staff_id:
            return ticket
        if staff_id is not None:
            check_owner(ticket, Staff.objects.filter(pk=staff_id).first())
        was, now = ticket.assignee_id, clock.now()
        ticket.assignee_id, ticket.assigned_at = staff_id, now if staff_id is not None else None
        held.changed(ticket, "assignee", "assigned_at", at=now, seen=not actor_of(by).startswith("system:"))
        said = {"to": staff_id, "from": was} | _reason(why)
        held.tell(ticket, "assigned", by, said, announce="ticket.assigned", at=now)
    return ticket


def _reason(why: str | Text) -> dict[str, str]:
    if isinstance(why, Text):
        return {"why": one_line(why.en, 300), "why_zh": one_line(why.zh, 300)}
    return {"why": one_line(why, 300)} if why else {}


def check_owner(ticket: Ticket, staff: Staff | None) -> None:
    """Raise NotFound or NotAllowed unless somebody may own a ticket: they work at the desk, in its queue.
    What the demo made up is owned by whom it made up.
    """
    if staff is not None and staff.is_demo and ticket.opened_by == MADE_UP:
        return
    if staff is None or not staff.is_active:
        raise NotFound(Text("There is no such colleague.", "不存在该同事。"))
    if not staff.may("desk.work"):
        raise NotAllowed(
            Text(f"{staff.name} does not work at the desk.", f"{staff.name} 没有处理工单的权限。"),
            code="not_at_the_desk",
        )
    if not may_see(staff, ticket):
        raise NotAllowed(
            Text(f"This ticket is not in the queue of {staff.name}.", f"该工单不在 {staff.name} 的队列中。"),
            code="other_queue",
        )


def set_status(
    ticket_id: str, status: str, by: Staff | str, *, why: str = "", revision: int | None = None
) -> Ticket:
    """Set where a ticket stands. Solving asks for the category's required fields. Raises NotFound, BadInput
    (naming the field as `fields.<key>`), Conflict.
    """
    if status not in Status.values:
        raise BadInput(Text("There is no such status.", "不存在该状态。"), field="status")
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        apply_status(ticket, status, by, why=why)
    return ticket


def apply_status(ticket: Ticket, status: str, by: Staff | str, *, why: str = "") -> None:
    """The same for a row that is held. A ticket that is solved or closed leaves everybody's later pile."""
    was = ticket.status
    if was == status:
        return
    if status == Status.SOLVED:
        check_solvable(ticket)
    now = clock.now()
    ended = (Status.SOLVED, Status.CLOSED)
    ticket.status = status
    if status in ended:
        ticket.snoozed_until, ticket.waiting_since = None, None
        ticket.solved_at = ticket.solved_at if was in ended and ticket.solved_at else now
        ticket.closed_at = now if status == Status.CLOSED else None
    else:
        if was in ended:
            ticket.reopened += 1
        ticket.solved_at = ticket.closed_at = None
    held.changed(
        ticket, "status", "snoozed_until", "waiting_since", "solved_at", "closed_at", "reopened", at=now
    )
    said = {"from": was, "to": status} | ({"why": one_line(why, 300)} if why else {})
    if status == Status.SOLVED and was not in ended:
        facts.solved(ticket, now)
    held.tell(ticket, "status", by, said, events=[("status", status)], announce=_news(was, status), at=now)


def check_solvable(ticket: Ticket) -> None:
    """Raise BadInput, naming the first field, while the category's required fields are not filled."""
    if ticket.category is None:
        return
    lacking = missing(fields_of(ticket.category.fields), ticket.fields)
    if lacking:
        names = Text(", ".join(one.label.en for one in lacking), "、".join(one.label.zh for one in lacking))
        raise BadInput(
            Text(
                f"Fill these in before it is solved: {names.en}.", f"标记为已解决前，请先填写：{names.zh}。"
            ),
            field=f"fields.{lacking[0].key}",
            code="fields_missing",
        )


def _news(was: str, status: str) -> str:
    if status in (Status.SOLVED, Status.CLOSED):
        return f"ticket.{status}"
    return "ticket.reopened" if was in (Status.SOLVED, Status.CLOSED) else "ticket.changed"


def set_priority(
    ticket_id: str, priority: str, by: Staff | str, *, why: str = "", revision: int | None = None
) -> Ticket:
    """Set how pressing it is; its clocks run by the target of that priority from now on."""
    if priority not in Ticket.Priority.values:
        raise BadInput(Text("There is no such priority.", "不存在该优先级。"), field="priority")
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if ticket.priority != priority:
            was, ticket.priority = ticket.priority, priority
            held.changed(ticket, "priority")
            said = {"from": was, "to": priority} | ({"why": one_line(why, 300)} if why else {})
            held.tell(
                ticket, "priority", by, said, events=[("priority", priority)], announce="ticket.changed"
            )
    return ticket


def set_category(
    ticket_id: str, category: str | None, by: Staff | str, *, revision: int | None = None
) -> Ticket:
    """Say what it is about (a slug; None: nothing yet). What its old fields held stays where the new ones
    have the same key.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        found = Category.objects.filter(pk=category, archived_at__isnull=True).first() if category else None
        if category and found is None:
            raise NotFound(Text("There is no such category.", "不存在该分类。"))
        if ticket.category_id != (category or None):
            was = ticket.category_id
            ticket.category = found
            keys = {one.key for one in fields_of(found.fields)} if found else set()
            ticket.fields = {key: value for key, value in ticket.fields.items() if key in keys}
            held.changed(ticket, "category", "fields")
            held.tell(
                ticket, "category", by, {"from": was, "to": category or None}, announce="ticket.changed",
                policies=True,
            )  # fmt: skip
    return ticket


def set_fields(
    ticket_id: str, values: Mapping[str, Any], by: Staff | str, *, revision: int | None = None
) -> Ticket:
    """Fill in what is known; '' takes a value away, what is not named stays. Raises BadInput naming the
    field.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        fields = fields_of(ticket.category.fields) if ticket.category else ()
        kept = cleaned(fields, {**ticket.fields, **values})
        if kept != ticket.fields:
            keys = sorted(key for key in {*kept, *ticket.fields} if kept.get(key) != ticket.fields.get(key))
            ticket.fields, ticket.indexed = kept, False
            held.changed(ticket, "fields", "indexed")
            held.tell(ticket, "fields", by, {"keys": keys}, announce="ticket.changed")
    return ticket


def set_tier(ticket_id: str, tier: str, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Say of which tier the asker is; what policy holds for it may change with it."""
    said = one_line(tier, 40)
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if ticket.tier != said:
            was, ticket.tier = ticket.tier, said
            held.changed(ticket, "tier")
            held.tell(ticket, "tier", by, {"from": was, "to": said}, announce="ticket.changed", policies=True)
    return ticket


def set_subject(ticket_id: str, subject: str, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Name the question better."""
    said = one_line(subject, 200)
    if not said:
        raise BadInput(Text("Give it a subject.", "请填写主题。"), field="subject")
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if ticket.subject != said:
            ticket.subject, ticket.indexed = said, False
            held.changed(ticket, "subject", "indexed")
            held.tell(ticket, "subject", by)
    return ticket


def move_to_vendor(
    ticket_id: str, vendor_id: str | None, by: Staff | str, *, why: str = "", revision: int | None = None
) -> Ticket:
    """Put a ticket into a vendor's queue, or back into our own (None). Whoever does not answer that queue no
    longer owns it, so that those who do find it. Raises NotFound, Conflict.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        vendor = Vendor.objects.filter(pk=vendor_id, is_active=True).first() if vendor_id else None
        if vendor_id and vendor is None:
            raise NotFound(Text("There is no such vendor.", "不存在该外包商。"))
        if ticket.vendor_id == (vendor_id or None):
            return ticket
        was, ticket.vendor = ticket.vendor_id, vendor
        held.changed(ticket, "vendor")
        owner = ticket.assignee
        if owner is not None and (not may_see(owner, ticket) or vendor_of(owner) != vendor):
            ticket.assignee, ticket.assigned_at = None, None
            ticket.save(update_fields=["assignee", "assigned_at"])
        said = {"from": was, "to": vendor_id or None} | ({"why": one_line(why, 300)} if why else {})
        held.tell(ticket, "vendor", by, said, announce="ticket.changed", policies=True)
    return ticket


def set_team(ticket_id: str, team_slug: str, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Say which of our teams it is for ('' for none). Raises NotFound, Conflict."""
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        team = Team.objects.filter(slug=team_slug).first() if team_slug else None
        if team_slug and team is None:
            raise NotFound(Text("There is no such team.", "不存在该团队。"))
        if ticket.team_id != (team.pk if team else None):
            ticket.team = team
            held.changed(ticket, "team")
            held.tell(ticket, "team", by, {"to": team_slug})
    return ticket


def snooze(ticket_id: str, until: datetime, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Put it away until a time (aware). Its clocks go on: whoever puts a question away still owes the answer.

    The asker's next message brings it back earlier. Raises BadInput, Conflict (solved).
    """
    now = clock.now()
    if until <= now:
        raise BadInput(Text("Choose a time to come.", "请选择将来的时间。"), field="until")
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if not ticket.is_open:
            raise Conflict(Text("It is solved already.", "该工单已解决。"), code="ticket_solved")
        ticket.snoozed_until = until
        held.changed(ticket, "snoozed_until", at=now)
        held.tell(ticket, "snoozed", by, {"until": until.isoformat()}, announce="ticket.changed", at=now)
    return ticket


def wake(ticket_id: str, by: Staff | str = held.SYSTEM) -> Ticket:
    """Bring back what was put away; a ticket that was not stays as it is."""
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by)
        if ticket.snoozed_until is not None:
            ticket.snoozed_until = None
            held.changed(ticket, "snoozed_until", seen=False)
            held.tell(ticket, "woken", by, announce="ticket.changed")
    return ticket


def _called(ticket: Ticket, ids: set[int]) -> set[int]:
    if len(ids) > MOST_MENTIONS:
        raise BadInput(
            Text(f"At most {MOST_MENTIONS} colleagues at once.", f"一次最多提及 {MOST_MENTIONS} 位同事。"),
            field="mentions",
        )
    found = Staff.objects.filter(Q(pk__in=ids), is_active=True).prefetch_related("grants")
    return {one.pk for one in found if may_see(one, ticket)}
