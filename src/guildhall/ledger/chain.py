"""Links committed postings into a hash chain, beside the writers, in batches: nobody who posts waits for it.

Each seal also stands in the audit, whose own chain and anchors keep it; so whoever rewrites postings and
every later seal is still found out. Posting ids are in order of commit, so a seal is simply a range of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction

from guildhall.core import audit, clock
from guildhall.core.audit_chain import GENESIS, Link, link
from guildhall.ledger.models import Posting, Seal

SEALED, STARTED_OVER = "ledger.sealed", "ledger.started_over"
_ADVISORY_LOCK = 7_032
_LEAF_COLUMNS = ("id", "body_hash", "booked_on", "recorded_at", "by")


@dataclass(frozen=True, slots=True)
class Booked:
    """What a posting's leaf covers: its body by hash, its number, the day it is counted in, who and when."""

    number: int
    body_hash: str
    booked_on: date
    recorded_at: datetime
    by: str

    @property
    def id(self) -> str:
        return str(self.number)

    def leaf(self) -> bytes:
        """32 bytes that no other posting has."""
        at = self.recorded_at.astimezone(UTC).isoformat()
        said = f"{self.number}\n{self.body_hash}\n{self.booked_on.isoformat()}\n{at}\n{self.by}"
        return hashlib.sha256(said.encode()).digest()


def seal(limit: int = 20_000) -> int:
    """Seal up to `limit` committed postings as one link; returns how many. Cheap when there are none."""
    if not _after(_last_sealed(), 1):
        return 0
    with transaction.atomic():
        _one_at_a_time()
        entries = _after(_last_sealed(), limit)
        if entries:
            last = Seal.objects.order_by("-seq").first()
            made = link(last.seq + 1 if last else 1, last.hash if last else GENESIS, entries)
            Seal.objects.create(
                seq=made.seq,
                at=clock.now(),
                count=made.count,
                first_id=int(made.first_id),
                last_id=int(made.last_id),
                prev_hash=made.prev_hash,
                hash=made.hash,
                leaves=made.leaves,
            )
            audit.record(
                "system:ledger",
                SEALED,
                f"ledger_seal:{made.seq}",
                {"hash": made.hash, "count": made.count, "last": entries[-1].number},
            )
    return len(entries)


def seal_all() -> int:
    """Seal whatever is there; returns how many postings."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def links() -> Iterator[Link]:
    """Every seal as it stands, in order."""
    fields = ("seq", "count", "first_id", "last_id", "prev_hash", "hash", "leaves")
    seq = 0
    while rows := list(Seal.objects.filter(seq__gt=seq).order_by("seq").values_list(*fields)[:20]):
        for seq, count, first, last, prev_hash, digest, leaves in rows:
            yield Link(seq, count, str(first), str(last), prev_hash, digest, bytes(leaves))
        seq = rows[-1][0]


def between(first: int, last: int) -> list[Booked]:
    """The postings of a range of numbers, both ends included, in order."""
    rows = Posting.objects.filter(pk__gte=first, pk__lte=last).order_by("id").values_list(*_LEAF_COLUMNS)
    return [Booked(*row) for row in rows]


def day_hash(before: str, day: date) -> tuple[str, int, int]:
    """The hash of a day over the day before and the leaves of what is booked on it; how many postings that
    is, and how many of them belong to earlier days.
    """
    digest = hashlib.sha256(f"{before}\n{day.isoformat()}\n".encode())
    count = late = 0
    rows = Posting.objects.filter(booked_on=day).order_by("id").values_list(*_LEAF_COLUMNS, "effective_on")
    for *said, effective_on in rows.iterator(chunk_size=5_000):
        digest.update(Booked(*said).leaf())
        count += 1
        late += effective_on < day
    return digest.hexdigest(), count, late


def _last_sealed() -> int:
    return Seal.objects.order_by("-seq").values_list("last_id", flat=True).first() or 0


def _after(posting_id: int, limit: int) -> list[Booked]:
    rows = Posting.objects.filter(pk__gt=posting_id).order_by("id").values_list(*_LEAF_COLUMNS)
    return [Booked(*row) for row in rows[:limit]]


def _one_at_a_time() -> None:
    """On SQLite the transaction itself is alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
