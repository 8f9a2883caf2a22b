"""Clocks, pure: calendars, promises, and what an exact second counts. No Django, no I/O, no time of day.

The rules CLK-1 to CLK-14 stand in docs/clocks.md; tests are named after them. Inside, an instant is a whole
number of seconds since 1970-01-01T00:00:00Z; outside it is an aware datetime.
"""
