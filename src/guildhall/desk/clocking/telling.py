"""What the house is told when a clock ran short or ran out: a line in the ticket, the audit, who listens by
webhook, and the steps of the policy's chain. Inside the judge's transaction, for many clocks at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.db.models.functions import Coalesce

from guildhall.core import audit, bulk
from guildhall.core.text import Text
from guildhall.desk import chains
from guildhall.desk.clocking.replaying import Terms, Versions, whole
from guildhall.desk.clocking.warning import coming_warning
from guildhall.desk.models import Clock, Entry, EscalationChain, Ticket
from guildhall.effects import actions as effects
from guildhall.effects import webhooks
from guildhall.effects.types import NewEffect

SYSTEM = "system:desk"
STEP = "desk.chain_step"
NAMES = {
    Clock.Metric.FIRST_RESPONSE: Text("First response", "首次响应"),
    Clock.Metric.NEXT_RESPONSE: Text("Next response", "后续响应"),
    Clock.Metric.RESOLUTION: Text("Resolution", "解决时限"),
}
BREACHED = Text("{metric} is overdue since {at} (UTC).", "{metric}已超时，超时时间：{at}（UTC）。")
SHORT = Text("{metric}: {share} % of the time is used up.", "{metric}：时限已用 {share}%。")


def tell_breaches(rows: Sequence[Clock], now: datetime) -> None:
    """Write breaches down (`breached_at` is set on the rows) and tell of them."""
    if not rows:
        return
    bulk.update_many(
        Clock,
        "id",
        ("breached_at", "due_at", "warn_at", "warn_share", "announced_at"),
        [(row.pk, row.breached_at, None, None, 0, now) for row in rows],
    )
    tickets = _tickets(rows)
    running = Clock.objects.filter(ticket_id__in=tickets, state=Clock.State.RUNNING).order_by()
    due = dict(running.values_list("ticket_id").annotate(first=Min(Coalesce("due_at", "breached_at"))))
    bulk.update_many(
        Ticket, "id", ("next_due_at", "breached"), [(pk, due.get(pk), True) for pk in sorted(tickets)]
    )
    entries, deeds = [], []
    for row in rows:
        data = {"clock": row.pk, "metric": row.metric, "instance": row.instance, "at": _text(row.breached_at)}
        words = _words(BREACHED, row, at=_short(row.breached_at))
        entries.append(_entry(row, "clock_breached", data, words, now))
        deeds.append(audit.Entry(SYSTEM, "ticket.clock_breached", f"ticket:{row.ticket_id}", data))
    Entry.objects.bulk_create(entries)
    audit.record_many(deeds)
    webhooks.announce_many(
        ("ticket.breached", _payload(row, tickets[row.ticket_id]) | {"breached_at": _text(row.breached_at)})
        for row in rows
    )
    _set_going(rows, chains.BREACH)


def tell_warnings(rows: Sequence[Clock], now: datetime) -> int:
    """Tell of clocks that run short; returns how many. Whoever has the ticket is mentioned."""
    if not rows:
        return 0
    tickets = _tickets(rows)
    versions = _versions(rows)
    first = [row for row in rows if row.warned_share == 0]
    entries, changed, told = [], [], []
    for row in rows:
        data = {"clock": row.pk, "metric": row.metric, "instance": row.instance, "share": row.warn_share}
        entries.append(_entry(row, "clock_short", data, _words(SHORT, row, share=row.warn_share), now))
        told.append(("ticket.at_risk", _payload(row, tickets[row.ticket_id]) | {"share": row.warn_share}))
        following = coming_warning(row, versions.of(row.policy_version), row.warn_share)
        changed.append((row.pk, row.warn_share, now, *following))
    bulk.update_many(Clock, "id", ("warned_share", "warned_at", "warn_at", "warn_share"), changed)
    Entry.objects.bulk_create(entries)
    mention = Entry.mentions.through
    mention.objects.bulk_create(
        mention(entry_id=entry.pk, staff_id=owner)
        for entry in entries
        if (owner := tickets[entry.ticket_id].assignee_id) is not None
    )
    webhooks.announce_many(told)
    _set_going(first, chains.WARNING)
    return len(rows)


def _set_going(rows: Iterable[Clock], what: str) -> None:
    """Queue the steps of each clock's chain."""
    rows = list(rows)
    versions = _versions(rows)
    terms: dict[int, Terms] = {row.pk: versions.of(row.policy_version) for row in rows}
    wanted = {one.chain for one in terms.values() if one.chain}
    if not wanted:
        return
    known = {
        chain.pk: chains.steps_of(chain.steps)
        for chain in EscalationChain.objects.filter(pk__in=wanted, archived_at=None)
    }
    queued = []
    for row in rows:
        began = row.breached_at if what == chains.BREACH else row.warn_at
        for number, step in chains.since(known.get(terms[row.pk].chain, ()), what):
            queued.append(
                NewEffect(
                    STEP,
                    {"clock": row.pk, "number": number, "step": step.to_json()},
                    unique_key=f"{STEP}:{row.pk}:{what}:{number}",
                    due_at=whole(began) + timedelta(seconds=step.after_s) if began else None,
                    priority=30,
                    cause=f"ticket:{row.ticket_id}",
                )
            )
    effects.enqueue_many(queued)


def _tickets(rows: Iterable[Clock]) -> dict[str, Ticket]:
    wanted = {row.ticket_id for row in rows}
    found = Ticket.objects.filter(pk__in=wanted).only("id", "number", "status", "priority", "assignee_id")
    return {ticket.pk: ticket for ticket in found}


def _versions(rows: Iterable[Clock]) -> Versions:
    return Versions({row.policy_version for row in rows if row.policy_version is not None})


def _entry(row: Clock, what: str, data: dict[str, Any], words: Text, now: datetime) -> Entry:
    return Entry(
        ticket_id=row.ticket_id,
        kind=Entry.Kind.SYSTEM,
        by=SYSTEM,
        data={"what": what, **data, **words.to_json()},
        at=now,
    )


def _words(words: Text, row: Clock, **more: object) -> Text:
    name = NAMES[Clock.Metric(row.metric)]
    return Text(words.en.format(metric=name.en, **more), words.zh.format(metric=name.zh, **more))


def _payload(row: Clock, ticket: Ticket) -> dict[str, Any]:
    return {"ticket": ticket.pk, "number": ticket.number, "metric": row.metric, "instance": row.instance}


def _text(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _short(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"
