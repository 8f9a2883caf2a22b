"""The only writers of the ledger room: one verb for each thing that can happen."""

from guildhall.ledger.actions.days import close_day
from guildhall.ledger.actions.posting import (
    Posted,
    Reversal,
    mirrors,
    open_asset,
    post_many,
    reverse,
    reverse_many,
)
from guildhall.ledger.actions.stages import held_by, hold, mature, open_holds, pay, release
from guildhall.ledger.actions.starting_over import start_over
from guildhall.ledger.drafts import Draft

__all__ = [
    "Draft",
    "Posted",
    "Reversal",
    "close_day",
    "held_by",
    "hold",
    "mature",
    "mirrors",
    "open_asset",
    "open_holds",
    "pay",
    "post_many",
    "release",
    "reverse",
    "reverse_many",
    "start_over",
]
