"""What the ledger does by itself: the chain is sealed, matured money becomes payable, days are closed, and
everything is proven once a day; whatever the proof finds is a trouble of the house.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from guildhall.core import troubles
from guildhall.core.text import Text
from guildhall.effects import performers, schedules, ticker
from guildhall.effects.types import Claimed, Done
from guildhall.ledger import actions, chain, proof
from guildhall.ledger.actions.posting import today_utc

CLOSE, VERIFY = "ledger.close", "ledger.verify"
BROKEN = "ledger_broken"
_CLOSE_WORDS = Text(
    "Close the ledger's day, make payable what has matured", "账本日终关账，并将到期款转为可付"
)
_VERIFY_WORDS = Text("Prove the ledger", "验证账本")
_SHOWN_BREAKS = 20


def register() -> None:
    """Called once, when Django starts."""
    performers.performer(CLOSE, lease_s=300, describe=_CLOSE_WORDS)(_close)
    performers.performer(VERIFY, lease_s=600, describe=_VERIFY_WORDS)(_verify)
    # Some hours after midnight UTC, so that what venues report late is mostly booked on its own day.
    schedules.schedule(CLOSE, "0 6 * * *", CLOSE, describe=_CLOSE_WORDS)
    schedules.schedule(VERIFY, "30 6 * * *", VERIFY, describe=_VERIFY_WORDS)
    troubles.describe(
        BROKEN,
        Text(
            "The ledger is not as it was written; open Ledger and read what the proof found.",
            "账本与原始记录不符；请打开“账本”查看验证结果。",
        ),
    )
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
    if report.is_intact:
        troubles.clear(BROKEN)
    else:
        troubles.report(BROKEN, f"{len(report.breaks)}: {report.breaks[0].kind} {report.breaks[0].where}")
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
