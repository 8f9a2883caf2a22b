"""Who is owed what, to the unit: a small double-entry ledger that other rooms post to.

Nouns: asset, account, posting (immutable, with a unique key), leg (signed base units; the legs of a posting
sum to zero), day (closed at midnight UTC), hold. It knows nothing of trades or prizes; it never changes a
posting, only mirrors it.
"""
