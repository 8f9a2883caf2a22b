"""Who really stands in a shift: its own person, whoever covers a part of it, nobody while they are away.
Pure.

The pieces of a shift follow each other without gap or overlap from its beginning to its end, whatever its
covers and leave are. They are reckoned each time, so that a cover goes along with a shift that moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

Span: TypeAlias = "tuple[datetime, datetime]"


@dataclass(frozen=True, slots=True)
class Taken:
    """A part that somebody (None: nobody) took over; None for a bound is the shift's own."""

    staff: int | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a shift and who is there: `staff` None is nobody. `away`: who would be there but has leave or
    has left; `instead_of`: whose shift it is when another person stands in it.
    """

    staff: int | None
    starts_at: datetime
    ends_at: datetime
    away: int | None = None
    instead_of: int | None = None


def pieces(
    staff: int | None,
    start: datetime,
    end: datetime,
    taken: Sequence[Taken],
    leave: Mapping[int, Sequence[Span]],
) -> list[Piece]:
    """The pieces of a shift [start, end) of `staff`, in order. Of covers that meet the later in `taken` wins;
    leave takes away whoever would be there.
    """
    spans = [(one.staff, max(start, one.starts_at or start), min(end, one.ends_at or end)) for one in taken]
    cuts = {start, end}
    for _who, begins, ends in spans:
        cuts |= {begins, ends} if begins < ends else set()
    for who in {staff, *(one.staff for one in taken)} - {None}:
        for begins, ends in leave.get(who or 0, ()):
            cuts |= {min(max(begins, start), end), min(max(ends, start), end)}
    marks = sorted(cuts)
    out: list[Piece] = []
    for begins, ends in zip(marks, marks[1:], strict=False):
        who = staff
        for taker, its_start, its_end in spans:
            if its_start <= begins and ends <= its_end:
                who = taker
        gone = who is not None and any(a <= begins and ends <= b for a, b in leave.get(who, ()))
        instead = staff if staff is not None and who != staff else None
        piece = Piece(None if gone else who, begins, ends, who if gone else None, instead)
        if out and replace(out[-1], ends_at=ends) == replace(piece, starts_at=out[-1].starts_at):
            out[-1] = replace(out[-1], ends_at=ends)
        else:
            out.append(piece)
    return out
