"""The tables of what an exchange reports: trades, what accounts did in a day, registrations, identity checks,
deposits and withdrawals.

Money is whole 1e-8 of the asset named in the row, times are UTC, accounts are pseudonyms; which UID stands
behind one is state (`VenueAccount`) and can be erased. A row is corrected by a higher revision of its key:
the highest one is in force, and a row in force whose state is `reversed` counts for nothing.
"""

from __future__ import annotations

from typing import Final

from guildhall.core.text import Text
from guildhall.facts import registry
from guildhall.facts.tables import Column, Table

LIVE: Final = "live"
REVERSED: Final = "reversed"
UNIT: Final = "1e-8 of asset"
VALUE: Final = "1e-8 of the reference asset"
SCALE: Final = 8
"""Decimals of every amount in these tables."""

_VENUE = Column("venue", "string", doc="The exchange, as its short name: okx, house.")
_ACCOUNT = Column("account", "string", is_pseudonym=True, doc="Pseudonym of the account at the venue.")
_REVISION = Column("revision", "int64", doc="0 at first; a correction or reversal is one higher.")
_STATE = Column("state", "string", doc="live, or reversed: then the row counts for nothing.")
_RECEIVED = Column("received_at", "timestamp", "UTC", doc="When this house got the row.")

TRADES = Table(
    name="trades",
    room="exchange",
    doc=Text("Trades as the exchange reports them.", "交易所上报的逐笔成交。"),
    columns=(
        _VENUE,
        Column("trade_id", "string", doc="The venue's id of this account's side of the trade."),
        _REVISION,
        _ACCOUNT,
        Column("executed_at", "timestamp", "UTC"),
        Column("symbol", "string", doc="The market, as the venue writes it."),
        Column("liquidity", "string", doc="maker or taker."),
        Column("notional", "int64", UNIT),
        Column("fee", "int64", UNIT, doc="What the account paid; negative is a rebate to it."),
        Column("volume", "int64", VALUE, doc="The notional, converted at the trade's time."),
        Column("asset", "string", doc="The quote asset, in which notional and fee are."),
        Column(
            "flags", "strings", is_nullable=True, doc="What the venue marks the trade with; null is none."
        ),
        _STATE,
        _RECEIVED,
    ),
    key=("venue", "trade_id", "revision"),
    day="executed_at",
    keep_days=None,
)

DAILY_USER = Table(
    name="daily_user",
    room="exchange",
    doc=Text(
        "What an account did in a day, from venues that report no single trades.",
        "账户每日汇总，来自不提供逐笔成交的交易所。",
    ),
    columns=(
        _VENUE,
        _ACCOUNT,
        Column("day", "date", "UTC"),
        Column("asset", "string", doc="In which notional and fee are."),
        Column("source", "string", doc="Which report of the venue it comes from."),
        _REVISION,
        Column("trades", "int64", "trades", is_nullable=True, doc="How many; null where it is not told."),
        Column("notional", "int64", UNIT),
        Column("fee", "int64", UNIT),
        Column("volume", "int64", VALUE),
        _STATE,
        _RECEIVED,
    ),
    key=("venue", "account", "day", "asset", "source", "revision"),
    day="day",
    keep_days=None,
)

REGISTRATIONS = Table(
    name="registrations",
    room="exchange",
    doc=Text("Accounts opened at a venue.", "交易所注册。"),
    columns=(
        _VENUE,
        _ACCOUNT,
        _REVISION,
        Column("at", "timestamp", "UTC"),
        Column("code", "string", is_nullable=True, doc="The invitation code given at sign-up."),
        Column("link", "string", is_nullable=True, doc="The invitation link or channel it came by."),
        Column("region", "string", is_nullable=True, doc="ISO 3166 country, as the venue tells it."),
        _STATE,
        _RECEIVED,
    ),
    key=("venue", "account", "revision"),
    day="at",
    keep_days=None,
)

KYC = Table(
    name="kyc",
    room="exchange",
    doc=Text("Identity checks of accounts.", "账户身份认证记录。"),
    columns=(
        _VENUE,
        _ACCOUNT,
        Column("at", "timestamp", "UTC"),
        _REVISION,
        Column("level", "int64", "level", doc="0 none; the venue's own steps above it."),
        Column("status", "string", doc="passed, refused, expired or pending."),
        _STATE,
        _RECEIVED,
    ),
    key=("venue", "account", "at", "revision"),
    day="at",
    keep_days=None,
)


def _moved(name: str, id_column: str, doc: Text) -> Table:
    return Table(
        name=name,
        room="exchange",
        doc=doc,
        columns=(
            _VENUE,
            Column(id_column, "string", doc="The venue's id of it."),
            _REVISION,
            _ACCOUNT,
            Column("at", "timestamp", "UTC"),
            Column("asset", "string"),
            Column("amount", "int64", UNIT),
            Column("value", "int64", VALUE, doc="The amount, converted at its time."),
            _STATE,
            _RECEIVED,
        ),
        key=("venue", id_column, "revision"),
        day="at",
        keep_days=None,
    )


DEPOSITS = _moved("deposits", "deposit_id", Text("Deposits to accounts.", "账户充值。"))
WITHDRAWALS = _moved("withdrawals", "withdrawal_id", Text("Withdrawals from accounts.", "账户提现。"))

TABLES: Final = (TRADES, DAILY_USER, REGISTRATIONS, KYC, DEPOSITS, WITHDRAWALS)


def register() -> None:
    """Called once, when Django starts."""
    for table in TABLES:
        registry.add(table)
