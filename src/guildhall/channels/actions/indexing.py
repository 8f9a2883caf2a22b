"""Fills the search index after the hot commit, in small chunks, oldest first; whatever was cut short is
simply still to do.

A message says itself whether its present wording is indexed, in the same row and transaction, so a kill at
any line loses nothing and repeats nothing, and two indexers may run side by side.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from guildhall.channels import sql
from guildhall.channels.models import Message
from guildhall.core.searchtext import index_terms

CHUNK = 200
"""Messages indexed in one transaction: few enough that a writer behind it waits only some milliseconds."""
TURN_S = 0.3


def index_pending(limit: int = CHUNK) -> int:
    """Index up to `limit` messages that are not; returns how many were looked at (0: nothing left)."""
    rows = list(
        Message.objects.filter(indexed=False)
        .order_by("id")
        .values_list("id", "version", "text", "links")[:limit]
    )
    if not rows:
        return 0
    # Links behind buttons and words are searched for too: their addresses stand beside the text.
    terms = {
        pk: (version, " ".join(index_terms(" ".join([text, *(str(link.get("url", "")) for link in links)]))))
        for pk, version, text, links in rows
    }
    with transaction.atomic():
        claimed = sql.run(
            f"UPDATE channels_message SET indexed = %s WHERE {sql.any_of('id')} AND NOT indexed "
            "RETURNING id, version",
            [True, sql.many(terms)],
        )
        docs = [(pk, version, terms[pk][1]) for pk, version in sorted(claimed) if terms[pk][0] == version]
        _store(docs)
        edited = [pk for pk, version in claimed if terms[pk][0] != version]
        if edited:
            Message.objects.filter(id__in=edited).update(indexed=False)
    return len(rows)


def index_for_a_while(now: datetime | None = None) -> None:
    """One turn of the ticker: index for at most `TURN_S` seconds."""
    deadline = time.monotonic() + TURN_S
    while index_pending() == CHUNK and time.monotonic() < deadline:
        pass


def _store(docs: Sequence[tuple[str, int, str]]) -> None:
    if not docs:
        return
    tail = "ON CONFLICT (message_id) DO UPDATE SET version = excluded.version, terms = excluded.terms"
    if connection.vendor == "postgresql":
        sql.run(
            "INSERT INTO channels_searchdoc (message_id, version, terms) "
            f"SELECT * FROM unnest(%s::text[], %s::int[], %s::text[]) {tail}",
            [list(column) for column in zip(*docs, strict=True)],
            fetch=False,
        )
    else:
        sql.run_many(
            f"INSERT INTO channels_searchdoc (message_id, version, terms) VALUES (%s, %s, %s) {tail}",
            docs,
        )
