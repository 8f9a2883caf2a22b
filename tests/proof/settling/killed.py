"""What a process does that is killed again and again: takes in a made-up exchange's reports day by day, and
settles. `python -m tests.proof.settling.killed furnish|live|prove`, in the environment of a house.

It keeps no note of how far it came: reports given again bring nothing, and a settlement under way is taken up.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from guildhall.cli.app import start_django
from guildhall.exchange.simulator import World, simulate
from guildhall.partners.testing.oracle import Binding, Trade, settle

BY = "staff:1"
LONG_AGO = "2020-01-01T00:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def world() -> World:
    return simulate(
        11, accounts=300, partners=6, venues=("house", "okx"), days=40, trades=24_000, start=date(2026, 9, 1),
        late_ppm=60_000, doubled_ppm=40_000, corrected_ppm=20_000, reversed_ppm=10_000, switchers_ppm=50_000,
    )  # fmt: skip


def furnish() -> None:
    """Partners, their deals and whom they brought. The name of a partner is kept in its short name."""
    from guildhall.partners.actions import create_partner
    from guildhall.partners.deals import checked, time_of
    from guildhall.partners.models import Binding as Bound
    from guildhall.partners.models import DealVersion

    made = world()
    ids = {name: create_partner(name, name, by=BY).pk for name in _names(made)}
    for deal in made.deals:
        above = deal["override"] and {**deal["override"], "parent": ids[deal["override"]["parent"]]}
        said = {**deal, "valid_from": deal["valid_from"] or LONG_AGO, "override": above}
        terms = checked(said, ids[deal["partner"]], deal["version"])
        DealVersion.objects.create(
            partner_id=ids[deal["partner"]], version=deal["version"], terms=terms, state="in_force",
            valid_from=time_of(terms["valid_from"]), valid_to=time_of(terms["valid_to"]), created_by=BY,
        )  # fmt: skip
    Bound.objects.bulk_create(
        Bound(
            partner_id=ids[row["partner"]], venue=row["venue"], account=row["account"],
            valid_from=row["valid_from"], valid_to=row["valid_to"], created_by=BY,
        )
        for row in made.bindings.to_pylist()
    )  # fmt: skip


def live() -> None:
    """Take in every report and settle after every third day; prints `done` when all is settled."""
    from guildhall.facts import shipping
    from guildhall.facts.models import Shipment

    there = set(Shipment.objects.filter(table="trades").values_list("batch_id", flat=True))
    last = -1
    for report in world().reports():
        if report.day != last and report.day % 3 == 0:
            _settle()
        last = report.day
        if report.id not in there or report.day % 5 == 0:
            shipping.ship("trades", report.rows, batch_id=report.id, source="simulator")
    _settle()
    print("done", flush=True)


def _settle() -> None:
    from guildhall.partners.actions import runs
    from guildhall.partners.models import Run

    under_way = Run.objects.filter(state__in=("planned", "running")).first()
    if under_way is not None:
        runs.perform(under_way.pk)
    begun = runs.settle_changed()
    if begun:
        runs.perform(begun)


def prove() -> None:
    """Compare the ledger with plain integers over what is true; prints what was found as JSON."""
    from django.db.models import F, Sum

    from guildhall.ledger import proof
    from guildhall.ledger.models import Leg, Posting
    from guildhall.partners.actions import runs
    from guildhall.partners.models import Partner, Run
    from guildhall.partners.testing import oracle_files as files

    names = dict(Partner.objects.values_list("id", "handle"))
    rows = (
        Leg.objects.filter(account__code__startswith="house:")
        .values(
            "account__code",
            who=F("posting__subject"),
            day=F("posting__effective_on"),
            asset=F("posting__asset"),
        )
        .annotate(units=Sum("units"))
    )
    posted: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        kind, who = row["account__code"].split(":")[1], names[row["who"].removeprefix("partner:")]
        posted[who, row["day"], row["asset"], kind] -= row["units"]
    expected = _expected(files)
    found = {key: units for key, units in posted.items() if units}
    before = Posting.objects.count()
    again = runs.start_run(by=BY, everything=True)
    runs.perform(again.pk)
    again.refresh_from_db()
    report = proof.verify()
    print(
        json.dumps(
            {
                "amounts": len(expected),
                "different": len({*found.items()} ^ {*expected.items()}),
                "postings": before,
                "added": Posting.objects.count() - before,
                "state": again.state,
                "breaks": [str(one) for one in report.breaks[:5]],
                "runs": Run.objects.count(),
                "attempts": sum(Run.objects.values_list("attempt", flat=True)),
            }
        )
    )


def _expected(files: Any) -> dict[tuple[Any, ...], int]:
    made = world()
    trades: list[Trade] = []
    for batch in made.in_force():
        trades += files.trades_from(batch)
    deals = files.deals_from({**deal, "valid_from": deal["valid_from"] or LONG_AGO} for deal in made.deals)
    bindings: list[Binding] = files.bindings_from(made.bindings)
    _, accrued = settle(trades, bindings, deals)
    return {
        (who, (EPOCH + timedelta(days=day)).date(), asset, kind): units
        for who, day, asset, kind, units in accrued
    }


def _names(made: World) -> list[str]:
    return sorted({deal["partner"] for deal in made.deals} | set(made.bindings["partner"].to_pylist()))


if __name__ == "__main__":
    start_django()
    {"furnish": furnish, "live": live, "prove": prove}[sys.argv[1]]()
