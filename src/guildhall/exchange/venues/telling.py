"""How what a venue told becomes rows of facts: days, registrations, identity checks, deposits, withdrawals.

Only news is told: what an account's registration and check last said is kept beside it, with the revision.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from guildhall.exchange.facts import LIVE, REVERSED
from guildhall.exchange.venues.differences import Row
from guildhall.exchange.venues.readings import Account, Moved, valued
from guildhall.facts import actions as facts

Json = dict[str, Any]


class Told:
    """Rows of one chunk, staged together. `source`: as `daily_user` marks them; `now`: aware UTC."""

    def __init__(self, venue: str, source: str, now: datetime) -> None:
        self._venue = venue
        self._source = source
        self._now = now
        self._rows: dict[str, list[Json]] = {}

    def stage(self) -> None:
        """Give all of them to facts, in the caller's transaction."""
        for table, rows in self._rows.items():
            facts.stage(table, rows)

    def day(self, account: str, kind: str, asset: str, row: Row) -> None:
        """A row of a day; deposits and withdrawals told as totals have an id made of account, asset and
        day.
        """
        if kind == "day":
            self._add(
                "daily_user", row, account=account, day=row.day, asset=asset, source=self._source,
                trades=row.trades, notional=row.notional, fee=row.fee, volume=row.volume,
            )  # fmt: skip
            return
        at = datetime.combine(row.day, time(), UTC)
        self._add(
            f"{kind}s", row, **{f"{kind}_id": f"total:{account}:{asset}:{row.day}"}, account=account, at=at,
            asset=asset, amount=row.volume, value=valued(row.volume, asset),
        )  # fmt: skip

    def moved(self, account: str, given: Iterable[Moved]) -> None:
        """Deposits a venue tells one by one; the same one again changes nothing."""
        for one in given:
            self._add(
                "deposits", Row(one.at.date()), deposit_id=one.id, account=account, at=one.at,
                asset=one.asset, amount=one.amount, value=valued(one.amount, one.asset),
            )  # fmt: skip

    def registration(self, account: str, before: Json, said: Account) -> Json:
        """Tell a registration when it is new or says more; returns what to keep."""
        if said.joined_at is None and not before:
            return before
        at = said.joined_at.isoformat() if said.joined_at else before["at"]
        now = {name: getattr(said, name) or before.get(name) for name in ("code", "link", "region")}
        now["at"] = at
        if {name: before.get(name) for name in now} == now:
            return before
        revision = before.get("revision", -1) + 1
        self._add(
            "registrations", Row(self._now.date(), revision=revision), account=account,
            **(now | {"at": datetime.fromisoformat(at)}),
        )  # fmt: skip
        return now | {"revision": revision}

    def check(self, account: str, before: Json, said: Account, seen_at: datetime) -> Json:
        """Tell an identity check when it changed; returns what to keep. One that is no longer passed
        expired.
        """
        level, status = said.kyc_level, said.kyc_status
        if status is None:
            if level is None or before.get("status") != "passed":
                return before
            level, status = 0, "expired"
        if (before.get("level"), before.get("status")) == (level or 0, status):
            return before
        at = (said.kyc_at if status == "passed" else None) or seen_at
        is_same_time = before.get("at") == at.isoformat()
        revision = before["revision"] + 1 if is_same_time else 0
        self._add(
            "kyc", Row(at.date(), revision=revision), account=account, at=at, level=level or 0, status=status
        )
        return {"at": at.isoformat(), "level": level or 0, "status": status, "revision": revision}

    def _add(self, table: str, row: Row, **values: Any) -> None:
        state = REVERSED if row.is_reversed else LIVE
        said = {"venue": self._venue, "revision": row.revision, "state": state, "received_at": self._now}
        self._rows.setdefault(table, []).append(said | values)
