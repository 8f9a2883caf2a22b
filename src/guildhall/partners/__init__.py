"""Trading KOLs and what they earn: deals, who is bound to whom, and settlement that explains every cent.

Nouns: partner, deal (versioned terms), binding (account to partner, half-open), run (one settlement), explain
(what became of one trade and why), accrual, what-if. The engine is pure and stands in `engine/`; money itself
is kept by the ledger.
"""
