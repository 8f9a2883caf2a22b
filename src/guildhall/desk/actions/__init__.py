"""Deeds of the desk: the only writers, a file for each noun."""
