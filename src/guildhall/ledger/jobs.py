"""What the ledger does by itself: the chain is sealed, matured money becomes payable, days are closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from guildhall.core.text import Text
from guildhall.effects import performers, schedules, ticker
from guildhall.effects.types import Claimed, Done
from guildhall.ledger import actions, chain, proof
from guildhall.ledger.actions.posting import today_utc

CLOSE, VERIFY = "ledger.close", "ledger.verify"
_CLOSE_WORDS = Text(
    "Close the ledger's day, make payable what has matured", "账本日终关账，并将到期款转为可付"
)
_SHOWN_BREAKS = 20


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(CLOSE, lease_s=300, describe=_CLOSE_WORDS)(_close)
    performers.performer(VERIFY, lease_s=600, describe=Text("Prove the ledger", "验证账本"))(_verify)
    # Some hours after midnight UTC, so that what venues report late is mostly booked on its own day.
    schedules.schedule(CLOSE, "0 6 * * *", CLOSE, describe=_CLOSE_WORDS)
    ticker.on_tick("ledger.seal", _seal, every_s=30)


def _close(effect: Claimed) -> Done:
    today = today_utc()
    posted = actions.mature(today)
    closed = actions.close_day(today - timedelta(days=1))
    chain.seal_all()
    return Done({"matured": posted.new, "closed": closed})


def _verify(effect: Claimed) -> Done:
    chain.seal_all()
    report = proof.verify()
    return Done(
        {
            "intact": report.is_intact,
            "postings": report.postings,
            "legs": report.legs,
            "accounts": report.accounts,
            "seals": report.seals,
            "days": report.days,
            "head": report.head,
            "breaks": [f"{found.kind}: {found.where}" for found in report.breaks[:_SHOWN_BREAKS]],
            "break_count": len(report.breaks),
        }
    )


def _seal(_now: datetime) -> None:
    chain.seal()
