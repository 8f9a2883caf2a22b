"""The only writers of the partners room: one verb for each thing that can happen."""
