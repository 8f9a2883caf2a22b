"""The tables of what settlements computed: what became of every trade and why, and what is owed by day.

A settlement is taken in whole or not at all, and never changed; a later one of the same month stands beside
it. `settlement` is the run with the first letters of the digest of what it read: which one counts is state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from guildhall.core.text import Text
from guildhall.facts import queries_registry, registry
from guildhall.facts.tables import Column, Table

UNIT: Final = "1e-8 of asset"
_SETTLEMENT = Column("settlement", "string", doc="Run and digest of what it read.")

EXPLAINS = Table(
    name="explains",
    room="partners",
    doc=Text("What became of every trade in a settlement, and why.", "每笔成交在结算中的处理结果及原因。"),
    columns=(
        _SETTLEMENT,
        Column("venue", "string"),
        Column("trade_id", "string"),
        Column("account", "string", is_pseudonym=True),
        Column("executed_at", "timestamp", "UTC"),
        Column("asset", "string"),
        Column("fee", "int64", UNIT),
        Column("partner", "string", is_nullable=True, doc="Who brought the account; null when nobody did."),
        Column("deal_version", "int64", is_nullable=True),
        Column("rate_ppm", "int64", "ppm of the fee", is_nullable=True),
        Column("pool", "int64", UNIT),
        Column("kickback", "int64", UNIT),
        Column("commission", "int64", UNIT),
        Column("override", "int64", UNIT),
        Column("reason", "string", doc="paid, or the first reason why not (SET-6)."),
    ),
    key=(),
    day="executed_at",
    keep_days=None,
    once="batch",
)

ACCRUALS = Table(
    name="accruals",
    room="partners",
    doc=Text("What a settlement found is owed, by day.", "结算得出的每日应计。"),
    columns=(
        _SETTLEMENT,
        Column("partner", "string", doc="Who is credited."),
        Column("source", "string", doc="Whose deal it comes from."),
        Column("deal_version", "int64"),
        Column("venue", "string"),
        Column("day", "date", "UTC"),
        Column("asset", "string"),
        Column("kind", "string"),
        Column("units", "int64", UNIT),
    ),
    key=(),
    day="day",
    keep_days=None,
    once="batch",
)


CHANGES = Table(
    name="step_changes",
    room="partners",
    doc=Text(
        "Trades whose commission a later step of the deal changed.", "佣金被合作条款后续步骤调整过的成交。"
    ),
    columns=(
        _SETTLEMENT,
        Column("venue", "string"),
        Column("trade_id", "string"),
        Column("executed_at", "timestamp", "UTC"),
        Column("partner", "string"),
        Column("rule", "string", doc="The step's number: SET-21, SET-22."),
        Column("before", "int64", UNIT),
        Column("after", "int64", UNIT),
    ),
    key=(),
    day="executed_at",
    keep_days=None,
    once="batch",
)

QUALIFICATIONS = Table(
    name="cpa_qualifications",
    room="partners",
    doc=Text("How far each account came towards its CPA.", "各账户的 CPA 达标进度。"),
    columns=(
        _SETTLEMENT,
        Column("venue", "string"),
        Column("account", "string", is_pseudonym=True),
        Column("partner", "string"),
        Column("deal_version", "int64"),
        Column("bound_from", "timestamp", "UTC"),
        Column("window_end", "timestamp", "UTC"),
        Column("qualified_at", "timestamp", "UTC", is_nullable=True),
        Column("deposited", "int64", "1e-8 of the deposit asset"),
        Column("volume", "int64", "1e-8 of the reference asset"),
        Column("active_days", "int64", "days"),
        Column("asset", "string"),
        Column("units", "int64", UNIT),
        Column("state", "string", doc="qualified, short, or once: the account had qualified before."),
    ),
    key=(),
    day="bound_from",
    keep_days=None,
    once="batch",
)
TABLES: Final = (EXPLAINS, ACCRUALS, CHANGES, QUALIFICATIONS)


def register() -> None:
    """Called once, when Django starts."""
    for table in TABLES:
        registry.add(table)
    queries_registry.add("partners", Path(__file__).parent / "sql")
