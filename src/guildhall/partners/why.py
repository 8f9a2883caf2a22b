"""Why a trade earned what it earned, and what a partner's day is made of: from explains in facts, the deal
as it was pinned, and the postings in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from guildhall import facts
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.partners import queries
from guildhall.partners import telling as rules
from guildhall.partners.engine.terms import Deal, deals_from_json
from guildhall.partners.models import Binding, MonthVolume, Partner, Posted, Run, SettledMonth
from guildhall.partners.settlement.inforce import DAILY
from guildhall.partners.settlement.months import month_before

_MOST = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied to a trade, in words; `after`: the amount it came to, in 1e-8 of `asset`, or None."""

    rule: str
    text: Text
    after: int | None
    asset: str


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One row the exchange sent for a trade; amounts in 1e-8 of `asset`, `volume` of the reference asset."""

    revision: int
    account: str
    executed_at: datetime
    symbol: str
    liquidity: str
    notional: int
    fee: int
    volume: int
    asset: str
    flags: tuple[str, ...]
    state: str
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExplainRow:
    """What a settlement made of a trade; amounts in 1e-8 of `asset`."""

    venue: str
    trade_id: str
    account: str
    executed_at: datetime
    asset: str
    fee: int
    deal_version: int | None
    rate_ppm: int | None
    pool: int
    kickback: int
    commission: int
    override: int
    reason: str
    partner: str = ""
    settlement: str = ""

    @property
    def reason_text(self) -> Text:
        """The reason in words."""
        return rules.reason_said(self.reason)


@dataclass(frozen=True, slots=True)
class Why:
    """All that is known of one trade.

    `explain` is what counts now, None while it is not settled or was taken back (`told` then says so);
    `history`: what earlier settlements made of it, the newest first; `posted`: the ledger's lines it is in.
    """

    venue: str
    trade_id: str
    trade: TradeRow
    revisions: tuple[TradeRow, ...]
    explain: ExplainRow | None
    told: Text
    steps: tuple[Step, ...]
    deal: Mapping[str, Any] | None
    binding: Binding | None
    partner: Partner | None
    run: Run | None
    history: tuple[ExplainRow, ...]
    posted: tuple[Posted, ...]


@dataclass(frozen=True, slots=True)
class AssetDay:
    """One asset of a partner's day, in 1e-8 of it. `fee`: of the trades that were paid. `override`: what the
    parent gets out of these trades. `posted`: the lines of the ledger, of every kind.
    """

    asset: str
    trades: int
    paid_trades: int
    fee: int
    pool: int
    kickback: int
    commission: int
    override: int
    posted: tuple[Posted, ...] = ()

    @property
    def other(self) -> dict[str, int]:
        """What is posted beside trades' commission and kickback, by kind: overrides earned, later steps."""
        sums: dict[str, int] = {}
        for one in self.posted:
            if one.kind not in ("commission", "kickback"):
                sums[one.kind] = sums.get(one.kind, 0) + one.units
        return sums


@dataclass(frozen=True, slots=True)
class DayWhy:
    """What a partner's day (UTC) is made of. `run` None: the month is not settled yet."""

    partner: Partner
    day: date
    run: Run | None
    assets: tuple[AssetDay, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    trades: tuple[ExplainRow, ...] = ()
    total_trades: int = 0


def why(venue: str, trade_id: str) -> Why:
    """Why one trade earned what it did. Raises NotFound when the exchange never told of it."""
    revisions = _revisions(venue, trade_id)
    if not revisions:
        raise NotFound(
            Text(f"{venue} never told of a trade {trade_id}.", f"{venue} 未上报过成交 {trade_id}。")
        )
    trade = revisions[-1]
    since = min(row.executed_at for row in revisions)
    until = max(row.executed_at for row in revisions) + timedelta(microseconds=1)
    found = facts.query(
        "partners/explains_of_trade",
        {"venue": venue, "trade_id": trade_id, "since": since, "until": until},
    ).to_pylist()
    explains = [
        ExplainRow(venue=venue, trade_id=trade_id, **{**row, "partner": row["partner"] or ""})
        for row in found
    ]
    counts = queries.settlement_of(f"{trade.executed_at:%Y-%m}")
    settled = counts.settlement if counts else ""
    explain = next((row for row in explains if row.settlement == settled), None)
    finished = dict(Run.objects.filter(pk__in={_run_of(row) for row in explains}).values_list("pk", "state"))
    history = sorted(
        (row for row in explains if row is not explain and finished.get(_run_of(row)) == Run.State.FINISHED),
        key=lambda row: row.settlement,
        reverse=True,
    )
    run = counts.run if counts else None
    deal = _pinned(run, explain) if explain else None
    bound = _binding(venue, trade.account, trade.executed_at)
    partner = Partner.objects.filter(pk=explain.partner).first() if explain and explain.partner else None
    return Why(
        venue=venue,
        trade_id=trade_id,
        trade=trade,
        revisions=tuple(revisions),
        explain=explain,
        told=_told(trade, explain, counts),
        steps=_steps(explain, deal, bound, partner),
        deal=deal,
        binding=bound,
        partner=partner,
        run=run,
        history=tuple(history),
        posted=tuple(_posted(explain)) if explain else (),
    )


def why_day(partner_id: str, day: date, *, offset: int = 0, limit: int = 100) -> DayWhy:
    """What a partner's day is made of; its trades from `offset`, at most 500. Raises NotFound."""
    partner = queries.partner(partner_id)
    counts = queries.settlement_of(f"{day:%Y-%m}")
    lines = list(queries.posted(partner.pk, day))
    if counts is None:
        return DayWhy(partner, day, None, assets=_assets([], lines))
    since = datetime.combine(day, time(), UTC)
    asked = {
        "settlement": counts.settlement,
        "partner": partner.pk,
        "since": since,
        "until": since + timedelta(days=1),
    }
    sums = facts.query("partners/day_of_partner", asked).to_pylist()
    rows = facts.query(
        "partners/trades_of_day", {**asked, "skipped": max(0, offset), "most": min(max(1, limit), _MOST)}
    ).to_pylist()
    reasons: dict[str, int] = {}
    for row in sums:
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + row["trades"]
    return DayWhy(
        partner=partner,
        day=day,
        run=counts.run,
        assets=_assets(sums, lines),
        reasons=reasons,
        trades=tuple(ExplainRow(**row, partner=partner.pk, settlement=counts.settlement) for row in rows),
        total_trades=sum(reasons.values()),
    )


def _revisions(venue: str, trade_id: str) -> list[TradeRow]:
    parts = trade_id.split(":", 4)
    if parts[0] == DAILY and len(parts) == 5:
        return _revisions_of_day(venue, *parts[1:])
    rows = facts.query("partners/revisions_of_trade", {"venue": venue, "trade_id": trade_id}).to_pylist()
    return [TradeRow(**{**row, "flags": tuple(row["flags"] or ())}) for row in rows]


def _revisions_of_day(venue: str, account: str, day: str, asset: str, source: str) -> list[TradeRow]:
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return []
    asked = {"venue": venue, "account": account, "day": at, "asset": asset, "source": source}
    rows = facts.query("partners/revisions_of_day", asked).to_pylist()
    begins = datetime.combine(at, time(), UTC)
    return [
        TradeRow(
            **row,
            account=account,
            executed_at=begins,
            symbol="",
            liquidity="taker",
            asset=asset,
            flags=(DAILY,),
        )
        for row in rows
    ]


def _told(trade: TradeRow, explain: ExplainRow | None, counts: SettledMonth | None) -> Text:
    if explain is not None:
        return explain.reason_text
    if trade.state != "live":
        return Text(
            "The exchange took this trade back; it counts for nothing.", "交易所已撤回该成交，不计佣。"
        )
    if counts is None:
        return Text("Its month is not settled yet.", "所在月份尚未结算。")
    return Text(
        "It came, or was changed, after its month was last settled; the next settlement takes it in.",
        "该成交在所在月份最近一次结算之后到达或被修改，将计入下次结算。",
    )


def _steps(
    explain: ExplainRow | None, deal: Mapping[str, Any] | None, bound: Binding | None, partner: Partner | None
) -> tuple[Step, ...]:
    """The engine's own account of the trade, with partners by name."""
    if explain is None:
        return ()
    month, volume = _volume(explain, deal)
    asked = rules.Asked(
        executed_at=_micros(explain.executed_at),
        fee=explain.fee,
        asset=explain.asset,
        bound_from=_micros(bound.valid_from) if bound else None,
        bound_to=_micros(bound.valid_to) if bound and bound.valid_to else None,
        basis_volume=volume,
        basis_month=month,
    )
    row = {
        "reason": explain.reason,
        "partner": partner.name if partner else explain.partner,
        "rate_ppm": explain.rate_ppm,
        "pool": explain.pool,
        "kickback": explain.kickback,
        "commission": explain.commission,
        "override": explain.override,
    }
    lines = rules.why(row, _named(deal), asked, _later_steps(explain))
    return tuple(Step(line.rule, line.text, line.units, explain.asset) for line in lines)


def _later_steps(explain: ExplainRow) -> list[rules.Step]:
    """What later steps of the deal made of the commission."""
    found = facts.query(
        "partners/steps_of_trade",
        {
            "settlement": explain.settlement,
            "venue": explain.venue,
            "trade_id": explain.trade_id,
            "executed_at": explain.executed_at,
        },
    )
    return [rules.Step(row["rule"], row["before"], row["after"]) for row in found.to_pylist()]


def _named(deal: Mapping[str, Any] | None) -> Deal | None:
    """The deal as the engine reads it, with the parent's name in place of the id."""
    if deal is None:
        return None
    (read,) = deals_from_json([dict(deal)])
    if read.override is None:
        return read
    name = queries.names([read.override.parent]).get(read.override.parent, read.override.parent)
    return replace(read, override=replace(read.override, parent=name))


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _volume(explain: ExplainRow, deal: Mapping[str, Any] | None) -> tuple[str, int | None]:
    """The month whose volume decided the tier, and that volume."""
    if deal is None or not explain.partner:
        return "", None
    month = f"{explain.executed_at:%Y-%m}"
    if deal["tier_basis"] == "previous_month":
        month = month_before(month)
    found = MonthVolume.objects.filter(partner=explain.partner, month=month).values_list("volume", flat=True)
    return month, int(found.first() or 0)


def _pinned(run: Run | None, explain: ExplainRow) -> Mapping[str, Any] | None:
    if run is None or explain.deal_version is None:
        return None
    for deal in run.deals:
        if deal["partner"] == explain.partner and deal["version"] == explain.deal_version:
            return dict(deal)
    return None


def _binding(venue: str, account: str, at: datetime) -> Binding | None:
    return (
        Binding.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at))
        .filter(venue=venue, account=account, valid_from__lte=at)
        .select_related("partner")
        .first()
    )


def _posted(explain: ExplainRow) -> Any:
    return (
        Posted.objects.filter(
            source=explain.partner or None,
            deal_version=explain.deal_version or 0,
            venue=explain.venue,
            day=explain.executed_at.astimezone(UTC).date(),
            asset=explain.asset,
        )
        .exclude(units=0)
        .select_related("partner", "run")
        .order_by("kind")
    )


def _assets(sums: list[dict[str, Any]], lines: list[Posted]) -> tuple[AssetDay, ...]:
    assets = sorted({row["asset"] for row in sums} | {line.asset for line in lines})
    found = []
    for asset in assets:
        rows = [row for row in sums if row["asset"] == asset]
        paid = [row for row in rows if row["reason"] == "paid"]
        found.append(
            AssetDay(
                asset=asset,
                trades=sum(row["trades"] for row in rows),
                paid_trades=sum(row["trades"] for row in paid),
                **{
                    name: sum(int(row[name]) for row in paid)
                    for name in ("fee", "pool", "kickback", "commission", "override")
                },
                posted=tuple(line for line in lines if line.asset == asset),
            )
        )
    return tuple(found)


def _run_of(row: ExplainRow) -> str:
    return row.settlement.partition(".")[0]
