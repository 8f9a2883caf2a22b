"""The only writers of the broadcast room."""
