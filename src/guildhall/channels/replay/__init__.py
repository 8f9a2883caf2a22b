"""A file as a channel: one JSON object a line is sent through the house as if it were said now, at a chosen
speed.

A line's id comes from the file's first line, its number and its words: to run a file again, or to go on
after a stop, changes nothing that is there already.
"""

from guildhall.channels.replay.adapter import PLATFORM, ReplayAdapter
from guildhall.channels.replay.reading import Line, paced, read

__all__ = ["PLATFORM", "Line", "ReplayAdapter", "paced", "read"]
