"""The ledger over the API: balances, postings with their legs, closed days. Reading only: rooms post, not
programs.

Amounts are text, because JSON numbers lose their last digits in many programs: `units` in whole base units,
`amount` in plain decimals of the asset.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from guildhall.api.paging import Limit, NextCursor, Word, cut
from guildhall.api.rendering import answers, says
from guildhall.core.errors import NotFound
from guildhall.core.money import Asset as Coin
from guildhall.core.money import Money
from guildhall.core.text import Text
from guildhall.ledger import queries
from guildhall.ledger.models import Account, Day, Posting
from guildhall.people.access import api_auth

router = Router()
SCOPE = "ledger:read"
Number = Annotated[
    str,
    Query(
        max_length=18, pattern="^[0-9]*$", description="`next` of the page before; empty for the first page."
    ),
]


class BalanceOut(Schema):
    """What an account holds."""

    account: str = Field(description="Such as `partner:7:payable`; above zero is what it was given.")
    asset: str
    units: str = Field(description="Whole base units of the asset, as text.")
    amount: str = Field(description="The same in plain decimals.")
    legs: int = Field(description="How many legs it is the sum of.")


class BalancePage(Schema):
    """Balances in the order the accounts were opened."""

    items: list[BalanceOut]
    next: NextCursor = None


class LegOut(Schema):
    """What one account was given (above zero) or had taken (below)."""

    account: str
    units: str
    amount: str


class PostingOut(Schema):
    """Something that happened to money. It never changes; a mistake is reversed by its mirror."""

    number: int
    key: str
    kind: str
    asset: str
    effective_on: date = Field(description="The UTC day it belongs to.")
    booked_on: date = Field(description="The UTC day it is counted in, later when that day was closed.")
    matures_on: date | None
    pin: str = Field(description="The terms it was reckoned by, such as `deal:7:v3`.")
    subject: str
    details: dict[str, Any]
    reverses: str | None = Field(description="The key of the posting it mirrors.")
    reversed_by: str | None = Field(description="The key of its mirror.")
    by: str
    recorded_at: datetime
    body_hash: str
    legs: list[LegOut]


class PostingPage(Schema):
    """Postings, newest first."""

    items: list[PostingOut]
    next: NextCursor = None


class DayOut(Schema):
    """A closed day: nothing more is booked on it."""

    day: date
    postings: int
    late: int = Field(description="How many of them belong to earlier days.")
    hash: str
    closed_at: datetime


class DayPage(Schema):
    """Closed days, newest first."""

    items: list[DayOut]
    next: NextCursor = None


@router.get(
    "/balances",
    auth=api_auth(SCOPE),
    response=answers(BalancePage),
    openapi_extra=says(SCOPE),
    summary="List balances",
)
def list_balances(
    request: HttpRequest,
    prefix: Word = "",
    asset: Word = "",
    on: date | None = None,
    limit: Limit = 50,
    cursor: Number = "",
) -> BalancePage:
    """Balances of accounts whose code begins with `prefix`; with `on`, at the end of that UTC day."""
    found = Account.objects.filter(pk__gt=int(cursor or 0)).order_by("pk")
    if prefix:
        found = found.filter(code__gte=prefix, code__lt=prefix + "\U0010ffff")
    if asset:
        found = found.filter(asset=asset)
    rows, following = cut(list(found[: limit + 1]), limit, lambda account: str(account.pk))
    standings = {
        (standing.code, standing.asset): standing
        for standing in queries.balances(codes=[row.code for row in rows], on=on)
    }
    items = [standings[row.code, row.asset_id] for row in rows if (row.code, row.asset_id) in standings]
    return BalancePage(
        items=[
            BalanceOut(
                account=one.code,
                asset=one.asset,
                units=str(one.units),
                amount=one.money.format(),
                legs=one.legs,
            )
            for one in items
        ],
        next=following,
    )


@router.get(
    "/postings",
    auth=api_auth(SCOPE),
    response=answers(PostingPage),
    openapi_extra=says(SCOPE),
    summary="List postings",
)
def list_postings(
    request: HttpRequest,
    account: Word = "",
    asset: Word = "",
    subject: Word = "",
    kind: Word = "",
    booked_on: date | None = None,
    effective_on: date | None = None,
    limit: Limit = 50,
    cursor: Number = "",
) -> PostingPage:
    """Postings with their legs, newest first; `account` is a whole code."""
    found = queries.postings(
        subject=subject,
        account=account,
        asset=asset,
        kind=kind,
        booked_on=booked_on,
        effective_on=effective_on,
    )
    if cursor:
        found = found.filter(pk__lt=int(cursor))
    rows, following = cut(list(found[: limit + 1]), limit, lambda posting: str(posting.pk))
    return PostingPage(items=_shown(rows), next=following)


@router.get(
    "/posting",
    auth=api_auth(SCOPE),
    response=answers(PostingOut, 404),
    openapi_extra=says(SCOPE),
    summary="One posting",
)
def get_posting(request: HttpRequest, key: Word) -> PostingOut:
    """One posting by its key."""
    posting = queries.find(key)
    if posting is None:
        raise NotFound(Text("There is no such posting.", "没有这笔记账。"))
    return _shown([posting])[0]


@router.get(
    "/days",
    auth=api_auth(SCOPE),
    response=answers(DayPage),
    openapi_extra=says(SCOPE),
    summary="List closed days",
)
def list_days(request: HttpRequest, before: date | None = None, limit: Limit = 50) -> DayPage:
    """Closed days, newest first; `before` is the `next` of the page before."""
    found = Day.objects.order_by("-day")
    if before:
        found = found.filter(day__lt=before)
    rows, following = cut(list(found[: limit + 1]), limit, lambda day: day.day.isoformat())
    items = [
        DayOut(day=one.day, postings=one.postings, late=one.late, hash=one.hash, closed_at=one.closed_at)
        for one in rows
    ]
    return DayPage(items=items, next=following)


def _shown(postings: Iterable[Posting]) -> list[PostingOut]:
    postings = list(postings)
    numbers = [posting.pk for posting in postings]
    mirrors = dict(Posting.objects.filter(reverses__in=numbers).values_list("reverses_id", "key"))
    originals = dict(
        Posting.objects.filter(pk__in=[p.reverses_id for p in postings if p.reverses_id]).values_list(
            "pk", "key"
        )
    )
    scales = {asset: queries.scale(asset) for asset in {posting.asset_id for posting in postings}}
    legs = queries.legs_of_many(postings)
    return [
        PostingOut(
            number=one.pk,
            key=one.key,
            kind=one.kind,
            asset=one.asset_id,
            effective_on=one.effective_on,
            booked_on=one.booked_on,
            matures_on=one.matures_on,
            pin=one.pin,
            subject=one.subject,
            details=one.details,
            reverses=originals.get(one.reverses_id or 0),
            reversed_by=mirrors.get(one.pk),
            by=one.by,
            recorded_at=one.recorded_at,
            body_hash=one.body_hash,
            legs=[
                LegOut(
                    account=leg.account.code,
                    units=str(leg.units),
                    amount=Money(leg.units, Coin(one.asset_id, scales[one.asset_id])).format(),
                )
                for leg in legs[one.pk]
            ],
        )
        for one in postings
    ]
