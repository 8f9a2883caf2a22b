"""State of the guard's gates."""
