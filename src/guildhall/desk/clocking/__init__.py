"""The clocks of tickets as they run: events are noted, due times kept, breaches recorded when they happen.

The rules are `desk.clocks` (docs/clocks.md); this only feeds them with what happened and keeps a row for each
clock, so that pages and the ticker need not reckon. A ticket's clocks can be reckoned anew from its timeline
at any time.
"""

from guildhall.desk.clocking.hearing import hear
from guildhall.desk.clocking.judging import Judged, judge
from guildhall.desk.clocking.noting import note
from guildhall.desk.clocking.reading import history, of

__all__ = ["Judged", "hear", "history", "judge", "note", "of"]
