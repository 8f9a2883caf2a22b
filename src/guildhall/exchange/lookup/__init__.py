"""Asking the exchange's own back office about one account: was this deposit credited, is there a hold, how
far is the verification.

`ask` is the whole of it for other rooms. An answer is shown and used, and then it is gone: what stays is who
asked, why, about which pseudonym, and whether an answer came.
"""

from guildhall.exchange.lookup.asking import ask
from guildhall.exchange.lookup.offices import is_available
from guildhall.exchange.lookup.protocol import (
    Answer,
    Deposit,
    Kind,
    Kyc,
    Purpose,
    Question,
    RiskHold,
    Withdrawal,
    masked,
)

__all__ = [
    "Answer",
    "Deposit",
    "Kind",
    "Kyc",
    "Purpose",
    "Question",
    "RiskHold",
    "Withdrawal",
    "ask",
    "is_available",
    "masked",
]
