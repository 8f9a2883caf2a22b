"""Calendar feeds: the shifts of a person or a team as iCalendar, for a phone that asks again every hour.

Every event begins and ends at explicit instants in UTC: no length and no rule is left to the calendar's own
reckoning. An event that is gone for its reader stays in the feed as cancelled, and what has not changed is
the same to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from guildhall.core import clock
from guildhall.people.models import Staff
from guildhall.people.tokens import hash_of
from guildhall.work.duty import queries
from guildhall.work.duty.seeing import teams_seen
from guildhall.work.models import Cover, DutyKind, FeedKey, Shift

BACK, AHEAD = timedelta(days=15), timedelta(days=180)
READ_EVERY = timedelta(minutes=5)
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class _Shown:
    """One event: a part of a shift, or what was one."""

    shift: Shift
    nth: int
    staff_id: int | None
    starts_at: datetime
    ends_at: datetime
    is_off: bool


def feed_of(key: str) -> FeedKey | None:
    """The feed behind a key; None when it is unknown or revoked, or its owner left or no longer sees the
    team.
    """
    if len(key) > _LONGEST_KEY:
        return None
    feed = (
        FeedKey.objects.select_related("staff", "team").filter(key_hash=hash_of(key), revoked_at=None).first()
    )
    if feed is None or not feed.staff.is_active or not feed.staff.may("duty.view"):
        return None
    if feed.team_id is not None and not teams_seen(feed.staff).filter(pk=feed.team_id).exists():
        return None
    return feed


def read(feed: FeedKey) -> bytes:
    """The calendar as it stands, from 15 days back to 180 days ahead, in its owner's language (UTF-8)."""
    now = clock.now()
    if feed.last_read_at is None or now - feed.last_read_at > READ_EVERY:
        FeedKey.objects.filter(pk=feed.pk).update(last_read_at=now)
    rows = _rows(feed, now - BACK, now + AHEAD)
    shown = _of_person(rows, feed.staff_id) if feed.team_id is None else _of_team(rows)
    with translation.override(feed.staff.language):
        return _written(feed, shown)


def _rows(feed: FeedKey, start: datetime, end: datetime) -> list[Shift]:
    """The shifts that are the reader's now, or were."""
    rows = Shift.objects.filter(
        starts_at__lt=end, starts_at__gt=start - queries.LONGEST_SHIFT, ends_at__gt=start
    ).order_by("starts_at", "id")
    if feed.team_id is not None:
        rows = rows.filter(team_id=feed.team_id)
    else:
        ever = Cover.objects.filter(staff_id=feed.staff_id).values("shift_id")
        rows = rows.filter(Q(staff_id=feed.staff_id) | Q(pk__in=ever))
    covers = Cover.objects.filter(removed_at=None)
    return list(rows.select_related("team", "staff").prefetch_related(Prefetch("covers", covers)))


def _of_person(rows: Iterable[Shift], staff_id: int) -> list[_Shown]:
    """The person's parts; one cancelled event for a shift in which they have none any more."""
    rows = list(rows)
    away = _away(rows)
    out: list[_Shown] = []
    for shift in rows:
        mine = [one for one in queries.pieces_of(shift, away) if one.staff == staff_id]
        if shift.state != Shift.State.PLANNED or not mine:
            out.append(_Shown(shift, 0, staff_id, shift.starts_at, shift.ends_at, True))
            continue
        for nth, piece in enumerate(mine):
            out.append(_Shown(shift, nth, staff_id, piece.starts_at, piece.ends_at, False))
    return out


def _of_team(rows: Iterable[Shift]) -> list[_Shown]:
    """Every part with whoever is there, open ones too; cancelled shifts as such."""
    rows = list(rows)
    away = _away(rows)
    out: list[_Shown] = []
    for shift in rows:
        if shift.state != Shift.State.PLANNED:
            out.append(_Shown(shift, 0, shift.staff_id, shift.starts_at, shift.ends_at, True))
            continue
        for nth, piece in enumerate(queries.pieces_of(shift, away)):
            out.append(_Shown(shift, nth, piece.staff, piece.starts_at, piece.ends_at, False))
    return out


def _away(rows: list[Shift]) -> dict[int, list[tuple[datetime, datetime]]]:
    people = {one.staff_id for one in rows} | {c.staff_id for one in rows for c in one.covers.all()}
    if not rows:
        return {}
    start, end = min(one.starts_at for one in rows), max(one.ends_at for one in rows)
    return queries.absences({one for one in people if one is not None}, start, end)


def _written(feed: FeedKey, shown: Iterable[_Shown]) -> bytes:
    shown = list(shown)
    people = {one.staff_id for one in shown if one.staff_id is not None}
    names = {one.pk: str(one) for one in Staff.objects.filter(pk__in=people)}
    calendar = Calendar()
    calendar.add("prodid", "-//Guildhall//Duty//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    title = feed.team.name if feed.team is not None else _("My shifts")
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", feed.staff.zone)
    calendar.add("x-published-ttl", "PT1H", encode=False)
    for one in shown:
        calendar.add_component(_event(feed, one, names))
    return bytes(calendar.to_ical())


def _event(feed: FeedKey, one: _Shown, names: dict[int, str]) -> Event:
    event = Event()
    whose = "team" if feed.team_id is not None else str(one.staff_id)
    event.add("uid", f"{one.shift.pk}.{whose}.{one.nth}@guildhall")
    event.add("dtstamp", one.shift.changed_at.replace(microsecond=0))
    event.add("last-modified", one.shift.changed_at.replace(microsecond=0))
    event.add("sequence", one.shift.revision)
    event.add("dtstart", one.starts_at)
    event.add("dtend", one.ends_at)
    event.add("summary", _summary(feed, one, names))
    event.add("status", "CANCELLED" if one.is_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if one.is_off or one.shift.kind == DutyKind.ON_CALL else "OPAQUE")
    if one.shift.note:
        event.add("description", one.shift.note)
    return event


def _summary(feed: FeedKey, one: _Shown, names: dict[int, str]) -> str:
    kind = _("on call") if one.shift.kind == DutyKind.ON_CALL else _("shift")
    if feed.team_id is None:
        return _("%(team)s: %(kind)s") % {"team": one.shift.team.name, "kind": kind}
    who = names.get(one.staff_id or 0) or _("still open")
    return _("%(who)s: %(kind)s") % {"who": who, "kind": kind}
