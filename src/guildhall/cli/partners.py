"""`guildhall partners`: settlement of partners' commission, and why.

`settle` starts without a house: no database and no settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

partners_app = typer.Typer(help="Partners, deals and settlement.", no_args_is_help=True)


@partners_app.callback()
def partners() -> None:
    """Partners, deals and settlement."""


@partners_app.command()
def settle(
    trades: Annotated[Path, typer.Option(help="Parquet of the trades.")],
    bindings: Annotated[Path, typer.Option(help="Parquet of who is bound to which partner, and when.")],
    deals: Annotated[Path, typer.Option(help="JSON of the deals.")],
    out: Annotated[Path, typer.Option(help="Folder for explain.parquet and accruals.parquet.")],
) -> None:
    """Settle trades from files, exactly by the rules SET-1 to SET-9 of docs/settlement.md."""
    from guildhall.partners.engine.files import settle_files

    settled = settle_files(trades, bindings, deals, out)
    said = ", ".join(f"{reason} {count:,}" for reason, count in settled.reasons.items())
    print(f"{settled.rows:,} trades explained ({said or 'none'}); {settled.accruals.num_rows:,} accruals")
