"""State of the guard's identity."""
