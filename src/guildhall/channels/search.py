"""Finds messages by words in Chinese and English, newest first, quickly however common the words are.

The full-text index alone would gather every message that says `btc` before showing the newest fifty. So a
page is looked for in windows over the index, newest first and each eight times as wide: common words fill a
page from the first window, rare ones are few in all of them. The result is an ordinary queryset: it can be
filtered, ordered by id, paged and counted.

Messages of the past, which an import brought, have keys below zero that grow with their time: they are a
stretch of their own beside what arrived, and a page is merged from both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup
from django.db.models.query import ModelIterable

from guildhall.channels import sql
from guildhall.channels.models import Message
from guildhall.core.searchtext import fts5_match, query_terms, tsquery

_FIRST_WINDOW = 8_000
_FIRST_PAST_WINDOW = 86_400 << 20
_WIDER = 8
_ALL = (-(2**62), 2**62)

_BY_FTS = (
    "SELECT d.message_id FROM channels_message_fts f CROSS JOIN channels_searchdoc d ON d.id = f.rowid "
    "WHERE channels_message_fts MATCH %s AND f.rowid > %s AND f.rowid <= %s"
)
# The array is a fence: without it PostgreSQL guesses that words nobody wrote are common and walks everything.
_BY_TSVECTOR = (
    "SELECT unnest(ARRAY(SELECT d.message_id FROM channels_searchdoc d"
    " WHERE d.tsv @@ %s::tsquery AND d.id > %s AND d.id <= %s))"
)

_window: ContextVar[tuple[int, int]] = ContextVar("search_window", default=_ALL)


class _Matching(RawSQL):
    """The ids of messages that match, within the window of the moment."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"({self.sql})", (*self.params, *_window.get())


class FoundMessages(QuerySet[Message]):
    """Messages a search found. A slice ordered by id, or a count up to a limit, reads only the windows it
    needs.
    """

    _is_windowed = False

    def _clone(self) -> FoundMessages:
        clone: FoundMessages = super()._clone()  # type: ignore[misc]
        clone._is_windowed = self._is_windowed
        return clone

    def _fetch_all(self) -> None:
        if self._result_cache is None and self._can_walk():
            order = self.query.order_by
            self._result_cache = self._walk(newest_first=order == ("-id",) or order == ("-pk",))
        super()._fetch_all()

    def count(self) -> int:
        if self._result_cache is not None or not self._is_windowed or self.query.high_mark is None:
            return super().count()
        limit = self.query.high_mark - self.query.low_mark
        found = 0
        for stretch in _stretches():
            for piece in self._pieces(stretch, newest_first=True):
                found += QuerySet.count(piece[: limit - found])
                if found >= limit:
                    return found
        return found

    def _can_walk(self) -> bool:
        return (
            self._is_windowed
            and self._iterable_class is ModelIterable
            and self.query.high_mark is not None
            and self.query.low_mark == 0
            and self.query.order_by in (("-id",), ("-pk",), ("id",), ("pk",))
        )

    def _walk(self, *, newest_first: bool) -> list[Any]:
        limit = self.query.high_mark or 0
        rows: list[Any] = []
        stretches = _stretches()
        for stretch in stretches:
            found: list[Any] = []
            for piece in self._pieces(stretch, newest_first=newest_first):
                found.extend(piece[: limit - len(found)])
                if len(found) >= limit:
                    break
            rows.extend(found)
        if len(stretches) > 1:
            rows.sort(key=lambda row: str(row.pk), reverse=newest_first)
        return rows[:limit]

    def _pieces(self, stretch: _Stretch, *, newest_first: bool) -> Iterator[FoundMessages]:
        """This search without its slice, in one window after the other; each must be read before the next."""
        low, high = self._docs(stretch)
        width = stretch.window
        while low < high:
            lower, upper = (max(low, high - width), high) if newest_first else (low, min(high, low + width))
            piece = self._chain()  # type: ignore[attr-defined]
            piece.query.clear_limits()
            piece._is_windowed = False
            token = _window.set((lower, upper))
            try:
                yield piece
            finally:
                _window.reset(token)
            low, high = (low, lower) if newest_first else (upper, high)
            width *= _WIDER

    def _docs(self, stretch: _Stretch) -> tuple[int, int]:
        """The (exclusive, inclusive) keys of the index that can hold what the id bounds of the filters
        leave.
        """
        above, below = _id_bounds(self.query.where)
        low, high = stretch.low, stretch.high
        if below:
            found = sql.run(
                "SELECT id FROM channels_searchdoc WHERE message_id >= %s AND id > %s AND id <= %s "
                "ORDER BY message_id LIMIT 1",
                [below, stretch.low, stretch.high],
            )
            high = min(high, int(found[0][0]) + stretch.slack) if found else high
        if above:
            found = sql.run(
                "SELECT id FROM channels_searchdoc WHERE message_id <= %s AND id > %s AND id <= %s "
                "ORDER BY message_id DESC LIMIT 1",
                [above, stretch.low, stretch.high],
            )
            low = max(low, int(found[0][0]) - 1 - stretch.slack) if found else low
        return low, high


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Keys of the index from `low` (exclusive) to `high`, the width of the first window into them, and by how
    much their order may differ from that of the messages.
    """

    low: int
    high: int
    window: int
    slack: int


def _stretches() -> list[_Stretch]:
    """What arrived, and what was imported if anything was."""
    oldest, newest = sql.run("SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) FROM channels_searchdoc")[0]
    found = [_Stretch(0, max(0, int(newest)), _FIRST_WINDOW, _SLACK)]
    if int(oldest) < 0:
        last = sql.run("SELECT MAX(id) FROM channels_searchdoc WHERE id < 0")[0][0]
        found.append(_Stretch(int(oldest) - 1, int(last), _FIRST_PAST_WINDOW, 2 << 20))
    return found


_SLACK = 1_000
"""Messages that came together through several processes are not indexed in exactly the order of their ids."""


def search(query: str) -> QuerySet[Message]:
    """Messages that have all words of `query`; none for a query that asks for nothing (only punctuation)."""
    terms = query_terms(query)
    if not terms:
        return Message.objects.none()
    if connection.vendor == "postgresql":
        matching = _Matching(_BY_TSVECTOR, [tsquery(terms)])
    else:
        matching = _Matching(_BY_FTS, [fts5_match(terms)])
    found: FoundMessages = FoundMessages(Message).filter(pk__in=matching)
    found._is_windowed = True
    return found


def _id_bounds(where: Any) -> tuple[str, str]:
    """The ids, if any, between which conditions on the primary key hold every row: (at or above, at or
    below).
    """
    above, below = "", ""
    if where.connector != "AND" or where.negated:
        return above, below
    for child in where.children:
        if isinstance(child, Lookup):
            target = getattr(child.lhs, "target", None)
            if target is not None and target.primary_key and isinstance(child.rhs, str):
                if child.lookup_name in ("lt", "lte"):
                    below = min(below, child.rhs) if below else child.rhs
                elif child.lookup_name in ("gt", "gte"):
                    above = max(above, child.rhs)
        elif hasattr(child, "children"):
            inner_above, inner_below = _id_bounds(child)
            above = max(above, inner_above)
            below = min(below or inner_below, inner_below or below)
    return above, below
