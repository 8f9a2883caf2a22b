"""`guildhall desk`: clocks from files, and the desk's own housekeeping.

`clocks` starts without a house: no database and no settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

desk_app = typer.Typer(help="Tickets, clocks and shifts.", no_args_is_help=True)


@desk_app.callback()
def desk() -> None:
    """Tickets, clocks and shifts."""


@desk_app.command()
def clocks(
    policy: Annotated[Path, typer.Option(help="JSON of calendars, targets and what pauses a clock.")],
    events: Annotated[Path, typer.Option(help="JSON Lines of what happened to tickets.")],
    out: Annotated[Path, typer.Option(help="JSON Lines to write: one row for each clock.")],
) -> None:
    """Reckon clocks from files, exactly by the rules CLK-1 to CLK-14 of docs/clocks.md."""
    from guildhall.desk.clocks.files import clocks_of_files

    print(f"{clocks_of_files(policy, events, out):,} clocks")
