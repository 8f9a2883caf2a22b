"""`guildhall partners`: settlement of partners' commission, and why."""

from __future__ import annotations

import typer

partners_app = typer.Typer(help="Partners, deals and settlement.", no_args_is_help=True)


@partners_app.callback()
def partners() -> None:
    """Partners, deals and settlement."""
