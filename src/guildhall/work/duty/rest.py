"""What speaks against somebody taking a shift: another one at that time, leave, too little rest. Pure.

Rest is reckoned in real hours between instants: on the night the clocks are put forward, a shift that ends at
22:00 and one that begins at 09:00 are ten hours apart, not eleven. Being on call is not work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from guildhall.core.text import Text
from guildhall.work.duty.pieces import Span

REST = timedelta(hours=11)
"""Directive 2003/88/EC, article 3: in every 24 hours at least so much rest in one piece."""
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that speaks against it. What `blocks` cannot be approved; the rest can, with a reason."""

    code: str
    text: Text
    blocks: bool = False


def problems(
    new: Sequence[Span], has: Sequence[Span], leave: Sequence[Span], *, works: bool = True
) -> list[Problem]:
    """What speaks against a person taking the times `new`.

    has: their other duties of the same kind, without what they give away; works: whether it is work (not on
    call), so that rest counts.
    """
    out: list[Problem] = []
    if any(meet(one, other) for one in new for other in has):
        out.append(Problem("overlap", Text("They are on duty then already.", "该时段已有值班安排。"), True))
    if any(meet(one, other) for one in new for other in leave):
        out.append(Problem("leave", Text("They have leave then.", "该时段正在休假。"), True))
    short = shortest_rest(new, has) if works else None
    if short is not None:
        out.append(_too_little(short))
    return out


def shortest_rest(new: Sequence[Span], has: Sequence[Span]) -> timedelta | None:
    """The longest piece of rest within the 24 hours that have too little of it because of `new`; None when
    everywhere is enough. What was too little before already is not held against `new`.
    """
    before = {start for start, _end, rest in _days(has) if rest < REST}
    found = [rest for start, _end, rest in _days([*new, *has]) if rest < REST and start not in before]
    return min(found, default=None)


def _days(spans: Sequence[Span]) -> list[tuple[object, object, timedelta]]:
    """(start, end, longest rest) of the 24 hours after each beginning of work."""
    blocks = merged(spans)
    out: list[tuple[object, object, timedelta]] = []
    for start, _end in blocks:
        end = start + DAY
        inside = [(max(a, start), min(b, end)) for a, b in blocks if a < end and b > start]
        edges = [(start, start), *inside, (end, end)]
        out.append((start, end, max(b[0] - a[1] for a, b in pairwise(edges))))
    return out


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same times, those that touch or meet put together, in order."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def meet(one: Span, other: Span) -> bool:
    """Whether two half-open times share a moment."""
    return one[0] < other[1] and other[0] < one[1]


def _too_little(rest: timedelta) -> Problem:
    hours, minutes = divmod(int(rest.total_seconds()) // 60, 60)
    due = int(REST.total_seconds()) // 3600
    return Problem(
        "rest",
        Text(
            f"Only {hours} h {minutes:02} min of rest in 24 hours; {due} hours are due.",
            f"24 小时内仅能连续休息 {hours} 小时 {minutes:02} 分钟，不足 {due} 小时。",
        ),
    )
