"""Spaces over the API: the groups and rooms that messages come from."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.paging import Cursor, Limit, NextCursor, Word, check_cursor, cut
from guildhall.api.rendering import answers, says
from guildhall.channels.models import Space
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.people.access import api_auth

router = Router()
SCOPE = "messages:read"


class SpaceOut(Schema):
    """A group, channel or room where members talk."""

    id: str
    slug: str
    name: str
    platform: str
    language: str
    region: str = Field(description="The legal region of its audience (ISO 3166), empty when unknown.")
    tier: str
    theme: str
    created_at: datetime
    archived_at: datetime | None


class SpacePage(Schema):
    """Spaces, newest first."""

    items: list[SpaceOut]
    next: NextCursor = None


@router.get(
    "", auth=api_auth(SCOPE), response=answers(SpacePage), openapi_extra=says(SCOPE), summary="List spaces"
)
def list_spaces(
    request: HttpRequest, platform: Word = "", archived: bool = False, limit: Limit = 50, cursor: Cursor = ""
) -> SpacePage:
    """Spaces, newest first; archived ones only when asked for."""
    found = Space.objects.order_by("-id")
    if platform:
        found = found.filter(platform=platform)
    if not archived:
        found = found.filter(archived_at__isnull=True)
    if check_cursor(cursor):
        found = found.filter(pk__lt=cursor)
    rows, following = cut(list(found[: limit + 1]), limit, lambda space: space.pk)
    return SpacePage(items=[shown(space) for space in rows], next=following)


@router.get(
    "/{slug}",
    auth=api_auth(SCOPE),
    response=answers(SpaceOut, 404),
    openapi_extra=says(SCOPE),
    summary="One space",
)
def get_space(request: HttpRequest, slug: str) -> SpaceOut:
    """One space by its short name."""
    space = Space.objects.filter(slug=slug.replace("\x00", "")).first()
    if space is None:
        raise NotFound(Text("There is no such space.", "没有此群组。"))
    return shown(space)


def shown(space: Space) -> SpaceOut:
    """A space without its settings, which may hold what only the house should know."""
    return SpaceOut(
        id=space.pk,
        slug=space.slug,
        name=space.name,
        platform=space.platform,
        language=space.language,
        region=space.region,
        tier=space.tier,
        theme=space.theme,
        created_at=space.created_at,
        archived_at=space.archived_at,
    )
