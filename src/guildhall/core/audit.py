"""What was done, by whom, to what: one append-only row in the transaction of the deed itself.

Rows hold pseudonymous ids and hashes, never names or message texts, so that erasing a person and keeping
the audit agree. Sealing into a hash chain happens later and elsewhere (`audit_seal`), so that no writer
waits for the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from guildhall.core import bulk, clock
from guildhall.core.ids import new_id
from guildhall.core.models import AuditEntry

_COLUMNS = ("id", "at", "actor", "verb", "subject", "data")


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed. `actor` as in `staff:7`, `system:intake`; `verb` as in `case.undone`; `subject` as in
    `case:01H…`.
    """

    actor: str
    verb: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


def record(actor: str, verb: str, subject: str, data: Mapping[str, Any] | None = None) -> None:
    """Write one deed into the caller's transaction. Raises RuntimeError outside of one."""
    record_many([Entry(actor, verb, subject, data or {})])


def record_many(entries: Sequence[Entry]) -> None:
    """Write deeds into the caller's transaction, in order. Raises RuntimeError outside of one."""
    if not entries:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("audit entries belong into the transaction of the deed they tell of")
    at = clock.now()
    bulk.insert(
        AuditEntry,
        _COLUMNS,
        [
            (new_id(), at, e.actor, e.verb, e.subject, orjson.dumps(dict(e.data), option=_SORTED).decode())
            for e in entries
        ],
    )


_SORTED = orjson.OPT_SORT_KEYS
