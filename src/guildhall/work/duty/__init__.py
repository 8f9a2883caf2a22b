"""Who is on duty when: patterns, shifts, overrides, swaps, leave; pure rules and the deeds around them."""
