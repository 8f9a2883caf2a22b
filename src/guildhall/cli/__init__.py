"""The `guildhall` command: starts the house, and does what an operator does at a terminal.

`main` is the entry point. `up` goes straight to the supervisor, which stays alive for months and therefore
loads neither Django nor the command-line library; every other command is assembled in `cli.app`. It decides
nothing itself: the rooms' actions and queries do.
"""

import sys


def main() -> None:
    """Entry point of `guildhall` and `python -m guildhall`."""
    if sys.argv[1:] == ["up"]:
        from guildhall.cli.supervisor import up

        sys.exit(up())
    from guildhall.cli.app import run

    run()
