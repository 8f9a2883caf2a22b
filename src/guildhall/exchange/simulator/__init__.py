"""A made-up exchange, the same for the same seed: users, deposits, trades, and everything that goes wrong."""
