"""State of the guard's behaviour."""
