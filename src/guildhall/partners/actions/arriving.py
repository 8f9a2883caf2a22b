"""Registrations that name a partner's code are bound to that partner from the moment they registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.facts import REGISTRATIONS
from guildhall.facts import reading
from guildhall.partners.actions.binding import BindReport, NewBinding, bind_many
from guildhall.partners.models import Binding, Code


def bind_registrations(*, by: str = "system:partners") -> BindReport:
    """Bind every account that registered with a known code and was never bound. Never call it inside a
    transaction: it reads facts.
    """
    codes = {
        (venue, code): (pk, partner)
        for pk, venue, code, partner in Code.objects.values_list("pk", "venue", "code", "partner_id")
    }
    if not codes:
        return BindReport(0, 0, ())
    known = set(Binding.objects.values_list("venue", "account").distinct())
    new = []
    for row in _registrations(sorted({code for _, code in codes})):
        found = codes.get((row["venue"], row["code"])) or codes.get((row["venue"], row["link"]))
        if found is None or (row["venue"], row["account"]) in known:
            continue
        evidence = {"how": "code", "code": found[0], "registered_at": row["at"].astimezone(UTC).isoformat()}
        new.append(NewBinding(found[1], row["venue"], row["account"], row["at"], evidence))
    new.sort(key=lambda one: (one.valid_from, one.venue, one.account))
    return bind_many(new, by=by)


def _registrations(codes: list[str]) -> Iterator[dict[str, Any]]:
    """Registrations in force that name one of these codes or links."""
    wanted = pa.array(codes, pa.string())
    columns = ["venue", "account", "at", "code", "link"]
    for batch in reading.batches(REGISTRATIONS.name, columns, in_force=True):
        named = pc.or_(
            pc.is_in(batch.column("code"), value_set=wanted), pc.is_in(batch.column("link"), value_set=wanted)
        )
        yield from batch.filter(named).to_pylist()
