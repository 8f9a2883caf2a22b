"""The promises of time: calendars, targets, and what pauses a clock. Read from JSON, written back to it.

What no clock asks for is passed over, so that a policy may carry more (when to warn, whom to call). Anything
wrong names its field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.clocks.calendars import ALWAYS, WEEKDAYS, Calendar, Hours, Window
from guildhall.desk.clocks.instants import said

FIRST_RESPONSE, NEXT_RESPONSE, RESOLUTION = METRICS = ("first_response", "next_response", "resolution")
OPEN, PENDING, SOLVED, CLOSED = STATUSES = ("open", "pending", "solved", "closed")
OVER = frozenset((SOLVED, CLOSED))
ANY_PRIORITY = "*"
ALWAYS_NAME = "always"
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Target:
    """Within how many open seconds of which calendar a metric is to be met."""

    metric: str
    priority: str
    seconds: int
    calendar: str
    hours: Hours = field(repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """calendars by name, targets by metric and priority, and by metric the statuses that pause it."""

    calendars: Mapping[str, Calendar]
    targets: Mapping[tuple[str, str], Target]
    pause: Mapping[str, tuple[str, ...]]

    def target(self, metric: str, priority: str) -> Target | None:
        """The target of a priority, else the one for any, else none (CLK-7)."""
        return self.targets.get((metric, priority)) or self.targets.get((metric, ANY_PRIORITY))

    def pauses(self, metric: str, status: str) -> bool:
        """Whether a clock of the metric stands still in a status (CLK-5)."""
        return status in OVER or status in self.pause[metric]

    @classmethod
    def from_json(cls, data: object) -> Policy:
        """A policy as docs/clocks.md writes it; raises BadInput that names the field."""
        given = _object(data, "policy")
        calendars = {
            name: read_calendar(one, f"calendars.{name}")
            for name, one in _object(given.get("calendars", {}), "calendars").items()
        }
        if ALWAYS_NAME in calendars:
            _refuse("calendars.always", "this name is taken: it is open at every second",
                    "此名称已被占用：它表示全天候开放")  # fmt: skip
        targets: dict[tuple[str, str], Target] = {}
        for number, one in enumerate(_list(given.get("targets", []), "targets")):
            where = f"targets[{number}]"
            target = _read_target(one, where, calendars)
            if (target.metric, target.priority) in targets:
                _refuse(where, f"a second target for {target.metric} and priority {said(target.priority)}",
                        f"{target.metric} 与优先级 {said(target.priority)} 有第二个目标")  # fmt: skip
            targets[target.metric, target.priority] = target
        return cls(calendars, targets, _read_pause(given.get("pause", {})))

    def to_json(self) -> dict[str, Any]:
        """The policy as `from_json` reads it."""
        return {
            "calendars": {name: write_calendar(one) for name, one in self.calendars.items()},
            "targets": [
                {"metric": t.metric, "priority": t.priority, "seconds": t.seconds, "calendar": t.calendar}
                for t in self.targets.values()
            ],
            "pause": {metric: list(statuses) for metric, statuses in self.pause.items()},
        }


def read_calendar(data: object, where: str) -> Calendar:
    """A calendar of a policy; raises BadInput."""
    given = _object(data, where)
    weekly = _object(given.get("weekly", {}), f"{where}.weekly")
    for day in weekly:
        if day not in WEEKDAYS:
            _refuse(f"{where}.weekly", f"{said(day)} is not one of {', '.join(WEEKDAYS)}",
                    f"{said(day)} 不是 {', '.join(WEEKDAYS)} 之一")  # fmt: skip
    windows = {
        day: tuple(
            _read_window(one, f"{where}.weekly.{day}[{number}]")
            for number, one in enumerate(_list(ones, f"{where}.weekly.{day}"))
        )
        for day, ones in weekly.items()
    }
    holidays = [
        _read_date(one, f"{where}.holidays[{number}]")
        for number, one in enumerate(_list(given.get("holidays", []), f"{where}.holidays"))
    ]
    return Calendar(_read_zone(given.get("tz"), f"{where}.tz"), windows, holidays)


def write_calendar(calendar: Calendar) -> dict[str, Any]:
    """A calendar as `read_calendar` reads it."""
    return {
        "tz": calendar.tz.key,
        "weekly": {
            day: [[_clock_face(w.start, False), _clock_face(w.end, w.end == _MINUTES)] for w in windows]
            for day, windows in calendar.weekly.items()
            if windows
        },
        "holidays": [day.isoformat() for day in sorted(calendar.holidays)],
    }


def _clock_face(minutes: int, is_midnight: bool) -> str:
    if is_midnight:
        return "24:00"
    return f"{minutes % _MINUTES // 60:02}:{minutes % 60:02}"


def _read_window(data: object, where: str) -> Window:
    given = _list(data, where)
    if len(given) != 2:
        _refuse(where, "a window is a start and an end", "时段由开始和结束两个时间组成")
    start = _read_time(given[0], f"{where}[0]")
    end = _MINUTES if given[1] == "24:00" else _read_time(given[1], f"{where}[1]")
    return Window(start, end if end > start else end + _MINUTES)


def _read_time(data: object, where: str) -> int:
    found = _TIME.fullmatch(data) if isinstance(data, str) else None
    if found is None:
        _refuse(where, f"{said(data)} is not a time like 09:30", f"{said(data)} 不是 09:30 这样的时间")
    return int(found[1]) * 60 + int(found[2])


def _read_date(data: object, where: str) -> date:
    if not isinstance(data, str) or not _DATE.fullmatch(data):
        _refuse(where, f"{said(data)} is not a date like 2026-10-01",
                f"{said(data)} 不是 2026-10-01 这样的日期")  # fmt: skip
    try:
        return date.fromisoformat(data)
    except ValueError:
        _refuse(where, f"there is no day {said(data)}", f"没有 {said(data)} 这一天")


def _read_zone(data: object, where: str) -> ZoneInfo:
    if not isinstance(data, str) or not data:
        _refuse(where, f"{said(data)} is no name of a time zone", f"{said(data)} 不是时区名称")
    try:
        return ZoneInfo(data)
    except (OSError, ValueError, KeyError):
        _refuse(where, f"there is no time zone {said(data)}", f"没有时区 {said(data)}")


def _read_target(data: object, where: str, calendars: Mapping[str, Calendar]) -> Target:
    given = _object(data, where)
    metric, priority, seconds, name = (
        given.get(key) for key in ("metric", "priority", "seconds", "calendar")
    )
    if not isinstance(metric, str) or metric not in METRICS:
        _refuse(f"{where}.metric", f"{said(metric)} is not one of {', '.join(METRICS)}",
                f"{said(metric)} 不是 {', '.join(METRICS)} 之一")  # fmt: skip
    if not isinstance(priority, str):
        _refuse(f"{where}.priority", f"{said(priority)} is no name of a priority",
                f"{said(priority)} 不是优先级名称")  # fmt: skip
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        _refuse(f"{where}.seconds", f"{said(seconds)} is not a whole number of seconds from 0 up",
                f"{said(seconds)} 不是不小于 0 的整数秒数")  # fmt: skip
    if not isinstance(name, str) or (name != ALWAYS_NAME and name not in calendars):
        _refuse(f"{where}.calendar", f"there is no calendar {said(name)}", f"没有日历 {said(name)}")
    return Target(metric, priority, seconds, name, ALWAYS if name == ALWAYS_NAME else calendars[name])


def _read_pause(data: object) -> dict[str, tuple[str, ...]]:
    pause: dict[str, tuple[str, ...]] = dict.fromkeys(METRICS, ())
    for metric, statuses in _object(data, "pause").items():
        if metric not in METRICS:
            _refuse("pause", f"{said(metric)} is not one of {', '.join(METRICS)}",
                    f"{said(metric)} 不是 {', '.join(METRICS)} 之一")  # fmt: skip
        for number, status in enumerate(_list(statuses, f"pause.{metric}")):
            if status not in STATUSES:
                _refuse(f"pause.{metric}[{number}]", f"{said(status)} is not one of {', '.join(STATUSES)}",
                        f"{said(status)} 不是 {', '.join(STATUSES)} 之一")  # fmt: skip
        pause[metric] = tuple(statuses)
    return pause


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        _refuse(where, f"{said(data)} is not an object", f"{said(data)} 不是对象")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        _refuse(where, f"{said(data)} is not a list", f"{said(data)} 不是列表")
    return data


def _refuse(where: str, en: str, zh: str) -> NoReturn:
    raise BadInput(Text(f"{where}: {en}", f"{where}：{zh}"), field=where)
