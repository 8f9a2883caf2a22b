"""A platform whose sends must not be repeated, as a chat platform's are: it counts what reaches it."""
