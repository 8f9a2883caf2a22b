"""The rows of days in force for the accounts of one chunk, changed in memory and written once.

Rows stand by (account, kind, asset): trading, deposits and withdrawals are kept apart. What is written here
is told to facts by `telling` in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from guildhall.core import bulk
from guildhall.exchange.venues import differences
from guildhall.exchange.venues.differences import Difference, Row
from guildhall.exchange.venues.models import DayRow, VenueConnection
from guildhall.exchange.venues.telling import Told

DAY, DEPOSIT, WITHDRAWAL = "day", "deposit", "withdrawal"
_KINDS = {"deposits": DEPOSIT, "withdrawals": WITHDRAWAL}
_COLUMNS = ("notional", "fee", "volume", "trades", "revision", "is_reversed")
Place = tuple[str, str, str]


class Days:
    """`day`: where growth is booked; `since`, `until`: the days a venue tells anew. Load before asking."""

    def __init__(self, one: VenueConnection, day: date, since: date, until: date) -> None:
        self.day = day
        self.count_from = one.count_from
        self._one = one
        self._since, self._until = since, until
        self._stored: dict[tuple[Place, date], DayRow] = {}
        self._rows: dict[Place, dict[date, Row]] = {}
        self._changed: dict[tuple[Place, date], Row] = {}

    def load(self, names: Sequence[str], since: date, until: date) -> None:
        """Read what is in force for these accounts in these days (both in)."""
        if not names:
            return
        found = DayRow.objects.filter(connection=self._one, account__in=names, day__range=(since, until))
        for kept in found:
            place = (kept.account, kept.kind, kept.asset)
            if (place, kept.day) in self._stored:
                continue
            self._stored[place, kept.day] = kept
            self._rows.setdefault(place, {})[kept.day] = Row(
                kept.day, *(getattr(kept, name) for name in _COLUMNS)
            )

    def booked_by_day(self, account: str, asset: str, measure: str, first: date) -> Mapping[date, int]:
        """What was booked of a measure, by day, with a zero on the day we first saw the account."""
        index = 2 if measure in ("deposits", "withdrawals", "volume") else 1
        rows = self._rows.get((account, _KINDS.get(measure, DAY), asset), {})
        return {first: 0} | {at: row.counts[index] for at, row in rows.items()}

    def grow(self, account: str, asset: str, measures: Mapping[str, Difference]) -> bool:
        """Book differences; whether part of a decrease found nothing to take back."""
        is_short = False
        amounts = {name: one.amount for name, one in measures.items()}
        wanted = {
            DAY: (amounts.get("fee", 0), amounts.get("volume", 0)),
            DEPOSIT: (0, amounts.get("deposits", 0)),
            WITHDRAWAL: (0, amounts.get("withdrawals", 0)),
        }
        for kind, (fee, volume) in wanted.items():
            if fee or volume:
                place = (account, kind, asset)
                rows = list(self._rows.get(place, {}).values())
                change = differences.booked(rows, self.day, fee, volume)
                self._take(place, change.rows)
                is_short |= bool(change.missing_fee or change.missing_volume)
        return is_short

    def told(self, account: str, asset: str, said: Mapping[date, Row]) -> None:
        """Put what a venue says of the days it tells anew in the place of what stood."""
        place = (account, DAY, asset)
        inside = {
            at: row for at, row in said.items() if max(self._since, self.count_from) <= at <= self._until
        }
        self._take(
            place, differences.told(self._rows.get(place, {}).values(), inside, self._since, self._until)
        )

    def assets_told(self, account: str) -> set[str]:
        """The assets in which an account has rows in the days told anew."""
        return {
            asset
            for (name, kind, asset), rows in self._rows.items()
            if name == account and kind == DAY and any(self._since <= at <= self._until for at in rows)
        }

    def write(self, told: Told) -> Counter[str]:
        """Store every change and hand it on; counts of `rows` and, among them, `reversed` and `corrected`."""
        counts: Counter[str] = Counter()
        made: list[tuple[object, ...]] = []
        changed: list[tuple[object, ...]] = []
        for (place, at), row in sorted(self._changed.items()):
            account, kind, asset = place
            values = tuple(getattr(row, name) for name in _COLUMNS)
            kept = self._stored.get((place, at))
            if kept is None:
                made.append((*values, self._one.pk, account, kind, asset, at))
            else:
                changed.append((kept.pk, *values))
            told.day(account, kind, asset, row)
            counts["rows"] += 1
            counts["reversed"] += row.is_reversed
            counts["corrected"] += bool(row.revision) and not row.is_reversed
        bulk.insert(DayRow, (*_COLUMNS, "connection", "account", "kind", "asset", "day"), made)
        bulk.update_many(DayRow, "id", _COLUMNS, changed)
        return counts

    def _take(self, place: Place, rows: Sequence[Row]) -> None:
        for row in rows:
            self._rows.setdefault(place, {})[row.day] = row
            self._changed[place, row.day] = row
