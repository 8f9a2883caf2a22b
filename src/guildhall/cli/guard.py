"""`guildhall guard`: judge messages and domains from files, train and measure models, try policies.

`score`, `domains`, `train` and `eval` start without a house: no database and no settings.
"""

from __future__ import annotations

import typer

guard_app = typer.Typer(help="Judge messages and domains; train, measure and replay.", no_args_is_help=True)
