"""`guildhall exchange`: bring in what the exchange reports; make up an exchange to try with."""

from __future__ import annotations

import typer

from guildhall.cli.feed_import import import_file
from guildhall.cli.simulate import simulate

exchange_app = typer.Typer(help="What the exchange reports.", no_args_is_help=True)
exchange_app.command("import")(import_file)
exchange_app.command()(simulate)


@exchange_app.callback()
def exchange() -> None:
    """What the exchange reports."""
