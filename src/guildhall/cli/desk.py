"""`guildhall desk`: clocks from files, and the desk's own housekeeping.

`clocks` starts without a house: no database and no settings.
"""

from __future__ import annotations

import typer

desk_app = typer.Typer(help="Tickets, clocks and shifts.", no_args_is_help=True)


@desk_app.callback()
def desk() -> None:
    """Tickets, clocks and shifts."""
