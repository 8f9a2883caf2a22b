"""A deal worked out on real trades: what each would pay now and then, and the last month both ways."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.house_words import known
from guildhall.partners import preview
from guildhall.partners.models import Partner
from guildhall.partners.why import ExplainRow

TRADES = 8


@dataclass(frozen=True, slots=True)
class Side:
    """What one trade pays: base units of its asset; `rate` in ppm or None; why."""

    pays: int
    rate: int | None
    kickback: int
    override: int
    why: words.Word


@dataclass(frozen=True, slots=True)
class Sum:
    """A month both ways, base units."""

    asset: str
    kind: str
    now: int
    then: int

    @property
    def difference(self) -> int:
        return self.then - self.now


def worked(request: HttpRequest, partner: Partner, terms: dict[str, Any]) -> dict[str, Any]:
    """What a page shows of these terms. Raises BadInput when they are none."""
    found = preview.preview(partner.pk, terms, limit=TRADES)
    pairs = [(one.then.venue, one.then.account) for one in found.trades]
    shown = words.accounts(known(request), pairs)
    override = terms.get("override")
    names = words.names([override["parent"]] if override else [])
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for side, amounts in enumerate((found.now, found.then)):
        for key, units in amounts.items():
            sums[key][side] = units
    return {
        "terms": deal_words.rows(terms, lambda key: names.get(key, key)),
        "trades": [
            {
                "row": one.then,
                "account": shown[one.then.account],
                "now": _side(one.now),
                "then": _side(one.then),
            }
            for one in found.trades
        ],
        "month": found.month,
        "sums": [
            Sum(asset, words.kind(kind), now, then) for (asset, kind), (now, then) in sorted(sums.items())
        ],
        "in_month": found.trades_in_month,
    }


def _side(explained: ExplainRow) -> Side:
    return Side(
        explained.commission,
        explained.rate_ppm,
        explained.kickback,
        explained.override,
        words.reason(explained.reason),
    )
