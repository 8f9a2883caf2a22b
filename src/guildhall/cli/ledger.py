"""`guildhall ledger`: balances and proofs of the ledger."""

from __future__ import annotations

import typer

ledger_app = typer.Typer(help="The ledger.", no_args_is_help=True)


@ledger_app.callback()
def ledger() -> None:
    """The ledger."""
