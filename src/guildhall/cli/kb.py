"""`guildhall kb`: the knowledge base from the command line.

`eval` starts without a house: no database and no settings.
"""

from __future__ import annotations

import typer

kb_app = typer.Typer(help="Articles and how well they are found.", no_args_is_help=True)


@kb_app.callback()
def kb() -> None:
    """Articles and how well they are found."""
