"""The only writers of the ledger room: one verb for each thing that can happen."""

from guildhall.ledger.actions.posting import (
    Posted,
    Reversal,
    mirrors,
    open_asset,
    post_many,
    reverse,
    reverse_many,
)
from guildhall.ledger.drafts import Draft

__all__ = [
    "Draft",
    "Posted",
    "Reversal",
    "mirrors",
    "open_asset",
    "post_many",
    "reverse",
    "reverse_many",
]
