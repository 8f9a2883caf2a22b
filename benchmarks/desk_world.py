"""Fills a house made by `world` with a desk: tickets over the same days, what was said in them, their clocks
and search terms, and the agents who work on them. The same desk for the same seed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from benchmarks import phrases
from benchmarks.world import NOW, World, chunks, terms_of, ulid

OPEN_SHARE = 0.08
"""So many of all tickets are still in hand: with 100,000 tickets some 40 for each of 200 agents."""
UNASSIGNED_SHARE = 0.1
_LONG_TALK = 0.01
_TICKET = (
    "id number subject status priority category fields way language tier space thread_id private_space"
    " account member external_key vendor team assignee assigned_at policy_version opened_at changed_at"
    " waiting_since first_reply_at last_customer_at last_reply_at solved_at closed_at reopened replies"
    " snoozed_until next_due_at breached merged_into split_from is_spam rating rating_comment rated_at"
    " opened_by revision indexed"
)
_ENTRY = "id ticket kind text language message author by where state send_at problem data at"
_CLOCK = (
    "ticket metric instance started_at state elapsed_seconds as_of target_seconds calendar policy_version"
    " due_at warn_at warn_share warned_share warned_at met_at breached_at announced_at"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One ticket as it is written: its row, its entries, its clocks, the words it is found by."""

    ticket: tuple[Any, ...]
    entries: list[tuple[Any, ...]]
    clocks: list[tuple[Any, ...]]
    timeline: list[tuple[Any, ...]]
    doc: tuple[Any, ...]


def tickets(world: World, count: int, agents: list[int], categories: list[str]) -> Iterator[Said]:
    """`count` tickets, the oldest first; those in hand are spread over the last days."""
    random = Random(world.seed + 1)
    for n in range(count):
        yield _ticket(world, n, count, agents, categories, random)


def _ticket(
    world: World, n: int, count: int, agents: list[int], categories: list[str], random: Random
) -> Said:
    at = world.began + (NOW - world.began) * ((n + 1) / (count + 1))
    pk = ulid(at, 3_000_000 + n)
    in_hand = random.random() < OPEN_SHARE * 2 * n / count
    space = random.randrange(len(world.space_ids))
    chinese = world.is_chinese(space)
    language = "zh-hans" if chinese else "en"
    person = random.randrange(world.members)
    agent = None if in_hand and random.random() < UNASSIGNED_SHARE else random.choice(agents)
    texts = [
        phrases.sentence(random, chinese=chinese)
        for _ in range(60 if random.random() < _LONG_TALK else random.randint(1, 8))
    ]
    subject = texts[0][:200]
    status = "open" if in_hand and random.random() < 0.8 else "pending" if in_hand else "closed"
    due = NOW + timedelta(minutes=random.randint(-120, 1440)) if status == "open" else None
    is_late = due is not None and due < NOW
    last = min(NOW, at + timedelta(minutes=7 * len(texts)))
    way = random.choice(("group", "group", "topic", "private", "webchat", "email"))
    over = None if in_hand else last
    message = int(random.random() * world.messages)
    ticket = (
        pk, n + 1, subject, status, random.choice(("normal", "normal", "normal", "low", "high", "urgent")),
        random.choice(categories), "{}", way, language, "", world.space_ids[space], "", None,
        world.account_ids[person], world.member_ids[person], None, None, None, agent, at if agent else None,
        None, at, last, at if status == "open" else None, None if in_hand else at, at, last, over, over, 0,
        len(texts) // 2, NOW + timedelta(hours=5) if in_hand and random.random() < 0.05 else None,
        None if is_late else due, is_late, None, None, False, None if in_hand else random.randint(1, 5), "",
        over, "system:desk", len(texts), True,
    )  # fmt: skip
    entries = [
        (
            ulid(at + timedelta(minutes=7 * k), 4_000_000 + n * 64 + k), pk,
            "customer" if k % 2 == 0 else "reply", text, language,
            ulid(world.when(message), message) if k == 0 else None, None if k % 2 == 0 else agent,
            "" if k % 2 == 0 else f"staff:{agent}", "group", "done" if k % 2 == 0 else "sent", None, "",
            json.dumps({}), at + timedelta(minutes=7 * k),
        )
        for k, text in enumerate(texts)
    ]  # fmt: skip
    told = [(pk, at.replace(microsecond=0), "opened", "normal")]
    return Said(ticket, entries, _clocks(pk, at, due, is_late, over), told, (n + 1, pk, _terms(texts)))


def _clocks(
    pk: str, at: datetime, due: datetime | None, is_late: bool, over: datetime | None
) -> list[tuple[Any, ...]]:
    state = "met" if over else "running" if due else "paused"
    shown = due if state == "running" and not is_late else None
    tail = (shown, None, 0, 0, None, over, due if is_late else None, due if is_late else None)
    return [
        (pk, metric, 1, at, state, 600, at, target, "always", None, *tail)
        for metric, target in (("first_response", 1800), ("resolution", 28_800))
    ]


def _terms(texts: list[str]) -> str:
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(terms_of(text).split()))
    return " ".join(found)


def build(world: World, count: int, agents: list[int], say: Callable[[str], None] = print) -> None:
    """Fill the empty tables of the desk."""
    from django.db import connection, transaction

    from guildhall.core import bulk
    from guildhall.desk.finding import _store
    from guildhall.desk.models import Category, Entry, Ticket, TimelineEvent
    from guildhall.desk.models.clocks import Clock

    began = time.monotonic()
    categories = list(Category.objects.values_list("pk", flat=True))
    for chunk in chunks(tickets(world, count, agents, categories)):
        with transaction.atomic():
            bulk.insert(Ticket, _TICKET.split(), [one.ticket for one in chunk])
            _fill(bulk, Entry, _ENTRY, (row for one in chunk for row in one.entries))
            _fill(bulk, Clock, _CLOCK, (row for one in chunk for row in one.clocks))
            _fill(bulk, TimelineEvent, "ticket at type value", (row for one in chunk for row in one.timeline))
            _store([one.doc for one in chunk])
        say(f"  {chunk[-1].ticket[1]:,} tickets: {time.monotonic() - began:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _fill(bulk: Any, model: Any, columns: str, rows: Iterable[Any]) -> None:
    for chunk in chunks(rows):
        bulk.insert(model, columns.split(), chunk)
