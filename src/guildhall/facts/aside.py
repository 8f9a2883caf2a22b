"""Rows that do not go in are kept in full, with the reason: nothing that was sent is lost, nothing wrong is
counted. The same row again is not kept twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pyarrow as pa

from guildhall.core import bulk, clock
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.facts import comparing, rows
from guildhall.facts.checking import Refusal
from guildhall.facts.comparing import Contradiction
from guildhall.facts.keyindex import U64
from guildhall.facts.models import Aside
from guildhall.facts.tables import Table

OTHER_BODY = Text(
    "A row with this key is there already and says something else.", "已存在相同键的记录，但内容不同。"
)
_COLUMNS = (
    "id", "table", "kind", "state", "digest", "key", "came", "there", "why", "batch_id", "source", "at",
    "decided_by", "note",
)  # fmt: skip
_CHUNK = 2_000


def refuse(table: Table, given: pa.Table, refusals: Sequence[Refusal], batch_id: str, source: str) -> None:
    """Keep the refused rows of a batch."""
    for refusal in refusals:
        for start in range(0, len(refusal.rows), _CHUNK):
            places = refusal.rows[start : start + _CHUNK]
            came = [rows.plain(row) for row in given.take(pa.array(places)).to_pylist()]
            _write(
                table,
                Aside.Kind.REFUSED,
                ((_digest(row), row, None) for row in came),
                refusal.why,
                batch_id,
                source,
            )


def contradict(
    table: Table,
    given: pa.Table,
    keys: U64,
    bodies: U64,
    contradictions: Sequence[Contradiction],
    batch_id: str,
    source: str,
) -> None:
    """Keep rows whose key is there with another body, beside what is there."""
    for start in range(0, len(contradictions), _CHUNK):
        part = contradictions[start : start + _CHUNK]
        came = given.take(pa.array([one.place for one in part])).to_pylist()
        told = (
            (comparing.digest(keys[one.place], bodies[one.place]), rows.plain(row), rows.plain(one.there))
            for one, row in zip(part, came, strict=True)
        )
        _write(table, Aside.Kind.CONFLICT, told, OTHER_BODY, batch_id, source)


def known(table: str, digests: Collection[str]) -> set[str]:
    """Those of the digests that were put aside before."""
    found: set[str] = set()
    wanted = sorted(digests)
    for start in range(0, len(wanted), _CHUNK):
        part = Aside.objects.filter(table=table, digest__in=wanted[start : start + _CHUNK])
        found.update(part.values_list("digest", flat=True))
    return found


def _digest(row: dict[str, Any]) -> str:
    return hashlib.blake2b(_json(row).encode(), digest_size=16).hexdigest()


def _json(value: Any) -> str:
    # PostgreSQL keeps no null character in JSON; a visible mark stands in its place.
    return json.dumps(value, sort_keys=True, ensure_ascii=True).replace("\\u0000", "\\ufffd")


def _write(
    table: Table,
    kind: Aside.Kind,
    told: Iterable[tuple[str, dict[str, Any], dict[str, Any] | None]],
    why: Text,
    batch_id: str,
    source: str,
) -> None:
    at, reason = clock.now(), _json(why.to_json())
    bulk.insert(
        Aside,
        _COLUMNS,
        [
            (
                new_id(), table.name, kind.value, Aside.State.OPEN.value, digest,
                _json({name: came[name] for name in table.key}), _json(came),
                None if there is None else _json(there), reason, batch_id[:200], source[:120], at, "", "",
            )
            for digest, came, there in told
        ],
        ignore_conflicts=True,
    )  # fmt: skip
