"""A fact born in state: written down in the transaction of its cause, so that both are true or neither."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from guildhall.core import bulk, clock
from guildhall.facts import registry, rows
from guildhall.facts.models import Staged

_COLUMNS = ("table", "row", "at")


def stage(table: str, given: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows for the shipper, in the caller's transaction. Values are plain Python (aware datetimes,
    dates, ints, strings); a nullable column may be left out.

    Raises RuntimeError outside a transaction, NotFound for the table, BadInput naming row and column.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("facts are staged inside the transaction that makes them true")
    if not given:
        return
    one = registry.get(table)
    at = clock.now()
    found = [(table, json.dumps(rows.to_json(one, row, number)), at) for number, row in enumerate(given, 1)]
    bulk.insert(Staged, _COLUMNS, found)
