"""Pages by key, never by offset: the cursor is the id of the last row seen, so that page 20,000 costs
what page 1 does.

Rows come newest first. A cursor stays good while rows are added; a row removed meanwhile only shortens
the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from ninja import Query
from pydantic import Field

from guildhall.core.errors import BadInput
from guildhall.core.ids import is_id
from guildhall.core.text import Text

MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description=f"How many rows, at most {MOST}.")]
Cursor = Annotated[
    str, Query(max_length=26, description="`next` of the page before; empty for the first page.")
]
NextCursor = Annotated[
    str | None, Field(description="Give it as `cursor` for the next page; null on the last one.")
]
Word = Annotated[str, Query(max_length=200, pattern="^[^\\x00]*$")]
Row = TypeVar("Row")


def check_cursor(cursor: str) -> str:
    """The cursor, or BadInput when it is not one of ours."""
    if cursor and not is_id(cursor):
        raise BadInput(Text("This is not a cursor of ours.", "这不是有效的分页游标。"), field="query.cursor")
    return cursor


def cut(rows: Sequence[Row], limit: int, id_of: Callable[[Row], str]) -> tuple[list[Row], str | None]:
    """The first `limit` of `limit + 1` fetched rows, and the cursor of the page after them."""
    page = list(rows[:limit])
    return page, id_of(page[-1]) if len(rows) > limit and page else None
