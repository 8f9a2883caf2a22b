"""State of the guard's learning."""
