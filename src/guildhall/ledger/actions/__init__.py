"""The only writers of the ledger room: one verb for each thing that can happen."""
