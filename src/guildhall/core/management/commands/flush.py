"""Django's `flush`, which empties every table, with the triggers of append-only tables out of its way
meanwhile.
"""

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from guildhall.core import guards


class Command(flush.Command):
    """Empties a database of tests or of a trial. The audit's anchors remember that there was more."""

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        guards.remove_all(connection)
        try:
            super().handle(**options)
        finally:
            guards.install_all(connection)
