"""Clocks, pure: calendars, promises, and what an exact second counts. No Django, no I/O, no time of day."""
