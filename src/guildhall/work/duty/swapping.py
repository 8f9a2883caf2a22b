"""What a swap would do: which parts change hands, and what speaks against it. Reads only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from guildhall.core.text import Text
from guildhall.work.duty import coverage, needs, queries
from guildhall.work.duty.pieces import Span
from guildhall.work.duty.rest import Problem
from guildhall.work.duty.rest import problems as against
from guildhall.work.models import DutyKind, Shift, Swap

_GONE = Problem("gone", Text("The shift changed hands meanwhile.", "该班次已变更，请刷新。"), True)
_AROUND = timedelta(days=2)


def parts(shift: Shift, staff_id: int | None) -> list[Span]:
    """The parts of a shift that somebody (None: nobody) stands in."""
    people = {shift.staff_id, *shift.covers.filter(removed_at=None).values_list("staff_id", flat=True)}
    away = queries.absences({one for one in people if one is not None}, shift.starts_at, shift.ends_at)
    return [(one.starts_at, one.ends_at) for one in queries.pieces_of(shift, away) if one.staff == staff_id]


def problems(swap: Swap) -> list[Problem]:
    """What speaks against a swap whose taker is known, for either side; what blocks comes first."""
    if swap.to_id is None:
        return []
    given = parts(swap.shift, None if swap.asker_id == swap.to_id else swap.asker_id)
    if not given:
        return [_GONE]
    found = _against(swap.to_id, given, swap.shift, without=swap.in_return)
    if swap.in_return is not None:
        back = parts(swap.in_return, swap.to_id)
        if not back:
            return [_GONE]
        found += _against(swap.asker_id, back, swap.in_return, without=swap.shift)
    found += _missing_languages(swap)
    return sorted(_once(found), key=lambda one: not one.blocks)


def _against(staff_id: int, new: list[Span], shift: Shift, *, without: Shift | None) -> list[Problem]:
    start, end = min(a for a, _ in new) - _AROUND, max(b for _, b in new) + _AROUND
    mine = queries.shifts(start, end, staff=staff_id, kind=shift.kind)
    has = [(one.starts_at, one.ends_at) for one in mine if without is None or one.shift_id != without.pk]
    away = queries.absences([staff_id], start, end).get(staff_id, [])
    return against(new, has, away, works=shift.kind == DutyKind.SHIFT)


def _missing_languages(swap: Swap) -> list[Problem]:
    """A warning for each language that too few would speak afterwards, where enough do now."""
    changes = {swap.shift_id: (None if swap.asker_id == swap.to_id else swap.asker_id, swap.to_id)}
    if swap.in_return is not None:
        changes[swap.in_return.pk] = (swap.to_id, swap.asker_id)
    out: list[Problem] = []
    for shift in (swap.shift, swap.in_return):
        if shift is None:
            continue
        wanted = needs.wanted([shift.team_id])
        if not wanted:
            continue
        now = queries.shifts(shift.starts_at, shift.ends_at, teams=[shift.team_id])
        then = [
            replace(one, staff_id=changes[one.shift_id][1], languages=(), instead_of_id=one.staff_id)
            if one.shift_id in changes and one.staff_id == changes[one.shift_id][0]
            else one
            for one in now
        ]
        short_now = _short(wanted, now, shift)
        for language, seconds in _short(wanted, queries.with_languages(then), shift).items():
            if seconds > short_now.get(language, 0):
                out.append(_too_few(language))
    return out


def _short(wanted: list[coverage.Wanted], duties: list[queries.Duty], shift: Shift) -> dict[str, int]:
    """Seconds of too few people within a shift, by language."""
    out: dict[str, int] = {}
    for gap in coverage.gaps(wanted, needs.present(duties), shift.starts_at, shift.ends_at):
        out[gap.language] = out.get(gap.language, 0) + gap.seconds * (gap.least - gap.have)
    return out


def _too_few(language: str) -> Problem:
    if not language:
        return Problem("cover", Text("Too few people would be on duty.", "值班人数将不足。"))
    return Problem(
        "cover",
        Text(f"Too few on duty would speak “{language}”.", f"使用“{language}”的值班人数将不足。"),
    )


def _once(found: list[Problem]) -> list[Problem]:
    return list({(one.code, one.text.en): one for one in found}.values())
