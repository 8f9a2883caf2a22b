"""Who is owed what, to the unit: a small double-entry ledger that other rooms post to.

Sign: a positive leg gives to an account, a negative leg takes from it; the legs of a posting sum to zero. So
the balance of `partner:<id>:payable` is what we owe that partner, and `house:commission:<venue>` stands
below zero by what the house has granted there.

Nouns: asset, account, posting (immutable, with a unique key), leg (signed base units), balance (the sum of
an account's legs, kept by the database itself), day (closed in UTC), hold, seal. It knows nothing of trades
or prizes; it never changes a posting, only mirrors it.
"""
