"""Who is tried when: the steps of a plan, and what comes after each. Pure.

A plan is a list of steps; each names people and how many minutes after the one before it they are told. After
the last step it begins again, a limited number of times. Quiet hours hold back what is not critical.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.paging.kinds import RANK, Severity

MOST_STEPS, LONGEST_WAIT_MIN, MOST_ROUNDS = 10, 24 * 60, 20
_DAY_MIN = 24 * 60
_WHO = re.compile(
    r"(?:role:[a-z_]{1,40}|staff:\d{1,18}|team:\d{1,18}|pager:[0-9A-Z]{26}|on_call:[a-z0-9_-]{1,60}(?:/[1-9])?)"
)


@dataclass(frozen=True, slots=True)
class Step:
    """`who` as in role:owner, staff:3, team:2, pager:01H…, on_call:desk (whoever is on call of that team),
    on_call:desk/2 (its second layer); `after_min` minutes after the step before.
    """

    who: tuple[str, ...]
    after_min: int = 0

    def to_json(self) -> dict[str, Any]:
        return {"who": list(self.who), "after_min": self.after_min}


@dataclass(frozen=True, slots=True)
class Course:
    """The steps of a plan, and how it begins again: `again_min` after the last step, `rounds` in all."""

    steps: tuple[Step, ...]
    again_min: int = 15
    rounds: int = 3

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": [step.to_json() for step in self.steps],
            "again_min": self.again_min,
            "rounds": self.rounds,
        }


USUAL = Course((Step(("role:owner", "role:manager")),))
"""What counts while nobody has written a plan."""


def course_of(data: Mapping[str, Any]) -> Course:
    """Read a course. Raises BadInput naming the field."""
    raw = data.get("steps")
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_STEPS:
        raise _bad(
            "steps", f"A plan has 1 to {MOST_STEPS} steps.", f"升级方案须有 1 至 {MOST_STEPS} 个步骤。"
        )
    steps = tuple(_step(number, one) for number, one in enumerate(raw, 1))
    again, rounds = data.get("again_min", 15), data.get("rounds", 3)
    if not _whole(again) or not 1 <= again <= LONGEST_WAIT_MIN:
        raise _bad("again_min", "Begin again after 1 minute to a day.", "重新开始的间隔须为 1 分钟至 1 天。")
    if not _whole(rounds) or not 1 <= rounds <= MOST_ROUNDS:
        raise _bad("rounds", f"Between 1 and {MOST_ROUNDS} rounds.", f"轮数须为 1 至 {MOST_ROUNDS}。")
    return Course(steps, again, rounds)


def after(course: Course, step: int, round_: int) -> tuple[int, int, timedelta] | None:
    """(step, round, how long from now) of what comes after a step; None when everything was tried."""
    if step + 1 < len(course.steps):
        return step + 1, round_, timedelta(minutes=course.steps[step + 1].after_min)
    if round_ + 1 < course.rounds:
        return 0, round_ + 1, timedelta(minutes=max(1, course.again_min))
    return None


def quiet_until(at: datetime, start: int, end: int, zone: str, severity: str) -> datetime | None:
    """When a notice that comes up at `at` may be sent, None for at once.

    start, end: minutes of the day in `zone`, over midnight when end is smaller; equal is never. A critical
    page wakes everybody.
    """
    if start == end or RANK[Severity(severity)] >= RANK[Severity.CRITICAL]:
        return None
    here = at.astimezone(ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    is_quiet = start <= minute < end if start < end else minute >= start or minute < end
    if not is_quiet:
        return None
    days = 1 if start > end and minute >= start else 0
    day = (here + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    # Wall clock, so that the night of a clock change ends when the clock on the wall says so.
    ends = day.replace(hour=end // 60 % 24, minute=end % 60)
    if end == _DAY_MIN:
        ends = day + timedelta(days=1)
    return ends.astimezone(at.tzinfo)


def _step(number: int, data: Any) -> Step:
    who = data.get("who") if isinstance(data, Mapping) else None
    wait = data.get("after_min", 0) if isinstance(data, Mapping) else None
    if not isinstance(who, list) or not who or len(who) > 20:
        raise _bad("steps", f"Step {number} names nobody.", f"第 {number} 步未指定任何人。")
    for one in who:
        if not isinstance(one, str) or _WHO.fullmatch(one) is None:
            raise _bad("steps", f"Step {number}: {str(one)[:60]} is nobody.", f"第 {number} 步的对象无效。")
    if not _whole(wait) or not 0 <= wait <= LONGEST_WAIT_MIN:
        raise _bad(
            "steps", f"Step {number}: wait 0 minutes to a day.", f"第 {number} 步的等待须为 0 分钟至 1 天。"
        )
    return Step(tuple(dict.fromkeys(who)), int(wait))


def merged(steps: Sequence[Step]) -> list[str]:
    """Everybody a course names, once each, in order."""
    return list(dict.fromkeys(who for step in steps for who in step.who))


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
