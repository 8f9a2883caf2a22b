"""What the ledger room keeps."""
