"""Partners over the API: who they are, why a trade earned what it did, what a day is made of, settlements.

Amounts are text in units of 1e-8 of the asset, because JSON numbers lose their last digits in many programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from guildhall.api.paging import Cursor, Limit, NextCursor, Word, check_cursor, cut
from guildhall.api.rendering import answers, says
from guildhall.partners import queries
from guildhall.partners import why as whys
from guildhall.partners.models import Partner, Posted, Run
from guildhall.people.access import api_auth

router = Router()
SCOPE = "partners:read"


class PartnerOut(Schema):
    """Somebody who brings traders."""

    id: str
    name: str
    handle: str
    state: str
    accounts: int = Field(description="Accounts bound to them now.")
    deal_version: int | None = Field(description="The version of their deal in force now.")


class PartnerPage(Schema):
    """Partners, newest first."""

    items: list[PartnerOut]
    next: NextCursor = None


class StepOut(Schema):
    """One rule applied to a trade."""

    rule: str = Field(description="Its number in the rules of settlement, such as SET-7.")
    en: str
    zh: str
    units: str | None = Field(description="The amount it came to, in 1e-8 of the asset.")


class ExplainOut(Schema):
    """What a settlement made of a trade; amounts in 1e-8 of the asset."""

    settlement: str
    venue: str
    trade_id: str
    account: str = Field(description="Pseudonym of the account.")
    executed_at: datetime
    asset: str
    fee: str
    partner: str | None
    deal_version: int | None
    rate_ppm: int | None
    pool: str
    kickback: str
    commission: str
    override: str
    reason: str


class PostedOut(Schema):
    """A line of the ledger."""

    partner: str = Field(description="Who is credited.")
    source: str = Field(description="Whose deal it comes from.")
    deal_version: int
    venue: str
    day: date
    asset: str
    kind: str
    units: str
    ledger_key: str = Field(description="The key of its posting.")


class WhyOut(Schema):
    """Why a trade earned what it did."""

    venue: str
    trade_id: str
    revisions: int = Field(description="How many rows the exchange sent for it.")
    en: str
    zh: str
    explain: ExplainOut | None = Field(description="Null while it is not settled, or when it was taken back.")
    steps: list[StepOut]
    posted: list[PostedOut] = Field(description="Lines of the ledger it is part of.")


class AssetDayOut(Schema):
    """One asset of a partner's day."""

    asset: str
    trades: int
    paid_trades: int
    fee: str
    pool: str
    kickback: str
    commission: str
    override: str
    posted: list[PostedOut]


class DayWhyOut(Schema):
    """What a partner's day (UTC) is made of."""

    partner: str
    day: date
    settlement: str | None = Field(description="Null while the month is not settled.")
    assets: list[AssetDayOut]
    reasons: dict[str, int]
    trades: list[ExplainOut]
    total_trades: int


class TotalOut(Schema):
    """What a settlement found of one asset and kind."""

    asset: str
    kind: str
    units: str


class RunOut(Schema):
    """One settlement."""

    id: str
    state: str
    months: list[str]
    versions: dict[str, int] = Field(description="The version of each table of facts it read.")
    digest: str = Field(description="SHA-256 of all it depended on.")
    totals: list[TotalOut]
    reasons: dict[str, int]
    posted_new: int
    posted_changed: int
    posted_reversed: int
    posted_same: int
    started_at: datetime
    ended_at: datetime | None


class RunPage(Schema):
    """Settlements, newest first."""

    items: list[RunOut]
    next: NextCursor = None


@router.get(
    "",
    auth=api_auth(SCOPE),
    response=answers(PartnerPage),
    openapi_extra=says(SCOPE),
    summary="List partners",
)
def list_partners(
    request: HttpRequest, state: Word = "", limit: Limit = 50, cursor: Cursor = ""
) -> PartnerPage:
    """Partners, newest first."""
    found = queries.partners(state).order_by("-id")
    if check_cursor(cursor):
        found = found.filter(pk__lt=cursor)
    rows, following = cut(list(found[: limit + 1]), limit, lambda partner: partner.pk)
    accounts = queries.bound_accounts([row.pk for row in rows])
    return PartnerPage(items=[_partner(row, accounts.get(row.pk, 0)) for row in rows], next=following)


@router.get(
    "/why",
    auth=api_auth(SCOPE),
    response=answers(WhyOut, 404),
    openapi_extra=says(SCOPE),
    summary="Why a trade",
)
def why_trade(request: HttpRequest, venue: Word, trade_id: Word) -> WhyOut:
    """Why a trade earned what it did, rule by rule."""
    found = whys.why(venue, trade_id)
    return WhyOut(
        venue=venue,
        trade_id=trade_id,
        revisions=len(found.revisions),
        en=found.told.en,
        zh=found.told.zh,
        explain=_explain(found.explain) if found.explain else None,
        steps=[
            StepOut(
                rule=step.rule,
                en=step.text.en,
                zh=step.text.zh,
                units=None if step.after is None else str(step.after),
            )
            for step in found.steps
        ],
        posted=_posted(found.posted),
    )


@router.get(
    "/settlements",
    auth=api_auth(SCOPE),
    response=answers(RunPage),
    openapi_extra=says(SCOPE),
    summary="List settlements",
)
def list_settlements(request: HttpRequest, limit: Limit = 50, cursor: Cursor = "") -> RunPage:
    """Settlements, newest first."""
    found = queries.runs()
    if check_cursor(cursor):
        found = found.filter(pk__lt=cursor)
    rows, following = cut(list(found[: limit + 1]), limit, lambda run: run.pk)
    return RunPage(items=[_run(row) for row in rows], next=following)


@router.get(
    "/{partner}/days/{day}",
    auth=api_auth(SCOPE),
    response=answers(DayWhyOut, 404),
    openapi_extra=says(SCOPE),
    summary="Why a partner's day",
)
def why_day(request: HttpRequest, partner: str, day: date, offset: int = 0, limit: Limit = 50) -> DayWhyOut:
    """What a partner's day (UTC) is made of, trades from `offset` on; `partner`: an id or short name."""
    found = whys.why_day(partner, day, offset=max(0, offset), limit=limit)
    return DayWhyOut(
        partner=found.partner.pk,
        day=day,
        settlement=found.run.settlement if found.run else None,
        assets=[
            AssetDayOut(
                asset=one.asset,
                trades=one.trades,
                paid_trades=one.paid_trades,
                fee=str(one.fee),
                pool=str(one.pool),
                kickback=str(one.kickback),
                commission=str(one.commission),
                override=str(one.override),
                posted=_posted(one.posted),
            )
            for one in found.assets
        ],
        reasons=dict(found.reasons),
        trades=[_explain(row) for row in found.trades],
        total_trades=found.total_trades,
    )


def _partner(one: Partner, accounts: int) -> PartnerOut:
    deal = queries.deal_in_force(one.pk)
    return PartnerOut(
        id=one.pk,
        name=one.name,
        handle=one.handle,
        state=one.state,
        accounts=accounts,
        deal_version=deal.version if deal else None,
    )


def _explain(row: whys.ExplainRow) -> ExplainOut:
    return ExplainOut(
        settlement=row.settlement,
        venue=row.venue,
        trade_id=row.trade_id,
        account=row.account,
        executed_at=row.executed_at,
        asset=row.asset,
        fee=str(row.fee),
        partner=row.partner or None,
        deal_version=row.deal_version,
        rate_ppm=row.rate_ppm,
        pool=str(row.pool),
        kickback=str(row.kickback),
        commission=str(row.commission),
        override=str(row.override),
        reason=row.reason,
    )


def _posted(lines: Iterable[Posted]) -> list[PostedOut]:
    return [
        PostedOut(
            partner=one.partner_id,
            source=one.source_id,
            deal_version=one.deal_version,
            venue=one.venue,
            day=one.day,
            asset=one.asset,
            kind=one.kind,
            units=str(one.units),
            ledger_key=one.ledger_key,
        )
        for one in lines
    ]


def _run(one: Run) -> RunOut:
    return RunOut(
        id=one.pk,
        state=one.state,
        months=one.months,
        versions=one.versions,
        digest=one.digest,
        totals=[TotalOut(**total) for total in one.totals],
        reasons=one.reasons,
        posted_new=one.posted_new,
        posted_changed=one.posted_changed,
        posted_reversed=one.posted_reversed,
        posted_same=one.posted_same,
        started_at=one.started_at,
        ended_at=one.ended_at,
    )
