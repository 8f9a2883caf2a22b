"""When an account last did something at its venue, as far as facts tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.facts import DAILY_USER, DEPOSITS, TRADES
from guildhall.facts import reading
from guildhall.partners.binding import Activity


def last_activity(venue: str, account: str) -> Activity:
    """The last trade (or day with trades) and the last deposit of an account; None where there is none."""
    trades = [
        at
        for at in (
            _latest(TRADES.name, "executed_at", venue, account),
            _latest(DAILY_USER.name, "day", venue, account),
        )
        if at is not None
    ]
    return Activity(max(trades, default=None), _latest(DEPOSITS.name, "at", venue, account))


def _latest(table: str, column: str, venue: str, account: str) -> datetime | None:
    mine = (pc.field("venue") == venue) & (pc.field("account") == account)
    snapshot = reading.snapshot(table)
    # From the newest month backwards: the first one with a row has the last of them.
    for month in reversed(snapshot.months):
        latest = [
            pc.max(batch.column(0).cast(pa.timestamp("us"))).as_py()
            for batch in snapshot.batches([column], months=[month], where=mine, in_force=True)
            if batch.num_rows
        ]
        if latest:
            return max(latest).replace(tzinfo=UTC)
    return None
