"""Rows for a table's state, by keyset and with capped counts, from any queryset.

The columns a table sorts by must not be null and should stand in an index together with the tie-breaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from guildhall.ui.tables import Count, State, Table

M = TypeVar("M", bound=Model)


def fetch(queryset: QuerySet[M], state: State, *, count_cap: int = 0) -> Table:
    """One page of `queryset` as `state` asks for it. `count_cap` > 0 also counts the rows, no further than
    that.
    """
    order = state.order()
    size = state.spec.page_size
    backwards = state.before is not None
    start = state.before if backwards else state.after
    walk = tuple(_turned(name) for name in order) if backwards else order
    chosen = queryset.filter(behind(walk, start)) if start else queryset
    found = list(chosen.order_by(*walk)[: size + 1])
    more = len(found) > size
    rows = found[:size]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (backwards or more)
    has_previous = bool(rows) and (more if backwards else start is not None)
    return Table(
        state=state,
        rows=rows,
        next_key=_key(rows[-1], order) if has_next else None,
        previous_key=_key(rows[0], order) if has_previous else None,
        count=capped_count(queryset, count_cap) if count_cap else None,
    )


def behind(order: Sequence[str], key: Sequence[Any]) -> Q:
    """The condition for rows that come after `key` in `order` (field names, `-` for falling).

    Written as a bound on the first field and a refinement, so that an index on the first field is used.
    """
    name, value = order[0].lstrip("-"), key[0]
    step = "lt" if order[0].startswith("-") else "gt"
    if len(order) == 1:
        return Q(**{f"{name}__{step}": value})
    strictly = Q(**{f"{name}__{step}": value})
    return Q(**{f"{name}__{step}e": value}) & (strictly | behind(order[1:], key[1:]))


def capped_count(queryset: QuerySet[Any], cap: int) -> Count:
    """How many rows `queryset` holds, counted up to `cap`."""
    found = queryset.order_by().values("pk")[: cap + 1].count()
    return Count(min(found, cap), capped=found > cap)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _key(row: Model, order: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_value(row, name.lstrip("-")) for name in order)


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    return row
