"""Seals committed audit entries into a hash chain, and proves that nothing was changed since.

The sealer runs beside the writers, every few seconds, so that no writer waits for the chain. Two sealers at
once are harmless: one waits for the other. An entry that became visible late goes into a later seal, and
into one only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction

from guildhall.core import audit_anchors as anchors
from guildhall.core import clock, troubles
from guildhall.core.audit_chain import (
    GENESIS,
    REWRITTEN,
    SEAL_MISSING,
    TAIL_CUT,
    Break,
    Link,
    Sealed,
    breaks_between,
    breaks_within,
    link,
)
from guildhall.core.models import AuditEntry, AuditSeal

_ADVISORY_LOCK = 7_002
_MOST_BREAKS = 1_000
_COLUMNS = ("id", "at", "actor", "verb", "subject", "data")


@dataclass(slots=True)
class Report:
    """What `verify` found. `head`: hash of the newest seal. `breaks` in order of the chain; empty means
    proven.
    """

    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    anchored: int = 0
    head: str = GENESIS
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return not self.breaks


def seal(limit: int = 5_000) -> int:
    """Seal up to `limit` committed entries as one link; returns how many. Cheap when there are none."""
    if not AuditEntry.objects.filter(seal=None).exists():
        _remember_seals()
        return 0
    with transaction.atomic():
        _one_at_a_time()
        entries = _entries(seal=None, limit=limit)
        if entries:
            last = AuditSeal.objects.order_by("-seq").first()
            made = link(last.seq + 1 if last else 1, last.hash if last else GENESIS, entries)
            AuditSeal.objects.create(
                seq=made.seq,
                at=clock.now(),
                count=made.count,
                first_id=made.first_id,
                last_id=made.last_id,
                prev_hash=made.prev_hash,
                hash=made.hash,
                leaves=made.leaves,
            )
            _mark([entry.id for entry in entries], made.seq)
    _remember_seals()
    return len(entries)


def seal_all() -> int:
    """Seal whatever is there; returns how many entries."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def verify() -> Report:
    """Read the whole chain, seal by seal, and compare it with the entries and with the anchors.

    Needs memory for one seal's entries only. Stops looking for more after a thousand breaks.
    """
    remembered = anchors.read()
    report = Report(anchored=len(remembered))
    before: Link | None = None
    for current in _links():
        report.breaks += breaks_between(before, current)
        if remembered.get(current.seq, {current.hash}) != {current.hash}:
            report.breaks.append(Break(REWRITTEN, f"seal {current.seq}", current.seq))
        entries = _entries(seal=current.seq)
        report.breaks += breaks_within(current, entries)
        report.seals, report.rows, report.head = report.seals + 1, report.rows + len(entries), current.hash
        before = current
        if len(report.breaks) >= _MOST_BREAKS:
            return report
    newest, last = before.seq if before else 0, max(remembered, default=0)
    if last > newest:
        report.breaks.append(Break(TAIL_CUT, f"seals {newest + 1} to {last}", newest + 1))
    report.breaks += _of_no_seal()
    report.unsealed = AuditEntry.objects.filter(seal=None).count()
    return report


def _entries(*, seal: int | None, limit: int | None = None) -> list[Sealed]:
    rows = AuditEntry.objects.filter(seal=seal).order_by("id").values_list(*_COLUMNS)
    return [Sealed(*row) for row in rows[:limit]]


def _links() -> Iterator[Link]:
    fields = ("seq", "count", "first_id", "last_id", "prev_hash", "hash", "leaves")
    seq = 0
    while rows := list(AuditSeal.objects.filter(seq__gt=seq).order_by("seq").values_list(*fields)[:100]):
        for seq, count, first_id, last_id, prev_hash, digest, leaves in rows:
            yield Link(seq, count, first_id, last_id, prev_hash, digest, bytes(leaves))
        seq = rows[-1][0]


def _of_no_seal() -> list[Break]:
    """Entries that name a seal which is not there: possible only where foreign keys were switched off."""
    seals = AuditSeal.objects.values("seq")
    lost = AuditEntry.objects.exclude(seal=None).exclude(seal__in=seals).order_by("id")
    found = lost.values_list("id", "seal_id")[:_MOST_BREAKS]
    return [Break(SEAL_MISSING, entry_id, seq or 0) for entry_id, seq in found]


def _mark(ids: list[str], seq: int) -> None:
    for start in range(0, len(ids), 500):
        AuditEntry.objects.filter(pk__in=ids[start : start + 500]).update(seal_id=seq)


def _remember_seals() -> None:
    """Append to the anchors what they lack: the seal just made, and any whose process died before
    appending.
    """
    last = anchors.last()
    newest = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    if newest < last:
        troubles.report("audit_cut", f"seals {newest + 1} to {last}")
        return
    troubles.clear("audit_cut")
    new = AuditSeal.objects.filter(seq__gt=last).order_by("seq").values_list("seq", "hash")
    if newest > last:
        anchors.append(new)


def _one_at_a_time() -> None:
    """On SQLite the transaction itself is alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
