"""When a broadcast goes: at once, at a time, or again and again; by one clock, or by that of each audience.
Pure.

By each audience's own clock a sending begins when its hour comes where the day begins first on Earth, and
every target then waits for the same hour of its own zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guildhall.broadcast.zones import is_zone
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.effects import cron

NOW, ONCE, EVERY = "now", "once", "every"
FIRST_ZONE = "Etc/GMT-14"
"""Where a date begins first."""
LATEST = timedelta(hours=1)
"""A sending that could not begin for longer than this after its time does not begin by itself any more."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`at`: wall clock without a zone (once). `cron`: five fields (every), through `until` (the last day).

    `zone`: whose wall clock; with `each_zone` that of every target, and `zone` only for those whose clock
    nobody knows.
    """

    kind: str = NOW
    at: datetime | None = None
    cron: str = ""
    until: date | None = None
    zone: str = "UTC"
    each_zone: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "at": self.at.isoformat(timespec="minutes") if self.at else "",
            "cron": self.cron,
            "until": self.until.isoformat() if self.until else "",
            "zone": self.zone,
            "each_zone": self.each_zone,
        }


def parse_schedule(data: Mapping[str, Any]) -> Schedule:
    """The schedule that JSON tells of. Raises BadInput naming `kind`, `at`, `cron`, `until` or `zone`."""
    kind, zone = str(data.get("kind", NOW)), str(data.get("zone") or "UTC")
    if kind not in (NOW, ONCE, EVERY):
        raise BadInput(
            Text("At once, once, or again and again.", "请选择立即、定时或重复发送。"), field="kind"
        )
    if not is_zone(zone):
        raise BadInput(Text(f"{zone} is not a time zone.", f"{zone} 不是有效的时区。"), field="zone")
    try:
        at = datetime.fromisoformat(str(data["at"])) if data.get("at") else None
    except ValueError:
        raise BadInput(Text("This is not a date and time.", "日期时间无效。"), field="at") from None
    try:
        until = date.fromisoformat(str(data["until"])) if data.get("until") else None
    except ValueError:
        raise BadInput(Text("This is not a date.", "日期无效。"), field="until") from None
    if kind == ONCE and at is None:
        raise BadInput(Text("Say when.", "请填写发送时间。"), field="at")
    expression = str(data.get("cron", "")).strip() if kind == EVERY else ""
    if kind == EVERY:
        try:
            cron.check(expression, zone)
        except cron.NotACron:
            raise BadInput(
                Text("Say on which days and when.", "请填写重复的日期和时间。"), field="cron"
            ) from None
    each = bool(data.get("each_zone")) and kind != NOW
    return Schedule(
        kind, at.replace(tzinfo=None) if at and kind == ONCE else None, expression, until, zone, each
    )


def first_after(schedule: Schedule, after: datetime) -> datetime | None:
    """When the next sending begins, strictly after `after` (aware); None when there is none. UTC."""
    zone = FIRST_ZONE if schedule.each_zone else schedule.zone
    if schedule.kind == ONCE and schedule.at is not None:
        found = schedule.at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        return found if found > after else None
    if schedule.kind != EVERY:
        return None
    found = cron.next_after(schedule.cron, zone, after)
    if schedule.until is not None and found.astimezone(ZoneInfo(zone)).date() > schedule.until:
        return None
    return found


def begins(schedule: Schedule, now: datetime) -> datetime | None:
    """When the first sending begins if it is let go now; a time that has only just passed means now.

    By each audience's clock a sending of today may have begun elsewhere already: it begins now as long as its
    hour is still to come somewhere.
    """
    if schedule.kind == NOW:
        return now
    if schedule.kind == ONCE and schedule.at is not None:
        first = schedule.at.replace(tzinfo=ZoneInfo(FIRST_ZONE if schedule.each_zone else schedule.zone))
        last = schedule.at.replace(tzinfo=ZoneInfo("Etc/GMT+12" if schedule.each_zone else schedule.zone))
        if first > now:
            return first.astimezone(UTC)
        return now if last > now - LATEST else None
    return first_after(schedule, now)


def due_for(schedule: Schedule, begun: datetime, zone: str) -> datetime:
    """When a target of that zone ('': nobody knows) is due in the sending that begins at `begun`. UTC."""
    if not schedule.each_zone:
        return begun
    if schedule.kind == ONCE and schedule.at is not None:
        wall = schedule.at
    else:
        wall = begun.astimezone(ZoneInfo(FIRST_ZONE)).replace(tzinfo=None)
    return wall.replace(tzinfo=ZoneInfo(zone or schedule.zone)).astimezone(UTC)
