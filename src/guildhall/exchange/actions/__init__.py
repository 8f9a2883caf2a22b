"""The only writers of the exchange room: one verb for each thing that can happen."""
