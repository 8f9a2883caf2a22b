"""The only writers of the paging room."""
