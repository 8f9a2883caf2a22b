"""The only writers of the facts room: one verb for each thing that can happen."""
