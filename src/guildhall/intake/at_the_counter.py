"""What a batch brings to the desk: questions that open tickets, what their askers say next, changed and
deleted messages, answers that colleagues give in the chat itself, ratings by number.

Decided by `desk.doors`; read once a batch and written once a batch. A batch that meets no door costs one look
into a cache.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guildhall.channels import sql
from guildhall.channels.discord.models import DiscordBot
from guildhall.channels.models import Message, TelegramBot
from guildhall.channels.port import EntityKind, Inbound, Kind
from guildhall.core import reading
from guildhall.desk import doors, doors_in_force, scope
from guildhall.desk.actions import tickets
from guildhall.desk.actions.by_hand import way_of
from guildhall.desk.doors import Decision, Rules, Running, Said, What
from guildhall.desk.intents import language_of
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.telling import tell_opened
from guildhall.intake.at_the_counter_rating import rate_by_number
from guildhall.intake.batch import Arrived, Batch, Status
from guildhall.people.models import Account, Member

ACTOR = "system:desk"
GOES_ON_FOR = timedelta(days=7)
"""How long after it ended a ticket can still be gone on with."""
_ENDED = (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
_MENTIONS = (EntityKind.MENTION, EntityKind.TEXT_MENTION)
_WORD = re.compile(r"@[\w.]+")
Place = tuple[str, str]
"""Space and account."""


@dataclass(slots=True)
class _Answered:
    """The message that a message answers: whose it is, and the ticket it stands in."""

    is_ours: bool
    account_id: str
    staff_id: int | None
    ticket: Ticket | None = None


@dataclass(slots=True)
class _Counter:
    """What was read for a batch, and what it comes to."""

    answered: dict[tuple[str, str], _Answered]
    running: dict[Place, list[Running]]
    names: dict[tuple[str, str], str]
    drafts: list[tickets.Draft] = field(default_factory=list)
    joins: list[tuple[str, Arrived]] = field(default_factory=list)


def meet(batch: Batch, taken: Collection[str] = ()) -> None:
    """Bring the batch to the desk. taken: our ids of messages that were something else (a command, an answer
    at a gate, the reason of an appeal, a first message withheld). Inside the recording transaction.
    """
    if not doors_in_force.are_any():
        return
    ruled = [(one, rules) for one, rules in _ruled(batch) if one.item.id not in taken]
    if ruled:
        _meet(batch, ruled)
    _changes(batch)


def _ruled(batch: Batch) -> Iterable[tuple[Arrived, Rules]]:
    """New messages of people, where a door is open, that nobody removes."""
    for item in batch.items:
        inbound, space, account = item.inbound, item.space, item.account
        if not item.is_new or inbound is None or space is None or account is None:
            continue
        if inbound.kind is not Kind.MESSAGE or inbound.is_automatic or inbound.via_bot:
            continue
        if account.is_bot or (item.verdict is not None and item.verdict.removes):
            continue
        rules = doors_in_force.rules_of(space.id, space.platform, is_private=space.kind == "private")
        if rules is not None:
            yield Arrived(item, inbound, space, account), rules


def _meet(batch: Batch, ruled: list[tuple[Arrived, Rules]]) -> None:
    counter = _Counter(_answered(ruled), _running(ruled, batch.now), _names(ruled))
    words = doors_in_force.words()
    for one, rules in ruled:
        if one.account.is_staff:
            _answer_of_a_colleague(one, counter)
            continue
        if one.space.kind == "private" and rate_by_number(one):
            continue
        said = _said(one, counter)
        running = counter.running[one.space.id, one.account.id]
        decision = doors.decide(said, rules, running, words)
        _note(one, rules, said, decision, counter)
    opened = _open(counter, batch.now)
    tickets.add_customer_messages(
        [
            (
                opened[int(ticket_id[1:])].pk if ticket_id.startswith("+") else ticket_id,
                one.item.id,
                _text(one.inbound),
                one.inbound.sent_at,
            )
            for ticket_id, one in counter.joins
        ]
    )


def _note(one: Arrived, rules: Rules, said: Said, decision: Decision, counter: _Counter) -> None:
    running = counter.running[one.space.id, one.account.id]
    if decision.what is What.JOINS:
        counter.joins.append((decision.ticket_id, one))
        running[:] = [
            Running(r.ticket_id, said.at, True, r.thread_id) if r.ticket_id == decision.ticket_id else r
            for r in running
        ]
    elif decision.what is What.OPENS:
        running.append(Running(f"+{len(counter.drafts)}", said.at, True, said.thread_id))
        is_private = one.space.kind == "private"
        counter.drafts.append(
            tickets.Draft(
                way=way_of(one.space.platform, is_private=is_private, in_topic=bool(said.thread_id)),
                subject=str(one.inbound.raw.get("subject", "")) if one.space.platform == "email" else "",
                text=said.text,
                language=one.space.language,
                space_id=one.space.id,
                thread_id=said.thread_id,
                account_id=one.account.id,
                member_id=one.account.member_id,
                message_id=one.item.id,
                private_space_id=one.space.id if is_private else "",
                category=decision.category,
                priority=rules.priority,
                received_at=one.inbound.sent_at,
            )
        )


def _open(counter: _Counter, now: datetime) -> list[Ticket]:
    """Open what is new, each in its asker's language, and have the askers told."""
    if not counter.drafts:
        return []
    members = {one.member_id for one in counter.drafts}
    languages = reading.rows(Member, ("id", "language"), sql.any_of("id"), [sql.many(members)])
    spoken: dict[str, str] = dict(languages)
    drafts = [
        tickets.in_language(one, language_of(one.text, spoken.get(one.member_id) or one.language))
        for one in counter.drafts
    ]
    opened = tickets.open_many(drafts, by=ACTOR, at=now)
    tell_opened(opened)
    return opened


def _said(one: Arrived, counter: _Counter) -> Said:
    inbound = one.inbound
    answered = counter.answered.get((one.space.id, inbound.reply_to)) if inbound.reply_to else None
    own = answered is not None and answered.account_id == one.account.id
    to_us = answered is not None and (answered.is_ours or answered.staff_id is not None)
    ticket = answered.ticket if answered is not None else None
    is_theirs = ticket is not None and (
        ticket.account_id == one.account.id or ticket.member_id == one.account.member_id
    )
    is_letter = one.space.platform == "email"
    return Said(
        text=_text(inbound),
        at=inbound.sent_at,
        thread_id=inbound.thread_id,
        is_private=one.space.kind == "private",
        mentions_us=_mentions_us(inbound, counter.names),
        to_us=to_us,
        to_other=answered is not None and not to_us and not own and not is_letter,
        of_ticket=ticket.pk if ticket is not None and is_theirs else "",
        of_open_ticket=ticket is not None and ticket.status not in _ENDED,
    )


def _text(inbound: Inbound) -> str:
    """What was said; of a picture without words, that it is one."""
    if inbound.text.strip() or not inbound.media:
        return inbound.text
    return " ".join(f"[{one.kind.value}]" for one in inbound.media)


def _answered(ruled: list[tuple[Arrived, Rules]]) -> dict[tuple[str, str], _Answered]:
    """The messages that messages of the batch answer, with the tickets they stand in."""
    wanted = {(one.space.id, one.inbound.reply_to) for one, _ in ruled if one.inbound.reply_to}
    if not wanted:
        return {}
    found: dict[tuple[str, str], _Answered] = {}
    by_id: dict[str, tuple[str, str]] = {}
    for message in Message.objects.filter(
        space_id__in={space for space, _ in wanted}, external_id__in={str(ext) for _, ext in wanted}
    ).values_list("id", "space_id", "external_id", "direction", "account_id", "account__staff_id"):
        id_, space, external, direction, account, staff = message
        if (space, external) in wanted:
            is_ours = direction == Message.Direction.OUT
            found[space, external] = _Answered(is_ours, "" if is_ours else (account or ""), staff)
            by_id[id_] = (space, external)
    entries = Entry.objects.filter(message_id__in=by_id).select_related("ticket")
    for entry in entries:
        found[by_id[str(entry.message_id)]].ticket = entry.ticket
    return found


def _running(ruled: list[tuple[Arrived, Rules]], now: datetime) -> dict[Place, list[Running]]:
    """The tickets of those who speak, where they speak, that can be gone on with."""
    found: dict[Place, list[Running]] = defaultdict(list)
    pairs = {(one.space.id, one.account.id) for one, _ in ruled if not one.account.is_staff}
    if not pairs:
        return found
    columns = ("id", "space", "account", "status", "thread_id", "last_customer_at", "opened_at")
    rows = reading.rows(
        Ticket,
        columns,
        f"{sql.any_of('account_id')} AND (status IN ('open', 'pending') OR last_customer_at >= %s) "
        "AND merged_into_id IS NULL AND NOT is_spam ORDER BY id",
        [sql.many({account for _, account in pairs}), sql.time(now - GOES_ON_FOR)],
    )
    for id_, space, account, status, thread, heard, opened in rows:
        if (space, account) in pairs:
            found[space, account].append(Running(id_, heard or opened, status not in _ENDED, thread))
    return found


def _names(ruled: list[tuple[Arrived, Rules]]) -> dict[tuple[str, str], str]:
    """What our bots are called that hear messages with a mention in them."""
    asked = {
        (one.inbound.platform, one.inbound.receiver or one.space.receiver)
        for one, _ in ruled
        if "@" in one.inbound.text
    }
    telegram = [int(bot) for platform, bot in asked if platform == "telegram" and bot.isdigit()]
    discord = [int(bot) for platform, bot in asked if platform == "discord" and bot.isdigit()]
    found: dict[tuple[str, str], str] = {}
    if telegram:
        bots = TelegramBot.objects.filter(bot_id__in=telegram).values_list("bot_id", "username")
        found |= {("telegram", str(bot)): name.casefold() for bot, name in bots}
    if discord:
        others = DiscordBot.objects.filter(bot_id__in=discord).values_list("bot_id", "username")
        found |= {("discord", str(bot)): name.casefold() for bot, name in others}
    return found


def _mentions_us(inbound: Inbound, names: Mapping[tuple[str, str], str]) -> bool:
    if any(
        one.kind in _MENTIONS and one.account and one.account == inbound.receiver for one in inbound.entities
    ):
        return True
    name = names.get((inbound.platform, inbound.receiver))
    return bool(name) and any(word[1:].casefold() == name for word in _WORD.findall(inbound.text))


def _answer_of_a_colleague(one: Arrived, counter: _Counter) -> None:
    """A colleague answers, with their own account, a message that stands in a ticket."""
    answered = counter.answered.get((one.space.id, one.inbound.reply_to or ""))
    if answered is None or answered.ticket is None or one.account.id == answered.account_id:
        return
    account = Account.objects.select_related("staff").filter(pk=one.account.id).first()
    if account is None or account.staff is None or not account.staff.may("desk.work"):
        return
    if not scope.may_see(account.staff, answered.ticket):
        return
    tickets.add_answer_from_chat(
        answered.ticket.pk,
        by=account.staff,
        text=_text(one.inbound),
        message_id=one.item.id,
        where="private" if one.space.kind == "private" else "group",
    )


def _changes(batch: Batch) -> None:
    """Messages that were changed or deleted where a door is open."""
    edits, gone = [], []
    for item in batch.items:
        inbound, space = item.inbound, item.space
        if inbound is None or space is None or inbound.kind not in (Kind.EDIT, Kind.DELETE):
            continue
        if item.outcome is not None and item.outcome.status is not Status.RECORDED:
            continue
        if doors_in_force.rules_of(space.id, space.platform, is_private=space.kind == "private") is None:
            continue
        if inbound.kind is Kind.EDIT and item.id and not item.is_new:
            edits.append((item.id, _text(inbound)))
        elif inbound.kind is Kind.DELETE:
            gone += [(space.id, one) for one in inbound.message_ids or (inbound.message_id,)]
    if edits:
        tickets.note_edits(edits)
    if gone:
        found = Message.objects.filter(
            space_id__in={space for space, _ in gone}, external_id__in={one for _, one in gone}
        ).values_list("id", "space_id", "external_id")
        pairs = set(gone)
        tickets.note_deletions([id_ for id_, space, one in found if (space, one) in pairs])
