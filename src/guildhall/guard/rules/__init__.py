"""The evidence: one small module per family of rules, each with numbered rules and one `find`."""
