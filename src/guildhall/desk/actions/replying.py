"""Answers: written, held for some seconds in which they can be taken back, then given to the platform.

Words that ask for a secret, and words compliance does not clear, are refused while the colleague still looks
at them. What happens when the seconds are over stands in `leaving`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from guildhall.channels.text import clean, typed
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk import attachments, linting, placeholders
from guildhall.desk.actions import held
from guildhall.desk.actions.fetching import rows_of
from guildhall.desk.actions.leaving import count_answer, leave_effect, plan_of
from guildhall.desk.actions.working import check_solvable, set_category, set_priority
from guildhall.desk.models import Attachment, Entry, Macro, Ticket
from guildhall.effects import actions as effects
from guildhall.effects import webhooks
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

LONGEST_REPLY = 10_000
LONGEST_UNDO_S = 120
MOST_FILES = 10
State = Entry.State


def reply(
    ticket_id: str,
    *,
    by: Staff | str,
    text: str,
    where: str,
    files: Sequence[tuple[str, bytes]] = (),
    macro_id: str = "",
    then_status: str = "",
    undo_s: int = 10,
    revision: int | None = None,
) -> Entry:
    """Answer the asker. It leaves after `undo_s` seconds, until then `unsend` takes it back.

    where: `group` (where it was asked, others may read it) or `private`. files: (name, bytes). then_status:
    set when it leaves. Raises NotFound, BadInput (empty, too long for the platform, `asks_for_secret`, a
    file), NotAllowed (`compliance`), Unsupported (the platform cannot, with what to do instead), Conflict
    (`ticket_changed`).
    """
    if where not in (Entry.Where.GROUP, Entry.Where.PRIVATE):
        raise BadInput(Text("Say where to answer.", "请选择回复位置。"), field="where")
    if then_status and then_status not in Ticket.Status.values:
        raise BadInput(Text("There is no such status.", "不存在该状态。"), field="then_status")
    if not 0 <= undo_s <= LONGEST_UNDO_S:
        raise BadInput(Text(f"0 to {LONGEST_UNDO_S} seconds.", f"0 至 {LONGEST_UNDO_S} 秒。"), field="undo_s")
    if len(files) > MOST_FILES:
        raise BadInput(Text(f"At most {MOST_FILES} files.", f"最多 {MOST_FILES} 个文件。"), field="files")
    kept = [attachments.accept(name, body) for name, body in files]
    now = clock.now()
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        author = held.colleague(by)
        said = placeholders.finish(typed(text), ticket, author)
        _check_words(said)
        if macro_id:
            _set_beside(ticket, macro_id, by)
        if then_status == Ticket.Status.SOLVED:
            check_solvable(ticket)
        entry = Entry(
            ticket=ticket,
            kind=Entry.Kind.REPLY,
            text=said,
            language=ticket.language,
            author=author,
            by=actor_of(by),
            where=where,
            state=State.HELD,
            send_at=now + timedelta(seconds=undo_s),
            data={"then": then_status, "macro": macro_id, "try": 1},
            at=now,
        )
        plan_of(ticket, entry, kept)
        entry.save(force_insert=True)
        Attachment.objects.bulk_create(rows_of(entry, kept))
        effects.enqueue(leave_effect(entry))
        ticket.indexed = False
        held.changed(ticket, "indexed", at=now)
        audit.record(
            actor_of(by), "ticket.replied", f"ticket:{ticket.pk}",
            {"entry": entry.pk, "where": where, "files": len(kept), "macro": macro_id},
        )  # fmt: skip
    return entry


def unsend(entry_id: str, by: Staff | str) -> Entry:
    """Take an answer back before it left. Raises NotFound, Conflict (`too_late`: it left)."""
    with transaction.atomic():
        entry = _locked(entry_id, by)
        if entry.state == State.UNSENT:
            return entry
        if entry.state != State.HELD:
            raise Conflict(Text("It left already.", "该回复已发出，无法撤回。"), code="too_late")
        entry.state = State.UNSENT
        entry.save(update_fields=["state"])
        Ticket.objects.filter(pk=entry.ticket_id).update(
            changed_at=clock.now(), revision=F("revision") + 1, indexed=False
        )
        audit.record(actor_of(by), "ticket.unsent", f"ticket:{entry.ticket_id}", {"entry": entry.pk})
    return entry


def retry(entry_id: str, by: Staff | str) -> Entry:
    """Send an answer again that a platform refused, at once. Raises NotFound, Conflict (it did not fail)."""
    with transaction.atomic():
        entry = _locked(entry_id, by)
        if entry.state != State.FAILED:
            raise Conflict(Text("It did not fail.", "该回复并未发送失败。"), code="not_failed")
        entry.state, entry.problem, entry.send_at = State.HELD, "", clock.now()
        entry.data = {**entry.data, "try": int(entry.data.get("try", 1)) + 1}
        entry.save(update_fields=["state", "problem", "send_at", "data"])
        effects.enqueue(leave_effect(entry))
        audit.record(actor_of(by), "ticket.reply_retried", f"ticket:{entry.ticket_id}", {"entry": entry.pk})
    return entry


def add_answer_from_chat(
    ticket_id: str, *, by: Staff | str, text: str, message_id: str, where: str = "group"
) -> Entry:
    """Note what a colleague answered in the chat itself, with their own account: it counts like any answer.

    message_id: '' where no message of it is kept. The same message again is the same entry. Joins the
    caller's transaction or makes one. Raises NotFound.
    """
    now = clock.now()
    with transaction.atomic():
        ticket = held.surviving(held.locked(ticket_id, by=by, merged=True))
        known = Entry.objects.filter(ticket=ticket, message_id=message_id).first() if message_id else None
        if known is not None:
            return known
        entry = Entry.objects.create(
            ticket=ticket, kind=Entry.Kind.REPLY, text=clean(text), language=ticket.language,
            message_id=message_id or None, author=held.colleague(by), by=actor_of(by), where=where,
            state=State.SENT, data={"in_chat": True}, at=now,
        )  # fmt: skip
        count_answer(ticket, entry, now)
        audit.record(actor_of(by), "ticket.answered_in_chat", f"ticket:{ticket.pk}", {"entry": entry.pk})
        webhooks.announce("ticket.replied", held.payload(ticket) | {"entry": entry.pk})
    return entry


def _set_beside(ticket: Ticket, macro_id: str, by: Staff | str) -> None:
    """What a macro sets beside its words; its status is the colleague's to choose (`then_status`)."""
    macro = Macro.objects.filter(pk=macro_id).first()
    if macro is None:
        raise NotFound(Text("There is no such macro.", "不存在该快捷回复。"))
    Macro.objects.filter(pk=macro_id).update(used=F("used") + 1)
    if macro.does.get("priority"):
        set_priority(ticket.pk, macro.does["priority"], by)
    if macro.does.get("category"):
        set_category(ticket.pk, macro.does["category"], by)
    ticket.refresh_from_db()


def _check_words(said: str) -> None:
    if not said:
        raise BadInput(Text("Write something first.", "请先输入内容。"), field="text")
    if len(said) > LONGEST_REPLY:
        raise BadInput(
            Text(f"An answer has at most {LONGEST_REPLY} characters.", f"回复最长 {LONGEST_REPLY} 个字符。"),
            field="text",
        )
    left = placeholders.left_in(said)
    if left:
        raise BadInput(
            Text(f"{left[0]} is not known: write it yourself.", f"{left[0]} 没有内容，请手动填写。"),
            field="text", code="place_left",
        )  # fmt: skip
    problems = linting.check(said)
    if problems:
        raise BadInput(problems[0].why, field="text", code="asks_for_secret")


def _locked(entry_id: str, by: Staff | str) -> Entry:
    entry = Entry.objects.select_for_update().filter(pk=entry_id, kind=Entry.Kind.REPLY).first()
    if entry is None:
        raise NotFound(Text("There is no such answer.", "不存在该回复。"))
    held.locked(entry.ticket_id, by=by, merged=True)
    return entry
