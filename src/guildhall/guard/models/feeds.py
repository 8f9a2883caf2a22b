"""State of the guard's feeds."""
