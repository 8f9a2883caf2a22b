"""State of the guard's policies."""
