"""Why: what became of one trade, rule by rule, and of a partner's day from fee to commission.

Everything is read from what settlement wrote down when it ran, with the deal as it was then.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.house_words import known
from guildhall.console.partner_page import find
from guildhall.console.settlement_runs import tabs
from guildhall.core.errors import NotFound
from guildhall.exchange.models import VenueAccount
from guildhall.partners import why
from guildhall.people.access import requires
from guildhall.ui import amounts, charts

PAGE = 25
_LONGEST_ID = 200


@requires("partners.view")
@require_safe
def why_page(request: HttpRequest) -> HttpResponse:
    """Ask of a trade; with `?venue=&trade=` the answer."""
    venue = request.GET.get("venue", "").strip()[:40]
    trade = request.GET.get("trade", "").strip()[:_LONGEST_ID]
    venues = list(VenueAccount.objects.order_by("venue").values_list("venue", flat=True).distinct()[:50])
    if not venue and len(venues) == 1:
        venue = venues[0]
    context: dict[str, Any] = {"tabs": tabs("why"), "venue": venue, "trade": trade, "venues": venues}
    if venue and trade:
        try:
            context |= _answer(request, why.why(venue, trade))
        except NotFound as error:
            context["missing"] = str(error.text)
    return render(request, "console/partners/why.html", context)


@requires("partners.view")
@require_safe
def partner_day(request: HttpRequest, partner_id: str, day: str) -> HttpResponse:
    """A partner's day: from the fees of their accounts to what they got, and every trade of it."""
    one = find(partner_id)
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    start = request.GET.get("from", "")
    offset = int(start) if start.isdecimal() and len(start) < 9 else 0
    try:
        told = why.why_day(one.pk, on, offset=offset, limit=PAGE)
    except NotFound as error:
        messages.info(request, str(error.text))
        raise Http404 from error
    shown = words.accounts(known(request), ((row.venue, row.account) for row in told.trades))
    context = {
        "one": one,
        "day": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "run": told.run,
        "may_ledger": known(request).may("ledger.view"),
        "assets": [
            (asset, *_waterfall(asset), [(row, words.kind(row.kind)) for row in asset.posted])
            for asset in told.assets
        ],
        "reasons": [
            (words.reason(code), count)
            for code, count in sorted(told.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "trades": [(row, shown.get(row.account), words.reason(row.reason)) for row in told.trades],
        "total": told.total_trades,
        "next": f"?from={offset + PAGE}" if told.total_trades > offset + PAGE else "",
        "back": f"?from={max(0, offset - PAGE)}" if offset else "",
    }
    return render(request, "console/partners/day.html", context)


def _answer(request: HttpRequest, found: why.Why) -> dict[str, Any]:
    """What the page shows of a trade."""
    explained, trade, deal = found.explain, found.trade, found.deal
    override = deal.get("override") if deal else None
    names = words.names([str(override["parent"])] if override else [])
    me = known(request)
    account = words.accounts(me, [(found.venue, trade.account)])[trade.account]
    is_unbound = explained is not None and explained.reason == "unbound" and account.is_known
    return {
        "found": found,
        "may_ledger": me.may("ledger.view"),
        "row": trade,
        "account": account,
        "bind": urlencode({"venue": found.venue, "uid": account.shown})
        if is_unbound and me.may("partners.edit")
        else "",
        "explain": explained,
        "reason": words.reason(explained.reason) if explained else None,
        "day": f"{trade.executed_at.astimezone(UTC):%Y-%m-%d}",
        "steps": found.steps,
        "terms": deal_words.rows(deal, names.__getitem__) if deal else [],
        "drawing": _trade_waterfall(trade.asset, explained) if explained and explained.pool else None,
        "how": words.how(found.binding) if found.binding else "",
        "posted": [(row, words.kind(row.kind)) for row in found.posted],
        "history": [(row, words.reason(row.reason)) for row in found.history],
    }


def _trade_waterfall(asset: str, one: why.ExplainRow) -> charts.Chart:
    steps = _steps(asset, one.fee, one.pool, one.kickback, one.commission, one.override)
    return charts.waterfall(steps, scale=amounts.SCALE, labels=_labels())


def _waterfall(asset: why.AssetDay) -> tuple[charts.Chart | None, str, list[tuple[str, int]]]:
    """The drawing of a day in one asset, its description, and what later steps added or took."""
    other = [(_kind(kind), units) for kind, units in sorted(asset.other.items()) if units]
    if not asset.pool and not other:
        return None, "", other
    steps = _steps(asset.asset, asset.fee, asset.pool, asset.kickback, asset.commission, asset.override)
    steps += [
        charts.Step(name, min(0, units), max(0, units), amounts.short(units), "partner")
        for name, units in other
    ]
    described = _(
        "Of %(fee)s in fees %(pool)s is the pool, %(back)s goes back, %(commission)s is commission."
    ) % {
        "fee": f"{amounts.short(asset.fee)} {asset.asset}",
        "pool": amounts.short(asset.pool),
        "back": amounts.short(asset.kickback),
        "commission": amounts.short(asset.commission),
    }
    return charts.waterfall(steps, scale=amounts.SCALE, labels=_labels()), described, other


def _steps(
    asset: str, fee: int, pool: int, kickback: int, commission: int, override: int
) -> list[charts.Step]:
    """From the fee down to the commission. An override out of the commission is what is missing of
    pool − kickback; one that the house pays stands on its own at the end.
    """
    rest = pool - kickback
    taken = rest - commission
    steps = [charts.Step(_("Fee"), 0, fee, f"{amounts.exact(fee)} {asset}", "fee")]
    if fee > pool:
        steps.append(charts.Step(_("Kept by the house"), pool, fee, amounts.exact(pool - fee), "out"))
    steps.append(charts.Step(_("Pool"), 0, pool, amounts.exact(pool), "fee"))
    if kickback:
        steps.append(charts.Step(_("Back to the trader"), rest, pool, amounts.exact(-kickback), "out"))
    if taken > 0:
        said = amounts.exact(-taken)
        steps.append(charts.Step(_("Override, from the commission"), commission, rest, said, "out"))
    steps.append(
        charts.Step(_("Commission"), 0, commission, f"{amounts.exact(commission)} {asset}", "partner")
    )
    if override > taken:
        more = override - max(taken, 0)
        steps.append(charts.Step(_("Override, from the house"), 0, more, amounts.exact(more), "out"))
    return steps


def _kind(code: str) -> str:
    """What a kind is called beside the trades of the partner's own accounts."""
    return _("Override, from others' trades") if code == "override" else words.kind(code)


def _labels() -> dict[str, str]:
    return {"name": _("Step"), "said": _("Amount")}
