"""What can be asked of the ledger. Reads only; amounts are base units as Python's whole numbers, days UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from guildhall.core.money import Asset as Coin
from guildhall.core.money import Money
from guildhall.ledger.drafts import PENDING, STAGES, stage_of
from guildhall.ledger.guard import LOW_BITS
from guildhall.ledger.models import Account, Asset, Balance, Leg, Posting

_FEW = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account holds: `units` base units of `asset`, whose scale is `scale`."""

    code: str
    asset: str
    scale: int
    units: int
    legs: int

    @property
    def money(self) -> Money:
        """The same amount, for showing."""
        return Money(self.units, Coin(self.asset, self.scale))


def scale(asset: str) -> int:
    """An open asset's scale. Raises Asset.DoesNotExist."""
    return Asset.objects.values_list("scale", flat=True).get(pk=asset)


def balance(code: str, asset: str) -> int:
    """An account's balance; 0 when nothing was ever posted to it."""
    halves = (
        Balance.objects.filter(account__code=code, account__asset=asset).values_list("high", "low").first()
    )
    return (halves[0] << 32) + halves[1] if halves else 0


def balances(
    *, prefix: str = "", codes: Sequence[str] | None = None, asset: str = "", on: date | None = None
) -> list[Standing]:
    """Balances of accounts whose code begins with `prefix` (or is one of `codes`), by code and asset.

    With `on`, what stood at the end of that day by the day postings are booked on; accounts without legs
    until then are left out.
    """
    if on is not None:
        return _balances_on(prefix, codes, asset, on)
    found = _accounts(prefix, codes, asset).filter(balance__isnull=False)
    rows = found.values_list(
        "code", "asset_id", "asset__scale", "balance__high", "balance__low", "balance__legs"
    )
    return [
        Standing(code, coin, places, (high << 32) + low, legs) for code, coin, places, high, low, legs in rows
    ]


@dataclass(frozen=True, slots=True)
class Total:
    """What accounts of one kind (`partner`) hold together at one stage (empty: none) in one asset."""

    kind: str
    stage: str
    asset: str
    scale: int
    units: int
    accounts: int


def totals() -> list[Total]:
    """Balances summed by the first word of the code, stage and asset; all of one asset sum to zero."""
    kind = (
        "split_part(a.code, ':', 1)"
        if connection.vendor == "postgresql"
        else "substr(a.code, 1, instr(a.code, ':') - 1)"
    )
    stages = " ".join(f"WHEN a.code LIKE '%:{stage}' THEN '{stage}'" for stage in STAGES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {kind}, CASE {stages} ELSE '' END, a.asset_id, s.scale, CAST(sum(b.high) AS bigint), "
            f"CAST(sum(b.low) AS bigint), count(*) FROM {Balance._meta.db_table} b "
            f"JOIN {Account._meta.db_table} a ON a.id = b.account_id "
            f"JOIN {Asset._meta.db_table} s ON s.code = a.asset_id GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2"
        )
        return [
            Total(kind, stage, asset, scale, (high << 32) + low, accounts)
            for kind, stage, asset, scale, high, low, accounts in cursor.fetchall()
        ]


def sum_after(account_id: int, leg_id: int) -> int:
    """The sum of an account's legs that came after one, in base units."""
    legs = Leg._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CAST(sum(units >> 32) AS bigint), CAST(sum(units & {LOW_BITS}) AS bigint) "
            f"FROM {legs} WHERE account_id = %s AND id > %s",
            [account_id, leg_id],
        )
        high, low = cursor.fetchone()
    return ((high or 0) << 32) + (low or 0)


def find(key: str) -> Posting | None:
    """The posting with this key."""
    return Posting.objects.filter(key=key).first()


def postings(
    *,
    subject: str = "",
    account: str = "",
    asset: str = "",
    kind: str = "",
    booked_on: date | None = None,
    effective_on: date | None = None,
) -> QuerySet[Posting]:
    """Postings that match, newest first; `account` is a whole code."""
    found = Posting.objects.order_by("-id")
    for name, value in (
        ("subject", subject),
        ("asset", asset),
        ("kind", kind),
        ("booked_on", booked_on),
        ("effective_on", effective_on),
    ):
        if value:
            found = found.filter(**{name: value})
    if account:
        found = found.filter(pk__in=Leg.objects.filter(account__code=account).values("posting_id"))
    return found


def legs_of(posting: Posting) -> QuerySet[Leg]:
    """A posting's legs in order, with their accounts."""
    first = posting.last_leg_id - posting.legs_count
    return (
        Leg.objects.filter(pk__gt=first, pk__lte=posting.last_leg_id).select_related("account").order_by("id")
    )


def legs_of_many(postings: Sequence[Posting]) -> dict[int, list[Leg]]:
    """Of each posting its legs in order, with their accounts, by the posting's number."""
    found: dict[int, list[Leg]] = {posting.pk: [] for posting in postings}
    wanted = [leg for p in postings for leg in range(p.last_leg_id - p.legs_count + 1, p.last_leg_id + 1)]
    for start in range(0, len(wanted), _FEW):
        some = Leg.objects.filter(pk__in=wanted[start : start + _FEW])
        for leg in some.select_related("account").order_by("id"):
            found[leg.posting_id].append(leg)
    return found


def due(through: date) -> list[tuple[str, str, int]]:
    """What has matured by the end of a day and is still pending, net, as (owner, asset, units); never zero.

    A reversal carries the day of maturity of its original, so what was reversed in time never comes up.
    """
    legs, table, accounts = Leg._meta.db_table, Posting._meta.db_table, Account._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.code, a.asset_id, s.high, s.low FROM (SELECT l.account_id, "
            f"CAST(sum(l.units >> 32) AS bigint) AS high, CAST(sum(l.units & {LOW_BITS}) AS bigint) AS low "
            f"FROM {legs} l JOIN {table} p ON p.id = l.posting_id "
            "WHERE p.matures_on <= %s OR p.kind = %s GROUP BY l.account_id) s "
            f"JOIN {accounts} a ON a.id = s.account_id ORDER BY a.code, a.asset_id",
            [through, "maturity"],
        )
        sums = [(stage_of(code), asset, (high << 32) + low) for code, asset, high, low in cursor.fetchall()]
    return [(owner, asset, units) for (owner, stage), asset, units in sums if stage == PENDING and units]


def _accounts(prefix: str, codes: Sequence[str] | None, asset: str) -> QuerySet[Account]:
    found = Account.objects.order_by("code", "asset_id")
    if prefix:
        # Bounds instead of LIKE: `_` may stand in a code, and an index serves them.
        found = found.filter(code__gte=prefix, code__lt=prefix + "\U0010ffff")
    if codes is not None:
        found = found.filter(code__in=codes)
    return found.filter(asset=asset) if asset else found


def _balances_on(prefix: str, codes: Sequence[str] | None, asset: str, on: date) -> list[Standing]:
    accounts = {
        account_id: (code, coin, places)
        for account_id, code, coin, places in _accounts(prefix, codes, asset).values_list(
            "id", "code", "asset_id", "asset__scale"
        )
    }
    table, legs = Posting._meta.db_table, Leg._meta.db_table
    few = list(accounts) if len(accounts) <= _FEW else []
    only = f"AND l.account_id IN ({', '.join(['%s'] * len(few))}) " if few else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.account_id, CAST(sum(l.units >> 32) AS bigint), "
            f"CAST(sum(l.units & {LOW_BITS}) AS bigint), count(*) "
            f"FROM {legs} l JOIN {table} p ON p.id = l.posting_id WHERE p.booked_on <= %s {only}"
            "GROUP BY l.account_id",
            [on, *few],
        )
        sums = {row[0]: row[1:] for row in cursor.fetchall() if row[0] in accounts}
    return [
        Standing(
            *accounts[account_id], (sums[account_id][0] << 32) + sums[account_id][1], sums[account_id][2]
        )
        for account_id in accounts
        if account_id in sums
    ]
