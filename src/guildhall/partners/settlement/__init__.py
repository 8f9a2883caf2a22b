"""How this house settles: facts at pinned versions go into the engine, explains into facts, differences into
the ledger. Nothing here decides an amount; that is the engine's.
"""
