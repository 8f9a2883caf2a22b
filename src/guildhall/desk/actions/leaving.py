"""An answer leaves: its seconds are over, the platform is asked, and what became of it comes back to the
ticket.

The clocks learn of an answer when it can no longer be taken back, with the time it was written; one that was
taken back never was. What a platform refuses stands in the ticket with the reason, and the asker waits again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from guildhall.channels import actions as channels
from guildhall.channels import enclosures, registry, waiting
from guildhall.channels.models import Message, Space
from guildhall.channels.port import Act
from guildhall.compliance.acts import Act as Said
from guildhall.compliance.gate import may
from guildhall.compliance.regions import UNKNOWN
from guildhall.core import clock
from guildhall.core.clearance import Clearance
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.core.text import Text
from guildhall.desk.actions import held
from guildhall.desk.actions.working import apply_status
from guildhall.desk.attachments import Kept
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.routes import Place, route
from guildhall.effects import webhooks
from guildhall.effects.models import Effect
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.effects.types import State as EffectState

KIND = "desk.reply"
AT_ONCE = 500
FORGOTTEN_AFTER = timedelta(days=1)
State = Entry.State


def leave_effect(entry: Entry) -> NewEffect:
    """What sends an answer when its time has come; answers of one ticket leave in the order they were
    written.
    """
    return NewEffect(
        KIND,
        {"entry": entry.pk, "try": entry.data["try"]},
        order_key=f"ticket:{entry.ticket_id}",
        unique_key=f"{KIND}:{entry.pk}:{entry.data['try']}",
        due_at=entry.send_at,
        priority=50,
        cause=f"ticket:{entry.ticket_id}",
    )


def leave(effect: Claimed) -> Done:
    """Perform one `desk.reply`: once only, for an answer that left is not held any more."""
    with transaction.atomic():
        _leave(str(effect.payload["entry"]), int(effect.payload["try"]))
    return Done()


def plan_of(ticket: Ticket, entry: Entry, files: Sequence[Kept]) -> tuple[Act, Clearance] | None:
    """How an answer goes out, checked by compliance and by the platform's rules; None where the asker fetches
    it from us. Writes nothing. Raises BadInput, NotAllowed, Unsupported.
    """
    act = _act(ticket, entry)
    if act is None:
        if files:
            raise BadInput(Text("Files cannot go this way.", "该渠道无法发送文件。"), field="files")
        return None
    space = Space.objects.get(pk=act.space_id)
    region = space.region
    if ticket.member is not None and entry.where == Entry.Where.PRIVATE:
        region = ticket.member.region or region
    clearance = _cleared(region, entry)
    limits = registry.get(space.platform).limits
    if files and not limits.media:
        none = Text(
            "This platform takes no files from us: say it in words, or give a link.",
            "该平台无法发送文件，请改用文字或链接说明。",
        )
        raise BadInput(none, field="files")
    if len(files) > limits.media:
        raise BadInput(
            Text(
                f"This platform takes {limits.media} files at once.",
                f"该平台一次最多发送 {limits.media} 个文件。",
            ),
            field="files",
        )
    if files and limits.caption and limits.count(entry.text) > limits.caption:
        raise BadInput(
            Text(
                f"Beside files this platform takes {limits.caption} characters.",
                f"附带文件时，该平台最多 {limits.caption} 个字符。",
            ),
            field="text",
        )
    channels.plan(act, clearance=clearance)
    return act, clearance


def _cleared(region: str, entry: Entry) -> Clearance:
    try:
        decision = may(Said.SERVICE, region, entry.text, language=entry.language)
    except ValueError:
        decision = may(Said.SERVICE, UNKNOWN, entry.text, language=entry.language)
    clearance = decision.require()
    entry.text = decision.text
    return clearance


def _act(ticket: Ticket, entry: Entry) -> Act | None:
    return route(
        entry.where,
        _place(ticket, ticket.space_id),
        _place(ticket, ticket.private_space_id or _talk_with(ticket)),
        ticket.account_id or "",
        entry.text,
        lambda platform, verb: registry.get(platform).capabilities[verb].supported,
    )


def _talk_with(ticket: Ticket) -> str | None:
    """A private talk with the asker on the platform they asked on, if they have one with us."""
    if ticket.account_id is None or ticket.space is None or ticket.space.kind == "private":
        return None
    return (
        Space.objects.filter(
            platform=ticket.space.platform, kind="private", archived_at__isnull=True,
            members__account_id=ticket.account_id,
        )
        .exclude(pk=ticket.space_id)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )  # fmt: skip


def _place(ticket: Ticket, space_id: str | None) -> Place | None:
    if space_id is None:
        return None
    space = Space.objects.filter(pk=space_id).first()
    if space is None:
        return None
    last = (
        Entry.objects.filter(
            Q(ticket=ticket) | Q(ticket__merged_into=ticket),
            kind=Entry.Kind.CUSTOMER, message__space_id=space_id, message__removed_at__isnull=True,
        )
        .order_by("-pk")
        .values_list("message_id", "message__thread_id")
        .first()
    )  # fmt: skip
    message, thread = last or ("", "")
    return Place(
        space.pk, space.platform, ticket.way in ("private", "email") or space.kind == "private",
        message or "", thread or (ticket.thread_id if space_id == ticket.space_id else ""),
    )  # fmt: skip


def _leave(entry_id: str, attempt: int) -> None:
    """The platform is asked and the clocks are told, in one transaction."""
    entry = Entry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None or entry.state != State.HELD or entry.data.get("try") != attempt:
        return
    ticket = held.surviving(held.locked(entry.ticket_id, merged=True))
    origin = ticket if ticket.pk == entry.ticket_id else Ticket.objects.get(pk=entry.ticket_id)
    now = clock.now()
    try:
        with transaction.atomic():
            _ask(origin, entry, attempt)
    except GuildhallError as error:
        _fail(entry, ticket, error.text.for_language(_reader(entry)), counted=False)
        return
    entry.save(update_fields=["state", "text", "data"])
    if attempt == 1 or not entry.data.get("counted"):
        count_answer(ticket, entry, now)
    webhooks.announce("ticket.replied", held.payload(ticket) | {"entry": entry.pk})
    then = str(entry.data.get("then", ""))
    if then and ticket.merged_into_id is None:
        _then(ticket, entry, then)


def _ask(ticket: Ticket, entry: Entry, attempt: int) -> None:
    files = list(entry.attachments.all())
    planned = plan_of(ticket, entry, [])
    if planned is None:
        entry.state = State.SENT
        return
    act, clearance = planned
    if files:
        media = tuple(enclosures.keep(one.name, bytes(one.body), by=entry.by) for one in files)
        act = Act(
            act.verb, act.space_id, account_id=act.account_id, text=act.text, reply_to=act.reply_to,
            thread_id=act.thread_id, media=media,
        )  # fmt: skip
    key = f"desk.said:{entry.pk}:{attempt}"
    channels.request_many(
        [channels.Wanted(act, clearance, key, priority=50)], actor=entry.by, reason=f"ticket:{ticket.pk}"
    )
    entry.state = State.QUEUED
    entry.data = {**entry.data, "key": key}


def count_answer(ticket: Ticket, entry: Entry, now: datetime) -> None:
    """Note on the ticket and its clocks that the asker was answered. The ticket's row is held."""
    entry.data = {**entry.data, "counted": True}
    entry.save(update_fields=["data"])
    ticket.first_reply_at = ticket.first_reply_at or entry.at
    ticket.last_reply_at = entry.at
    if ticket.waiting_since is not None and ticket.waiting_since <= entry.at:
        ticket.waiting_since = None
    ticket.replies += 1
    ticket.indexed = False
    held.changed(
        ticket, "first_reply_at", "last_reply_at", "waiting_since", "replies", "indexed", at=now, seen=False
    )
    held.tell_many([(ticket, [("agent_reply", "", entry.at)])], at=now)


def _then(ticket: Ticket, entry: Entry, status: str) -> None:
    """The status that was to follow; where it cannot (a field was emptied meanwhile) the ticket says so."""
    by: Any = entry.author or entry.by
    try:
        with transaction.atomic():
            apply_status(ticket, status, by)
    except GuildhallError as error:
        ticket.refresh_from_db()
        held.tell(ticket, "status_refused", by, {"to": status, "code": error.code})


def _fail(entry: Entry, ticket: Ticket, why: str, *, counted: bool) -> None:
    entry.state, entry.problem = State.FAILED, why[:300]
    entry.save(update_fields=["state", "problem"])
    ended = ticket.status in (Ticket.Status.SOLVED, Ticket.Status.CLOSED, Ticket.Status.PENDING)
    if ended and counted and entry.data.get("then") == ticket.status:
        apply_status(ticket, Ticket.Status.OPEN, held.SYSTEM)
    ticket.waiting_since = ticket.waiting_since or ticket.last_customer_at
    held.changed(ticket, "waiting_since", seen=False)
    held.tell(ticket, "reply_failed", held.SYSTEM, {"entry": entry.pk}, announce="ticket.reply_failed")


def _reader(entry: Entry) -> str:
    return entry.author.language if entry.author is not None else "en"


def collect(now: datetime | None = None) -> int:
    """Note what became of answers that are on their way; returns how many came to an end. On the ticker."""
    # From both ends: what waits long for a person must not hide what was sent a moment ago.
    queued = Entry.objects.filter(state=State.QUEUED).values_list("pk", "data", "at")
    rows = {row[0]: row for end in ("pk", "-pk") for row in queued.order_by(end)[:AT_ONCE]}.values()
    keys = {str(data.get("key", "")): (pk, at) for pk, data, at in rows}
    if not keys:
        return 0
    told = {
        str(one.unique_key): one
        for one in Effect.objects.filter(unique_key__in=keys).only(
            "id", "unique_key", "state", "error", "result", "payload"
        )
    }
    ended = 0
    for key, (pk, at) in keys.items():
        found = told.get(key)
        if found is not None and EffectState(found.state) in (
            EffectState.QUEUED, EffectState.LEASED, EffectState.RUNNING,
        ):  # fmt: skip
            continue
        if found is None and clock.now() - at < FORGOTTEN_AFTER:
            continue
        with transaction.atomic():
            ended += _note_end(pk, found)
    return ended


def _note_end(entry_id: str, effect: Effect | None) -> int:
    entry = Entry.objects.select_for_update().get(pk=entry_id)
    if entry.state != State.QUEUED:
        return 0
    if effect is None:
        _settle(entry, sent=False, why=Text("Nobody knows whether it was sent.", "无法确认是否已发送。"))
        return 1
    match EffectState(effect.state):
        case EffectState.DONE:
            result = effect.result or {}
            if result.get("waiting"):
                return 0
            external = str(result.get("external_id") or f"out:{effect.pk}")
            message = Message.objects.filter(
                space_id=effect.payload["space_id"], external_id=external
            ).first()
            _settle(entry, sent=True, message_id=message.pk if message else "")
        case EffectState.DEAD:
            _settle(entry, sent=False, why=Text(effect.error, effect.error))
        case EffectState.CANCELLED:
            _settle(entry, sent=False, why=Text("Somebody called it off.", "发送已被取消。"))
        case EffectState.UNCERTAIN if not entry.problem:
            entry.problem = Text(
                "Nobody knows whether it arrived; somebody decides under Effects.",
                "无法确认是否送达，请在“任务”页面处理。",
            ).for_language(_reader(entry))
            entry.save(update_fields=["problem"])
            return 0
        case _:
            return 0
    return 1


def _settle(entry: Entry, *, sent: bool, message_id: str = "", why: Text | None = None) -> None:
    ticket = held.surviving(held.locked(entry.ticket_id, merged=True))
    if not sent:
        _fail(entry, ticket, (why or Text("", "")).for_language(_reader(entry)), counted=True)
        return
    entry.state, entry.problem = State.SENT, ""
    if message_id and not Entry.objects.filter(ticket_id=entry.ticket_id, message_id=message_id).exists():
        entry.message_id = message_id
    entry.save(update_fields=["state", "problem", "message"])
    webhooks.announce("ticket.reply_sent", held.payload(ticket) | {"entry": entry.pk})


def hear_of_waiting(settled: waiting.Settled) -> None:
    """Somebody posted by hand what an answer waited for, or said that it will not be posted."""
    effect = Effect.objects.filter(pk=settled.effect_id).values_list("unique_key", flat=True).first()
    if not (effect or "").startswith("desk.said:"):
        return
    entry = Entry.objects.select_for_update().filter(pk=str(effect).split(":")[1], state=State.QUEUED).first()
    if entry is None:
        return
    if settled.ending is waiting.Ending.DONE:
        _settle(entry, sent=True, message_id=settled.message_id)
    else:
        why = settled.reason or "not posted"
        _settle(entry, sent=False, why=Text(why, settled.reason or "未发布"))
