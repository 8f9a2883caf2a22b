"""`guildhall ledger`: assets, balances, postings, the close of a day, and the proof of everything."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text

ledger_app = typer.Typer(help="The ledger: who is owed what, and its proof.", no_args_is_help=True)
BY = "system:cli"
_SHOWN_BREAKS = 50


@ledger_app.callback()
def ledger() -> None:
    """The ledger."""


@ledger_app.command()
def verify() -> None:
    """Seal what is open, then prove sums, content, chain, balances and closed days; exit code 1 if broken."""
    _house()
    from guildhall.ledger import chain, proof

    chain.seal_all()
    report = proof.verify()
    print(f"{report.postings:,} postings with {report.legs:,} legs on {report.accounts:,} accounts")
    print(f"{report.seals:,} seals, {report.days:,} closed days; newest seal: {report.head}")
    if report.unsealed:
        print(f"{report.unsealed:,} postings were written meanwhile and are not sealed yet")
    for found in report.breaks[:_SHOWN_BREAKS]:
        print(f"BROKEN  {found.kind} at {found.where}" + (f" (seal {found.seal})" if found.seal else ""))
    if len(report.breaks) > _SHOWN_BREAKS:
        print(f"and {len(report.breaks) - _SHOWN_BREAKS:,} more")
    if not report.is_intact:
        print("NOT INTACT")
        raise typer.Exit(1)
    print("intact: every posting sums to zero and stands as it was written, every balance is its legs' sum")


@ledger_app.command()
def balances(
    prefix: Annotated[str, typer.Argument(help="How the account's code begins, such as `partner:`.")] = "",
    asset: Annotated[str, typer.Option(help="Only this asset.")] = "",
    on: Annotated[str, typer.Option(help="At the end of this UTC day, as 2026-10-31.")] = "",
) -> None:
    """Print balances: account, amount, asset, base units; tab-separated."""
    _house()
    from guildhall.ledger import queries

    for one in queries.balances(prefix=prefix, asset=asset, on=_day(on) if on else None):
        print(f"{one.code}\t{one.money.format()}\t{one.asset}\t{one.units}")


@ledger_app.command()
def show(key: Annotated[str, typer.Argument(help="The key of a posting.")]) -> None:
    """Print one posting with its legs."""
    _house()
    from guildhall.core.money import Asset, Money
    from guildhall.ledger import queries

    posting = queries.find(key)
    if posting is None:
        raise NotFound(Text(f"There is no posting {key!r}.", f"没有记账 {key!r}。"))
    coin = Asset(posting.asset_id, queries.scale(posting.asset_id))
    late = f", booked on {posting.booked_on}" if posting.booked_on != posting.effective_on else ""
    print(f"no. {posting.pk}: {posting.kind} of {posting.effective_on}{late}, terms {posting.pin or '-'}")
    for leg in queries.legs_of(posting):
        print(f"{Money(leg.units, coin)}\t{leg.account.code}")


@ledger_app.command(name="close")
def close_day(day: Annotated[str, typer.Argument(help="A UTC day that is over, as 2026-10-31.")]) -> None:
    """Close a day and every open one before it: nothing more is booked on them."""
    _house()
    from guildhall.ledger import actions

    print(f"closed: {actions.close_day(_day(day), by=BY)}")


@ledger_app.command()
def asset(
    code: Annotated[str, typer.Argument(help="Such as USDT.")],
    scale: Annotated[int, typer.Argument(help="Decimals: one coin is 10**scale base units.")],
) -> None:
    """Open an asset, so that postings can be of it."""
    _house()
    from guildhall.ledger import actions

    print("opened" if actions.open_asset(code, scale, by=BY) else "was open already")


@ledger_app.command()
def rebuild() -> None:
    """Reckon every balance again from its legs; says how many were wrong."""
    _house()
    from guildhall.ledger import proof

    print(f"balances that were wrong: {proof.rebuild_balances(by=BY)}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            Text(f"{text!r} is not a day like 2026-10-31.", f"{text!r} 不是 2026-10-31 这样的日期。")
        ) from error


def _house() -> None:
    from guildhall.cli.house import start_house

    start_house()
