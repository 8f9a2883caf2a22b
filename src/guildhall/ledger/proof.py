"""Proves the ledger: every posting balanced, as it was written and sealed, mirrors exact, balances the sum of
their legs, closed days as they were closed. Also puts balances right again from the legs.

Reads only, but for `rebuild_balances`. Needs memory for some thousand postings and for the balances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import QuerySet

from guildhall.core import audit
from guildhall.core.audit_chain import (
    CHANGED,
    GENESIS,
    REWRITTEN,
    TAIL_CUT,
    Break,
    breaks_between,
    breaks_within,
)
from guildhall.core.models import AuditEntry
from guildhall.ledger import chain, guard, writing
from guildhall.ledger.drafts import Draft, body_hash, canonical
from guildhall.ledger.guard import LOW_BITS, UNLIKE_ITS_ORIGINAL
from guildhall.ledger.models import Account, Balance, Day, Leg, Posting

UNBALANCED, STRAY_LEG, GAP, NOT_A_MIRROR = "unbalanced", "stray_leg", "gap", "not_a_mirror"
WRONG_BALANCE, DAY_CHANGED, TRIGGER_MISSING = "wrong_balance", "day_changed", "trigger_missing"
_MOST_BREAKS = 1_000
_AT_ONCE = 5_000
_COLUMNS = (
    "id",
    "key",
    "body_hash",
    "kind",
    "asset_id",
    "effective_on",
    "booked_on",
    "matures_on",
    "pin",
    "subject",
    "details",
    "reverses__key",
    "legs_count",
    "last_leg_id",
    "by",
    "recorded_at",
)


@dataclass(slots=True)
class Report:
    """What `verify` found; `breaks` empty means proven. `unsealed`: newest postings not in the chain yet."""

    postings: int = 0
    legs: int = 0
    accounts: int = 0
    seals: int = 0
    unsealed: int = 0
    days: int = 0
    head: str = GENESIS
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return not self.breaks


def verify() -> Report:
    """Look at everything, in one consistent view of the database. Stops early after a thousand breaks."""
    with transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _verify()


def _verify() -> Report:
    report = Report(legs=Leg.objects.count(), accounts=Account.objects.count())
    report.breaks += [Break(TRIGGER_MISSING, name, 0) for name in guard.missing(connection)]
    report.breaks += [Break(UNBALANCED, f"posting {number}", 0) for number in unbalanced()]
    report.breaks += [Break(STRAY_LEG, f"leg {number}", 0) for number in _stray_legs()]
    report.breaks += [Break(NOT_A_MIRROR, key, 0) for key in _not_mirrors()]
    report.breaks += [Break(WRONG_BALANCE, said, 0) for said in wrong_balances()]
    for check in (_bodies, _chain, _days):
        if len(report.breaks) < _MOST_BREAKS:
            check(report)
    return report


def unbalanced() -> list[int]:
    """Numbers of postings whose legs do not sum to zero or are not all there: the zero-sum proof, over all
    legs.
    """
    # PostgreSQL sums 64-bit numbers exactly by itself; SQLite has nothing above them.
    if connection.vendor == "postgresql":
        sums, is_zero = "sum(units) AS total", "s.total = 0"
    else:
        sums = f"sum(units >> 32) AS high, sum(units & {LOW_BITS}) AS low"
        is_zero = f"(s.low & {LOW_BITS}) = 0 AND s.high + (s.low >> 32) = 0"
    return [
        row[0]
        for row in _rows(
            f"SELECT p.id FROM {Posting._meta.db_table} p LEFT JOIN ("
            f"SELECT posting_id, count(*) AS legs, max(id) AS last, {sums} "
            f"FROM {Leg._meta.db_table} GROUP BY posting_id) s ON s.posting_id = p.id "
            f"WHERE s.legs IS NULL OR s.legs <> p.legs_count OR s.last <> p.last_leg_id "
            f"OR NOT ({is_zero}) LIMIT {_MOST_BREAKS}"
        )
    ]


def wrong_balances() -> list[str]:
    """Accounts whose kept balance is not the sum of their legs, with both."""
    kept = {account: ((high << 32) + low, legs) for account, high, low, legs in _balances()}
    true = dict(_sums())
    return [
        f"{code} {asset}: {kept.get(account, (0, 0))[0]} kept, {true.get(account, (0, 0))[0]} by its legs"
        for account, code, asset in Account.objects.order_by("id").values_list("id", "code", "asset_id")
        if kept.get(account, (0, 0)) != true.get(account, (0, 0))
    ][:_MOST_BREAKS]


def rebuild_balances(*, by: str) -> int:
    """Reckon every balance again from its legs; returns how many were wrong."""
    with transaction.atomic():
        writing.alone()
        wrong = len(wrong_balances())
        if wrong:
            Balance.objects.all().delete()
            Balance.objects.bulk_create(
                [
                    Balance(account_id=account, high=units >> 32, low=units & LOW_BITS, legs=legs)
                    for account, (units, legs) in _sums()
                ],
                batch_size=5_000,
            )
            audit.record(by, "ledger.rebuilt", "ledger:balances", {"wrong": wrong})
    return wrong


def _bodies(report: Report) -> None:
    """Each posting says what its hash was made over, and no number is left out."""
    number = last_leg = 0
    while rows := list(
        Posting.objects.filter(pk__gt=number).order_by("id").values_list(*_COLUMNS)[:_AT_ONCE]
    ):
        report.postings += len(rows)
        legs = _legs_between(rows[0], rows[-1])
        for row in rows:
            if row[0] != number + 1 or row[13] - row[12] != last_leg:
                report.breaks.append(Break(GAP, f"posting {number + 1}", 0))
            number, last_leg = row[0], row[13]
            if _hash_of(row, legs.get(row[0], [])) != row[2]:
                report.breaks.append(Break(CHANGED, row[1], 0))
        if len(report.breaks) >= _MOST_BREAKS:
            return


def _hash_of(row: tuple, legs: list[tuple[str, int]]) -> str:
    _, key, _, kind, asset, effective_on, _, matures_on, pin, subject, details, reverses, *_ = row
    said = Draft(key, kind, asset, (), effective_on, pin, subject, {}, matures_on, reverses or "")
    return body_hash(said, legs, canonical(details))


def _legs_between(first: tuple, last: tuple) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    rows = Leg.objects.filter(pk__gt=first[13] - first[12], pk__lte=last[13]).order_by("id")
    for posting_id, code, units in rows.values_list("posting_id", "account__code", "units"):
        found.setdefault(posting_id, []).append((code, units))
    return found


def _chain(report: Report) -> None:
    """Seals follow one another, cover what stands, and are the ones the audit tells of."""
    told: dict[int, set[str]] = {}
    for subject, data in _told_of_seals().values_list("subject", "data"):
        told.setdefault(int(subject.partition(":")[2]), set()).add(data["hash"])
    before = None
    sealed = 0
    for current in chain.links():
        report.breaks += breaks_between(before, current)
        if told.get(current.seq) != {current.hash}:
            report.breaks.append(Break(REWRITTEN, f"seal {current.seq}", current.seq))
        if int(current.first_id) != sealed + 1:
            report.breaks.append(Break(GAP, f"posting {sealed + 1}", current.seq))
        sealed = int(current.last_id)
        report.breaks += breaks_within(current, chain.between(int(current.first_id), sealed))
        report.seals, report.head, before = current.seq, current.hash, current
        if len(report.breaks) >= _MOST_BREAKS:
            return
    if max(told, default=0) > report.seals:
        report.breaks.append(Break(TAIL_CUT, f"seals {report.seals + 1} to {max(told)}", report.seals + 1))
    report.unsealed = max(0, report.postings - sealed)


def _told_of_seals() -> QuerySet[AuditEntry]:
    """What the audit says of seals, since a ledger that was only practised with was emptied."""
    found = AuditEntry.objects.filter(verb=chain.SEALED)
    emptied = AuditEntry.objects.filter(verb=chain.STARTED_OVER).order_by("-id").values_list("id", flat=True)
    newest = emptied.first()
    return found.filter(id__gt=newest) if newest else found


def _days(report: Report) -> None:
    before = GENESIS
    for day in Day.objects.order_by("day"):
        digest, count, late = chain.day_hash(before, day.day)
        if (digest, count, late) != (day.hash, day.postings, day.late):
            report.breaks.append(Break(DAY_CHANGED, f"day {day.day}", 0))
        before = day.hash
        report.days += 1


def _stray_legs() -> list[int]:
    return [
        row[0]
        for row in _rows(
            f"SELECT l.id FROM {Leg._meta.db_table} l LEFT JOIN {Posting._meta.db_table} p "
            "ON p.id = l.posting_id AND l.id BETWEEN p.last_leg_id - p.legs_count + 1 AND p.last_leg_id "
            f"LEFT JOIN {Account._meta.db_table} a ON a.id = l.account_id AND a.asset_id = p.asset_id "
            f"WHERE a.id IS NULL LIMIT {_MOST_BREAKS}"
        )
    ]


def _not_mirrors() -> list[str]:
    table = Posting._meta.db_table
    return [
        row[0]
        for row in _rows(
            f"SELECT m.key FROM {table} m JOIN {table} o ON o.id = m.reverses_id "
            f"WHERE m.reverses_id IS NOT NULL AND ({UNLIKE_ITS_ORIGINAL}) LIMIT {_MOST_BREAKS}"
        )
    ]


def _sums() -> Iterator[tuple[int, tuple[int, int]]]:
    """(account id, (units, legs)) by summing all legs."""
    for account, high, low, legs in _rows(
        f"SELECT account_id, CAST(sum(units >> 32) AS bigint), CAST(sum(units & {LOW_BITS}) AS bigint), "
        f"count(*) FROM {Leg._meta.db_table} GROUP BY account_id"
    ):
        yield account, ((high << 32) + low, legs)


def _balances() -> list[tuple[int, int, int, int]]:
    return list(Balance.objects.values_list("account_id", "high", "low", "legs"))


def _rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
