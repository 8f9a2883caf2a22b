"""`guildhall facts`: tables of facts: what is in them, what was put aside."""

from __future__ import annotations

import typer

facts_app = typer.Typer(help="The tables of facts.", no_args_is_help=True)


@facts_app.callback()
def facts() -> None:
    """The tables of facts."""
