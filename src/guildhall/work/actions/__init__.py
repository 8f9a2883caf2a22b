"""The only writers of the work room."""
