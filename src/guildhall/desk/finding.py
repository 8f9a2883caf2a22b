"""The search index of tickets: all words of a subject and of everything said in the ticket, Chinese and
English.

Filled after the fact by the ticker, oldest first: a ticket says itself whether it is indexed as it stands, in
the same row and transaction. Asked by words a ticket must all hold, or by its number.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from guildhall.channels import sql
from guildhall.core.searchtext import fts5_match, index_terms, query_terms, tsquery
from guildhall.desk.models import Attachment, Entry, Ticket

CHUNK = 100
TURN_S = 0.3
LONGEST = 60_000
"""So many characters of one ticket are indexed, the newest first."""
_NUMBER = re.compile(r"#?(\d{1,15})")
_BY_FTS = "SELECT rowid FROM desk_ticket_fts WHERE desk_ticket_fts MATCH %s AND rowid > %s AND rowid <= %s"
# The array is a fence: without it PostgreSQL guesses that words nobody wrote are common and walks everything.
_BY_TSVECTOR = (
    "SELECT unnest(ARRAY(SELECT number FROM desk_ticketdoc"
    " WHERE tsv @@ %s::tsquery AND number > %s AND number <= %s))"
)
_ALL = (0, 2**62)
_FIRST_NUMBERS = 4000


def matching(words: str, numbers: tuple[int, int] = _ALL) -> Q | None:
    """The condition that a ticket holds all of these words or has this number; None: nothing is asked.

    numbers: only those above the first and up to the second are looked through.
    """
    terms = query_terms(words)
    if not terms:
        return None
    if connection.vendor == "postgresql":
        found = RawSQL(_BY_TSVECTOR, [tsquery(terms), *numbers])
    else:
        found = RawSQL(_BY_FTS, [fts5_match(terms), *numbers])
    said = Q(number__in=found)
    number = _NUMBER.fullmatch(words.strip())
    return said | Q(number=int(number[1])) if number else said


def search(words: str, among: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those of some tickets that hold all of these words; none when only punctuation is asked for."""
    condition = matching(words)
    return among.none() if condition is None else among.filter(condition)


def newest(words: str, among: QuerySet[Ticket], most: int, before: int = 0) -> list[Ticket]:
    """The newest `most` of them, of those numbered below `before` (0: all). Looks through the newest numbers
    first and goes back only as far as it has to, so that a common word costs no more than a rare one.
    """
    top = Ticket.objects.order_by("-number").values_list("number", flat=True).first() or 0
    high, width = (before - 1 if before else top), _FIRST_NUMBERS
    found: list[Ticket] = []
    while high > 0 and len(found) < most:
        low = max(0, high - width)
        condition = matching(words, (low, high))
        if condition is None:
            return []
        window = among.filter(condition, number__gt=low, number__lte=high)
        found += window.order_by("-number")[: most - len(found)]
        high, width = low, width * 4
    return found


def index_pending(limit: int = CHUNK) -> int:
    """Index up to `limit` tickets that are not; returns how many (0: nothing left)."""
    rows = list(
        Ticket.objects.filter(indexed=False).order_by("id").values_list("id", "number", "subject")[:limit]
    )
    if not rows:
        return 0
    with transaction.atomic():
        # Claimed before it is read: what is said while we read makes the ticket due again.
        ids = [row[0] for row in rows]
        Ticket.objects.filter(pk__in=ids).update(indexed=True)
        texts = _texts(ids)
        docs = [
            (number, pk, " ".join(index_terms("\n".join([subject, *texts[pk]])[:LONGEST])))
            for pk, number, subject in rows
        ]
        _store(docs)
    return len(rows)


def index_for_a_while(now: datetime | None = None) -> None:
    """One turn of the ticker: index for at most `TURN_S` seconds."""
    deadline = time.monotonic() + TURN_S
    while index_pending() == CHUNK and time.monotonic() < deadline:
        pass


def _texts(ids: list[str]) -> dict[str, list[str]]:
    """What was said in tickets and what their files and fields are called, newest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for pk, values in Ticket.objects.filter(pk__in=ids).values_list("pk", "fields"):
        found[pk].extend(str(one) for one in values.values())
    entries = Entry.objects.filter(ticket_id__in=ids).exclude(text="").order_by("-id")
    for ticket, text in entries.values_list("ticket_id", "text"):
        found[ticket].append(text)
    files = Attachment.objects.filter(entry__ticket_id__in=ids)
    for ticket, name in files.values_list("entry__ticket_id", "name"):
        found[ticket].append(name)
    return found


def _store(docs: list[tuple[int, str, str]]) -> None:
    tail = "ON CONFLICT (number) DO UPDATE SET terms = excluded.terms"
    if connection.vendor == "postgresql":
        sql.run(
            "INSERT INTO desk_ticketdoc (number, ticket_id, terms) "
            f"SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) {tail}",
            [list(column) for column in zip(*docs, strict=True)],
            fetch=False,
        )
    else:
        sql.run_many(
            f"INSERT INTO desk_ticketdoc (number, ticket_id, terms) VALUES (%s, %s, %s) {tail}", docs
        )
