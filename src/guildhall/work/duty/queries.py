"""Who is on duty: the reads that assignment, handover, paging, pages, the API and calendars share.

Every answer is reckoned from shifts, covers and leave as they stand now. People who were deactivated are on
duty nowhere. All times are instants in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from guildhall.people.models import DEMO_DOMAIN, Staff, TeamMembership
from guildhall.work.duty import speaking
from guildhall.work.duty.pieces import Piece, Span, Taken, pieces
from guildhall.work.models import Cover, DutyKind, Leave, Shift

LONGEST_SHIFT = timedelta(days=15)
"""No shift lasts longer: fourteen days and the hour of a change of clocks."""
_INSTANT = timedelta(microseconds=1)
_NEXT_WITHIN = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Duty:
    """A part of a shift with whoever is there: `staff_id` None is nobody. [starts_at, ends_at) in UTC.

    `away_id`: who is missing because of leave or because they left; `instead_of_id`: whose shift it was.
    `languages`: those of the shift, else those of the person, as short codes (`zh`).
    """

    shift_id: str
    staff_id: int | None
    team_id: int
    team_slug: str
    kind: str
    layer: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    languages: tuple[str, ...] = ()
    away_id: int | None = None
    instead_of_id: int | None = None

    @property
    def seconds(self) -> int:
        """How long it lasts, in real seconds."""
        return int((self.ends_at - self.starts_at).total_seconds())


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody on duty at a moment. `ends_at`: when their part of this shift ends (see `shift_end` for when
    they go home).
    """

    staff_id: int
    shift_id: str
    ends_at: datetime
    team_slug: str
    languages: tuple[str, ...]
    kind: str
    layer: int = 1


def on_duty(
    at: datetime,
    *,
    team: str | int | None = None,
    languages: Sequence[str] = (),
    vendor_team: str | int | None = None,
    kind: str | None = None,
) -> list[OnDuty]:
    """Everybody on duty at `at`, once a shift: those who work first, then those on call by layer.

    team: only shifts of that team (slug or id); vendor_team: only people who belong to that team;
    languages: only who speaks one of them; kind: `shift` or `on_call` only.
    """
    found = shifts(at, at + _INSTANT, team=team, kind=kind)
    here = [one for one in found if one.staff_id is not None]
    wanted = {speaking.short(one) for one in languages}
    if wanted:
        here = [one for one in here if wanted & set(one.languages)]
    if vendor_team is not None:
        members = _members(vendor_team)
        here = [one for one in here if one.staff_id in members]
    here.sort(key=lambda one: (one.kind != DutyKind.SHIFT, one.layer, one.starts_at, one.staff_id or 0))
    return [
        OnDuty(
            one.staff_id or 0, one.shift_id, one.ends_at, one.team_slug, one.languages, one.kind, one.layer
        )
        for one in here
    ]


def next_on(at: datetime, staff: Staff | int, *, kind: str | None = None) -> Duty | None:
    """The next part of a shift of a person that begins after `at`; None when nothing is planned within 120
    days.
    """
    coming = shifts(at, at + _NEXT_WITHIN, staff=staff, kind=kind)
    return next((one for one in coming if one.starts_at > at), None)


def shift_end(staff_id: int, at: datetime, *, kind: str | None = DutyKind.SHIFT) -> datetime | None:
    """Until when a person is on duty without a break, shifts that follow one another counted as one; None
    when they are not on duty at `at`.
    """
    ends: datetime | None = None
    for one in shifts(at, at + LONGEST_SHIFT, staff=staff_id, kind=kind):
        if one.starts_at <= (ends or at):
            ends = max(ends or one.ends_at, one.ends_at)
    return ends


def shifts(
    start: datetime,
    end: datetime,
    *,
    team: str | int | None = None,
    staff: Staff | int | None = None,
    kind: str | None = None,
    teams: Collection[int] | None = None,
) -> list[Duty]:
    """Every part of every planned shift that overlaps [start, end), by beginning; parts nobody stands in are
    there too, with `staff_id` None (left out when one person is asked for). Parts are not cut at start, end.

    team: slug or id; staff: one person; teams: only those ids.
    """
    rows = planned(start, end)
    if team is not None:
        rows = rows.filter(team_filter(team))
    if teams is not None:
        rows = rows.filter(team_id__in=list(teams))
    if kind is not None:
        rows = rows.filter(kind=kind)
    who = staff.pk if isinstance(staff, Staff) else staff
    if who is not None:
        rows = rows.filter(
            Q(staff_id=who) | Q(pk__in=Cover.objects.filter(staff_id=who, removed_at=None).values("shift_id"))
        )
    parts = [one for one in resolved(rows) if one.starts_at < end and one.ends_at > start]
    if who is not None:
        parts = [one for one in parts if one.staff_id == who]
    return with_languages(parts)


def of_person(staff_id: int, rows: QuerySet[Shift]) -> QuerySet[Shift]:
    """Those shifts that are this person's, or that they cover some of."""
    covered = Cover.objects.filter(staff_id=staff_id, removed_at=None).values("shift_id")
    return rows.filter(Q(staff_id=staff_id) | Q(pk__in=covered))


def planned(start: datetime, end: datetime) -> QuerySet[Shift]:
    """Rows of shifts that overlap [start, end), by beginning."""
    return (
        Shift.objects.filter(
            state=Shift.State.PLANNED,
            starts_at__lt=end,
            starts_at__gt=start - LONGEST_SHIFT,
            ends_at__gt=start,
        )
        .select_related("team")
        .order_by("starts_at", "id")
    )


def resolved(rows: Iterable[Shift]) -> list[Duty]:
    """The parts of these shifts, by beginning; languages only where the shift says them."""
    listed = list(_with_covers(rows))
    if not listed:
        return []
    start, end = min(one.starts_at for one in listed), max(one.ends_at for one in listed)
    people = {
        who
        for one in listed
        for who in (one.staff_id, *(cover.staff_id for cover in one.covers.all()))
        if who is not None
    }
    leave = absences(people, start, end)
    out = [_duty(one, piece) for one in listed for piece in pieces_of(one, leave)]
    return sorted(out, key=lambda one: (one.starts_at, one.ends_at, one.shift_id))


def pieces_of(shift: Shift, leave: dict[int, list[Span]]) -> list[Piece]:
    """The pieces of one shift, with the leave of its people as `absences` gives it."""
    covers = sorted((one for one in shift.covers.all() if one.removed_at is None), key=lambda one: one.pk)
    taken = [Taken(one.staff_id, one.starts_at, one.ends_at) for one in covers]
    return pieces(shift.staff_id, shift.starts_at, shift.ends_at, taken, leave)


def absences(people: Collection[int], start: datetime, end: datetime) -> dict[int, list[Span]]:
    """When these people are away between two moments: approved leave; always, who was deactivated (made-up
    colleagues never are anything else, and stand in the demo's roster all the same).
    """
    out: dict[int, list[Span]] = {}
    rows = Leave.objects.filter(
        staff_id__in=people, state=Leave.State.APPROVED, starts_at__lt=end, ends_at__gt=start
    )
    for who, begins, ends in rows.values_list("staff_id", "starts_at", "ends_at"):
        out.setdefault(who, []).append((begins, ends))
    gone = Staff.objects.filter(pk__in=people, is_active=False).exclude(email__endswith=f"@{DEMO_DOMAIN}")
    for who in gone.values_list("pk", flat=True):
        out.setdefault(who, []).append((start, end))
    return out


def team_filter(team: str | int) -> Q:
    """A team by slug, or by id."""
    return Q(team_id=team) if isinstance(team, int) else Q(team__slug=team)


def _members(team: str | int) -> set[int]:
    return set(TeamMembership.objects.filter(team_filter(team)).values_list("staff_id", flat=True))


def _with_covers(rows: Iterable[Shift]) -> Iterable[Shift]:
    if isinstance(rows, QuerySet):
        return rows.prefetch_related(Prefetch("covers", Cover.objects.filter(removed_at=None)))
    return rows


def _duty(shift: Shift, piece: Piece) -> Duty:
    return Duty(
        shift.pk, piece.staff, shift.team_id, shift.team.slug, shift.kind, shift.layer, piece.starts_at,
        piece.ends_at, shift.zone, tuple(shift.languages), piece.away, piece.instead_of,
    )  # fmt: skip


def with_languages(parts: Sequence[Duty]) -> list[Duty]:
    """The same, with the languages of the person where the shift says none, or where another person stands
    in it.
    """
    unknown = {
        one.staff_id
        for one in parts
        if one.staff_id is not None and not (one.languages and one.instead_of_id is None)
    }
    spoken = speaking.languages_of(unknown)
    return list(_filled(parts, spoken))


def _filled(parts: Sequence[Duty], spoken: dict[int, tuple[str, ...]]) -> Iterator[Duty]:
    for one in parts:
        own = spoken.get(one.staff_id or 0, ())
        if one.staff_id is None or (one.languages and one.instead_of_id is None):
            yield one
        else:
            yield replace(one, languages=tuple(x for x in one.languages if x in own) or own)
