"""`guildhall exchange simulate`: makes up an exchange and writes it into files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write into; made when it is not there.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same exchange.", min=0)] = 1,
    accounts: Annotated[int, typer.Option(min=1)] = 2_000,
    partners: Annotated[int, typer.Option(min=1)] = 20,
    venues: Annotated[str, typer.Option(help="Short names, separated by commas.")] = "house,okx",
    days: Annotated[int, typer.Option(help="UTC days.", min=1)] = 31,
    trades: Annotated[int, typer.Option(min=0)] = 50_000,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD, UTC.")] = "2026-10-01",
    with_reports: Annotated[
        bool,
        typer.Option("--reports", help="Also what each venue reports day by day, late and corrected rows."),
    ] = False,
) -> None:
    """Make up an exchange: accounts, deposits, trades, bindings and deals, in Parquet and JSON."""
    from guildhall.exchange import simulator

    try:
        first = date.fromisoformat(start)
        world = simulator.simulate(
            seed, accounts, partners, tuple(name.strip() for name in venues.split(",")), days, trades, first
        )
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    with typer.progressbar(length=trades, label="trades") as bar:
        done = 0

        def advance(written: int) -> None:
            nonlocal done
            bar.update(written - done)
            done = written

        simulator.write(world, out, with_reports=with_reports, progress=advance)
    typer.echo(f"{trades:,} trades, {accounts:,} accounts, {partners:,} partners: {out}")
