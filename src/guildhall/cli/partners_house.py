"""What `guildhall partners` does in a house: a settlement, why, what-if. It is carried out here and now."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from guildhall.cli.partners import partners_app
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

BY = "system:cli"


@partners_app.command()
def run(
    month: Annotated[
        list[str] | None, typer.Option(help="Such as 2026-10; may be given several times.")
    ] = None,
    everything: Annotated[bool, typer.Option(help="Every month, changed or not.")] = False,
) -> None:
    """Settle: the months given, everything, or (neither) the months in which something changed."""
    _house()
    from guildhall.partners import actions, queries
    from guildhall.partners.actions import runs

    started = actions.start_run(by=BY, months=month or (), everything=everything)
    runs.perform(started.pk)
    # A worker may have taken it over; then it is done there.
    while (done := queries.run(started.pk)).state in (done.State.PLANNED, done.State.RUNNING):
        time.sleep(0.5)
    print(f"settlement {done.pk}: {done.get_state_display()}; months {', '.join(done.months) or 'none'}")
    for total in done.totals:
        print(f"{total['asset']}\t{total['kind']}\t{total['units']}")
    print(
        f"posted: {done.posted_new} new, {done.posted_changed} changed, {done.posted_reversed} reversed, "
        f"{done.posted_same} as they were"
    )
    if done.state != done.State.FINISHED:
        raise typer.Exit(1)


@partners_app.command()
def why(
    venue: Annotated[str, typer.Argument(help="The exchange's short name.")],
    trade_id: Annotated[str, typer.Argument(help="The exchange's id of the trade.")],
) -> None:
    """Tell why a trade earned what it did, rule by rule."""
    _house()
    from guildhall.cli.app import words
    from guildhall.partners import why as whys

    found = whys.why(venue, trade_id)
    print(words(found.told))
    for step in found.steps:
        print(f"{step.rule}\t{words(step.text)}")
    if found.run is not None and found.explain is not None:
        print(f"settlement\t{found.explain.settlement}")
    for line in found.posted:
        print(f"posted\t{line.ledger_key}\t{line.units}")


@partners_app.command(name="why-day")
def why_day(
    partner: Annotated[str, typer.Argument(help="The partner's short name or id.")],
    day: Annotated[str, typer.Argument(help="A UTC day, as 2026-10-31.")],
) -> None:
    """Tell what a partner's day is made of: asset, trades, fee, pool, kickback, commission, override."""
    _house()
    from guildhall.partners import why as whys

    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise BadInput(
            Text(f"{day!r} is not a day like 2026-10-31.", f"{day!r} 不是 2026-10-31 这样的日期。")
        ) from error
    found = whys.why_day(partner, on)
    print("asset\tpaid/trades\tfee\tpool\tkickback\tcommission\toverride")
    for one in found.assets:
        amounts = (one.fee, one.pool, one.kickback, one.commission, one.override)
        print("\t".join([one.asset, f"{one.paid_trades}/{one.trades}", *map(str, amounts)]))
        for line in one.posted:
            print(f"posted\t{line.ledger_key}\t{line.units}")
    for reason, count in found.reasons.items():
        print(f"{reason}\t{count}")


@partners_app.command(name="what-if")
def what_if(
    asked: Annotated[Path, typer.Argument(help="JSON of what is asked; see docs/partners.md.")],
) -> None:
    """Try changed deals on what really happened; prints the answer as JSON. Nothing is posted."""
    _house()
    from guildhall.partners import actions
    from guildhall.partners.actions import whatif
    from guildhall.partners.models import WhatIf

    try:
        wanted: Any = json.loads(asked.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            Text(f"{asked} cannot be read as JSON: {error}", f"{asked} 无法作为 JSON 读取：{error}")
        ) from error
    if not isinstance(wanted, dict):
        raise BadInput(Text(f"{asked} must hold a JSON object.", f"{asked} 必须是 JSON 对象。"))
    one = actions.start_what_if(wanted, by=BY, name=asked.stem)
    whatif.perform(one.pk)
    print(json.dumps(WhatIf.objects.get(pk=one.pk).result, indent=1, ensure_ascii=False))


@partners_app.command()
def verify() -> None:
    """Settle everything again from facts without posting, and compare with the ledger; exit code 1 if they
    differ.
    """
    _house()
    from guildhall.partners.actions import verifying

    found = verifying.compare()
    for difference in found.differences[:50]:
        print(difference)
    print(f"{found.lines:,} amounts of {found.months} months: {len(found.differences):,} differ")
    if found.differences:
        raise typer.Exit(1)


def _house() -> None:
    from guildhall.cli.house import start_house

    start_house()
