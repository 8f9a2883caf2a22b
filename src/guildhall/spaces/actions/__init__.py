"""The only writers of the spaces room."""
