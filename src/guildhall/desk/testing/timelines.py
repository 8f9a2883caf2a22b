"""Random policies and timelines for the clocks: real zones around their changes of the clock, split,
overlapping and overnight windows, skipped dates, events on one instant or on the second a target runs out.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

ZONES: dict[str, tuple[str, ...]] = {
    "Asia/Shanghai": ("2026-10-01", "1991-09-15"),
    "Asia/Singapore": ("2026-02-17",),
    "Asia/Kolkata": ("2026-03-01",),
    "Asia/Kathmandu": ("2026-06-10",),
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "Europe/Dublin": ("2027-03-28", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/Sao_Paulo": ("2018-11-04", "2019-02-17"),
    "America/Santiago": ("2026-09-06", "2026-04-05"),
    "America/St_Johns": ("2006-10-29", "2007-03-11"),
    "America/Havana": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-10-04", "2026-04-05"),
    "Australia/Sydney": ("2026-10-04", "2026-04-05"),
    "Pacific/Apia": ("2011-12-30", "2011-09-24", "2021-04-04"),
    "Pacific/Kwajalein": ("1993-08-21",),
    "Pacific/Chatham": ("2026-09-27", "2026-04-05"),
    "Pacific/Kiritimati": ("1994-12-31", "2026-01-01"),
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),
    "Asia/Tehran": ("2022-03-22", "2021-09-22"),
    "Asia/Beirut": ("2026-03-29", "2026-10-25"),
    "Asia/Pyongyang": ("2018-05-05", "2015-08-15"),
    "America/Caracas": ("2007-12-09", "2016-05-01"),
    "Antarctica/Troll": ("2026-03-29", "2026-10-25"),
    "UTC": ("2026-02-28", "2028-02-29"),
}
"""Zones with dates around which something happens in them."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
METRICS = ("first_response", "next_response", "resolution")
PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("open", "pending", "solved", "closed")


def a_window(rng: random.Random) -> list[str]:
    """A window: usual, overnight, round the clock, of a few minutes, up to midnight, or inside the small
    hours in which clocks change.
    """
    kind = rng.randrange(8)
    quarter = rng.choice((1, 1, 5, 15, 15, 30))

    def clock(minutes: int) -> str:
        minutes -= minutes % quarter
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    if kind == 0:
        start = clock(rng.randrange(1440))
        return [start, start]
    if kind == 1:
        return [clock(rng.randrange(1440)), "24:00"]
    if kind == 2:
        return [clock(rng.randrange(18 * 60, 1440)), clock(rng.randrange(0, 8 * 60))]
    if kind == 3:
        start_minute = rng.randrange(0, 200)
        return [clock(start_minute), clock(start_minute + rng.randrange(0, 90))]
    if kind == 4:
        return ["00:00", clock(rng.randrange(0, 300))]
    if kind == 5:
        return [clock(rng.randrange(1440)), clock(rng.randrange(1440))]
    return rng.choice((["09:00", "12:30"], ["13:30", "18:00"], ["22:00", "02:00"], ["00:00", "24:00"]))


def a_policy(rng: random.Random) -> tuple[dict[str, Any], date]:
    """A policy, and a date near which its first calendar has something to show."""
    calendars: dict[str, Any] = {}
    around = date(2026, 6, 1)
    for number in range(rng.randrange(1, 4)):
        zone = rng.choice(list(ZONES))
        day = date.fromisoformat(rng.choice(ZONES[zone]))
        if number == 0:
            around = day
        weekly = {}
        for name in DAYS:
            if rng.random() < 0.8:
                weekly[name] = [a_window(rng) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3)))]
        if rng.random() < 0.05:
            weekly = {rng.choice(DAYS): [a_window(rng)]} if rng.random() < 0.7 else {}
        holidays = [
            (around + timedelta(days=rng.randrange(-4, 8))).isoformat()
            for _ in range(rng.choice((0, 0, 1, 3)))
        ]
        calendars[f"c{number}"] = {"tz": zone, "weekly": weekly, "holidays": sorted(set(holidays))}
    names = [*calendars, "always"] if rng.random() < 0.7 else list(calendars)
    targets = []
    for metric in METRICS:
        for priority in ("*", *PRIORITIES):
            if rng.random() < (0.8 if priority == "*" else 0.4):
                targets.append(
                    {
                        "metric": metric,
                        "priority": priority,
                        "seconds": a_target(rng),
                        "calendar": rng.choice(names),
                    }
                )
    rng.shuffle(targets)
    pause: dict[str, list[str]] = {}
    for metric in METRICS:
        if rng.random() < 0.7:
            pause[metric] = rng.choice(
                (["pending"], ["pending"], [], ["open"], ["pending", "open"], ["solved"])
            )
    return {"calendars": calendars, "targets": targets, "pause": pause}, around


def a_target(rng: random.Random) -> int:
    """Seconds of a target: round ones mostly, so that due times meet events and edges of windows."""
    kind = rng.randrange(10)
    if kind < 6:
        return rng.choice((300, 900, 1800, 3600, 7200, 14400, 28800))
    if kind < 8:
        return rng.randrange(1, 40_000)
    return rng.choice((1, 60, 86400, 172_800, 604_800, 2_000_000, 8_000_000, 40_000_000))


def a_ticket(
    rng: random.Random, name: str, policy: dict[str, Any], around: date, *, short: bool
) -> list[dict[str, Any]]:
    """The lines of one ticket, oldest first; a short one lives within some hours of `around`."""
    at = datetime(around.year, around.month, around.day, tzinfo=UTC)
    if short:
        at += timedelta(minutes=5 * rng.randrange(-30, 60))
    else:
        at += timedelta(minutes=15 * rng.randrange(-3 * 96, 2 * 96))
    if not short and rng.random() < 0.4:
        at += timedelta(days=rng.choice((3, 7, 14, 20)), minutes=5 * rng.randrange(600))
    if rng.random() < 0.3:
        at += timedelta(seconds=rng.randrange(900))
    seconds = [target["seconds"] for target in policy["targets"]] or [3600]
    lines: list[dict[str, Any]] = [
        {"ticket": name, "at": _written(rng, at), "type": "opened", "priority": rng.choice(PRIORITIES)}
    ]
    marks = [at]
    for _ in range(rng.randrange(0, 12)):
        marks.append(at)
        at = _soon(rng, at) if short else _next(rng, at, marks, seconds)
        kind = rng.choices(
            ("customer_message", "agent_reply", "status", "priority", "merged"), (34, 28, 24, 11, 3)
        )[0]
        line: dict[str, Any] = {"ticket": name, "at": _written(rng, at), "type": kind}
        if kind == "status":
            line["to"] = rng.choice(STATUSES)
        elif kind == "priority":
            line["to"] = rng.choice((*PRIORITIES, "unheard-of"))
        elif kind == "merged":
            line["into"] = "t0"
        lines.append(line)
    return lines


def _next(rng: random.Random, at: datetime, marks: list[datetime], seconds: list[int]) -> datetime:
    """The time of the next event: often the same instant, or a target after an earlier one."""
    kind = rng.randrange(10)
    if kind < 2:
        return at
    if kind < 5:
        mark = rng.choice(marks) + timedelta(seconds=rng.choice(seconds) + rng.choice((0, 0, 0, -1, 1)))
        return mark if at <= mark <= at + timedelta(days=4) else at + timedelta(minutes=15)
    if kind < 8:
        return at + timedelta(minutes=rng.choice((5, 15, 15, 30, 60, 120, 480, 1440)))
    if kind < 9:
        return at + timedelta(seconds=rng.randrange(1, 90_000))
    return at + timedelta(seconds=rng.randrange(1, 400_000))


def _soon(rng: random.Random, at: datetime) -> datetime:
    """The time of the next event of a short life."""
    return at + timedelta(minutes=rng.choice((0, 0, 1, 5, 5, 15, 30)), seconds=rng.choice((0, 0, 0, 1, 59)))


def _written(rng: random.Random, at: datetime) -> str:
    """The instant as RFC 3339, in UTC or with some offset."""
    if rng.random() < 0.7:
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
    offset = timezone(timedelta(minutes=rng.choice((-570, -180, 0, 330, 345, 480, 825))))
    return at.astimezone(offset).isoformat()


def a_batch(seed: int, tickets: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A policy and the lines of so many tickets under it, the tickets' lines mixed in the order of a file."""
    rng = random.Random(seed)
    policy, around = a_policy(rng)
    short = rng.random() < 0.5
    if short:
        around += timedelta(days=rng.choice((-1, 0, 0, 0, 1)))
    waiting = [a_ticket(rng, f"t{number}", policy, around, short=short) for number in range(tickets)]
    lines: list[dict[str, Any]] = []
    while waiting:
        own = rng.choice(waiting)
        lines.append(own.pop(0))
        if not own:
            waiting.remove(own)
    return policy, lines
