"""Duty over the API: who is on duty at a moment, and the shifts of a span, of teams the caller may see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from guildhall.api.paging import Word
from guildhall.api.rendering import answers, says
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.people.access import api_auth
from guildhall.people.models import Staff
from guildhall.people.tokens import Principal
from guildhall.work.duty import needs, queries
from guildhall.work.duty.seeing import teams_seen

router = Router()
SCOPE = "duty:read"
LONGEST = timedelta(days=62)
_Kind = Annotated[
    str, Query(pattern="^(|shift|on_call)$", description="`shift` or `on_call`; empty for both.")
]


class OnDutyOut(Schema):
    """Somebody on duty at the moment asked for."""

    staff_id: int
    name: str
    team: str
    kind: str
    layer: int = Field(description="1 is tried first when somebody on call is paged.")
    languages: list[str]
    shift_id: str
    ends_at: datetime


class NowOut(Schema):
    """Who is on duty: those who work first, then those on call by layer."""

    at: datetime
    items: list[OnDutyOut]


class ShiftOut(Schema):
    """A part of a shift; `staff_id` null: nobody is there."""

    shift_id: str
    staff_id: int | None
    name: str
    team: str
    kind: str
    layer: int
    starts_at: datetime
    ends_at: datetime
    zone: str = Field(description="The zone its times were meant in; all times here are UTC.")
    away_id: int | None = Field(description="Who is missing because of leave.")
    instead_of_id: int | None = Field(description="Whose shift it was before somebody took it.")


class ShiftsOut(Schema):
    """The parts of every planned shift that overlaps the span, by beginning."""

    items: list[ShiftOut]


class GapOut(Schema):
    """A time with fewer people on duty than needed."""

    team: str
    kind: str
    language: str
    starts_at: datetime
    ends_at: datetime
    have: int
    least: int


class GapsOut(Schema):
    """Gaps of cover within the span, by beginning."""

    items: list[GapOut]


@router.get(
    "",
    auth=api_auth(SCOPE),
    response=answers(NowOut, 422),
    openapi_extra=says(SCOPE),
    summary="Who is on duty",
)
def who_is_on_duty(
    request: HttpRequest, at: datetime | None = None, team: Word = "", language: Word = "", kind: _Kind = ""
) -> NowOut:
    """Who is on duty now, or at another moment (`at`, with a zone)."""
    moment = _aware(at, "at") or clock.now()
    teams = _teams(request)
    found = [
        one
        for one in queries.on_duty(
            moment, team=team or None, languages=[language] if language else (), kind=kind or None
        )
        if one.team_slug in teams.values()
    ]
    names = _names(one.staff_id for one in found)
    return NowOut(
        at=moment,
        items=[
            OnDutyOut(
                staff_id=one.staff_id,
                name=names.get(one.staff_id, ""),
                team=one.team_slug,
                kind=one.kind,
                layer=one.layer,
                languages=list(one.languages),
                shift_id=one.shift_id,
                ends_at=one.ends_at,
            )
            for one in found
        ],
    )


@router.get(
    "/shifts",
    auth=api_auth(SCOPE),
    response=answers(ShiftsOut, 422),
    openapi_extra=says(SCOPE),
    summary="Shifts of a span",
)
def list_shifts(
    request: HttpRequest, start: datetime, end: datetime, team: Word = "", kind: _Kind = ""
) -> ShiftsOut:
    """Every part of every planned shift that overlaps [start, end), 62 days at most."""
    begins, ends = _span(start, end)
    found = queries.shifts(begins, ends, team=team or None, kind=kind or None, teams=list(_teams(request)))
    names = _names(one.staff_id for one in found)
    return ShiftsOut(
        items=[
            ShiftOut(
                shift_id=one.shift_id,
                staff_id=one.staff_id,
                name=names.get(one.staff_id or 0, ""),
                team=one.team_slug,
                kind=one.kind,
                layer=one.layer,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                zone=one.zone,
                away_id=one.away_id,
                instead_of_id=one.instead_of_id,
            )
            for one in found
        ]
    )


@router.get(
    "/gaps",
    auth=api_auth(SCOPE),
    response=answers(GapsOut, 422),
    openapi_extra=says(SCOPE),
    summary="Gaps of cover",
)
def list_gaps(request: HttpRequest, start: datetime, end: datetime) -> GapsOut:
    """Where fewer are on duty than needed within [start, end), 62 days at most."""
    begins, ends = _span(start, end)
    teams = _teams(request)
    return GapsOut(
        items=[
            GapOut(
                team=teams[gap.team],
                kind=gap.kind,
                language=gap.language,
                starts_at=gap.starts_at,
                ends_at=gap.ends_at,
                have=gap.have,
                least=gap.least,
            )
            for gap in needs.gaps(begins, ends, list(teams))
        ]
    )


def _caller(request: HttpRequest) -> Staff:
    principal = request.auth  # type: ignore[attr-defined]
    assert isinstance(principal, Principal)
    return principal.staff


def _teams(request: HttpRequest) -> dict[int, str]:
    """The teams the caller may see: short name by id."""
    return dict(teams_seen(_caller(request)).values_list("pk", "slug"))


def _names(people: Iterable[int | None]) -> dict[int, str]:
    known = Staff.objects.filter(pk__in={one for one in people if one is not None})
    return {one.pk: str(one) for one in known}


def _span(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    begins, ends = _aware(start, "start"), _aware(end, "end")
    assert begins is not None
    assert ends is not None
    if not begins < ends or ends - begins > LONGEST:
        raise BadInput(
            Text("A span ends after it begins, 62 days later at most.", "结束须晚于开始，且不超过 62 天。"),
            field="query.end",
        )
    return begins, ends


def _aware(at: datetime | None, name: str) -> datetime | None:
    """The moment; BadInput for one without a zone or too near the ends of time."""
    if at is None:
        return None
    if at.tzinfo is None or not 1971 <= at.year <= 9000:
        raise BadInput(Text("Give a time with its zone.", "时间须带时区。"), field=f"query.{name}")
    return at
