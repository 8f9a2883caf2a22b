"""What happened, kept for good: append-only Delta tables of Parquet, in many rows.

Nouns: table (declared by the room it belongs to), fact (a row with a natural key), batch, conflict (the same
key with another body), query (a named `.sql` file). One shipper writes; nothing is ever changed in place, and
people are known here by pseudonyms only.
"""
