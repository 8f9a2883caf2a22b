"""Clocks, pure: calendars, promises and what an exact second counts. No Django, no I/O, no clock of its own.
"""
