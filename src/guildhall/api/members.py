"""Members over the API: list, search, one with their accounts. Names are masked for whoever may not see
them.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.paging import Cursor, Limit, NextCursor, Word, check_cursor, cut
from guildhall.api.rendering import answers, says
from guildhall.core.errors import NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.people import queries
from guildhall.people.access import api_auth
from guildhall.people.masking import mask_external_id, mask_name
from guildhall.people.models import Member, Staff
from guildhall.people.tokens import Principal

router = Router()
SCOPE = "members:read"


class AccountOut(Schema):
    """A member's presence on one platform."""

    id: str
    platform: str
    username: str
    display_name: str
    external_id: str
    is_bot: bool
    is_staff: bool
    last_seen_at: datetime


class MemberOut(Schema):
    """A person in the community."""

    id: str = Field(description="Pseudonymous: the only thing about a person that leaves the house.")
    name: str
    masked: bool = Field(description="Names and ids are cut because the caller may not see identities.")
    language: str
    region: str = Field(description="ISO 3166 code, empty when unknown.")
    created_at: datetime
    last_seen_at: datetime
    erased_at: datetime | None
    accounts: list[AccountOut]


class MemberPage(Schema):
    """Members, newest first."""

    items: list[MemberOut]
    next: NextCursor = None


@router.get(
    "", auth=api_auth(SCOPE), response=answers(MemberPage), openapi_extra=says(SCOPE), summary="List members"
)
def list_members(
    request: HttpRequest,
    q: Word = "",
    platform: Word = "",
    language: Word = "",
    region: Word = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> MemberPage:
    """Members that are present, newest first; `q` searches names, usernames and platform ids."""
    wanted = queries.MemberFilter(q=q, platform=platform, language=language, region=region)
    found = queries.with_accounts(queries.members(wanted))
    if check_cursor(cursor):
        found = found.filter(pk__lt=cursor)
    rows, following = cut(list(found[: limit + 1]), limit, lambda member: member.pk)
    staff = caller(request).staff
    return MemberPage(items=[shown(member, staff) for member in rows], next=following)


@router.get(
    "/{member_id}",
    auth=api_auth(SCOPE),
    response=answers(MemberOut, 404),
    openapi_extra=says(SCOPE),
    summary="One member",
)
def get_member(request: HttpRequest, member_id: str) -> MemberOut:
    """One member with their accounts; the id of a merged member leads to the one it was merged into."""
    if not is_id(member_id):
        raise NotFound(Text("There is no such member.", "没有此成员。"))
    return shown(queries.member_detail(member_id).member, caller(request).staff)


def caller(request: HttpRequest) -> Principal:
    """Who calls; the doors let nobody else through."""
    principal = request.auth  # type: ignore[attr-defined]
    assert isinstance(principal, Principal)
    return principal


def shown(member: Member, staff: Staff) -> MemberOut:
    """A member as `staff` may see them."""
    identity = queries.mask_identity(member, staff)
    accounts = [
        AccountOut(
            id=account.pk,
            platform=account.platform,
            username=mask_name(account.username) if identity.masked else account.username,
            display_name=mask_name(account.display_name) if identity.masked else account.display_name,
            external_id=mask_external_id(account.external_id) if identity.masked else account.external_id,
            is_bot=account.is_bot,
            is_staff=account.is_staff,
            last_seen_at=account.last_seen_at,
        )
        for account in member.accounts.all()
    ]
    return MemberOut(
        id=member.pk,
        name=identity.name,
        masked=identity.masked,
        language=member.language,
        region=member.region,
        created_at=member.created_at,
        last_seen_at=member.last_seen_at,
        erased_at=member.erased_at,
        accounts=accounts,
    )
