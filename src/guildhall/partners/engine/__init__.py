"""The settlement engine: trades, bindings and deals in; what became of every trade and what is owed, out.

Pure: no Django, no clock, no network; the platform's runs, what-if and `guildhall partners settle` all call
`settle`. Rules carry numbers (SET-1 …) that explains, documentation and tests quote; docs/settlement.md says
them in full.
"""

from guildhall.partners.engine.bindings import Bindings, bindings_from_table
from guildhall.partners.engine.settlement import ACCRUALS, Settled, Steps, settle
from guildhall.partners.engine.terms import Deal, Override, Tier, deal_to_json, deals_from_json
from guildhall.partners.engine.trades import EXPLAIN, ParquetTrades, TableTrades, Trades

__all__ = [
    "ACCRUALS",
    "EXPLAIN",
    "Bindings",
    "Deal",
    "Override",
    "ParquetTrades",
    "Settled",
    "Steps",
    "TableTrades",
    "Tier",
    "Trades",
    "bindings_from_table",
    "deal_to_json",
    "deals_from_json",
    "settle",
]
