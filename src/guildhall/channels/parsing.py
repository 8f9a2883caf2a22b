"""Reads fields out of a platform's JSON and says by name what is missing or wrong; whatever the bytes, only
BadInput leaves.

Pure. Adapters for our own formats use it directly; others use it for what their libraries hand on unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from guildhall.channels.text import clean, one_line
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

T = TypeVar("T")
LONGEST_TEXT = 1_000_000
"""Code points of one message that are still read; more is no message."""
_LONGEST_ID = 190
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Fields:
    """A JSON object from outside, read field by field. `row` is the line it stands on, when it has one."""

    def __init__(self, whole: dict[str, Any], row: int | None = None) -> None:
        self.whole = whole
        self._row = row

    @classmethod
    def of_json(cls, raw: bytes | str, row: int | None = None) -> Fields:
        """Raises BadInput for what is not a JSON object."""
        try:
            whole = orjson.loads(raw)
        except ValueError as error:
            raise BadInput(
                Text(f"This is not JSON: {error}.", f"不是有效的 JSON：{error}。"), row=row
            ) from error
        if not isinstance(whole, dict):
            raise BadInput(Text("This is not a JSON object.", "不是 JSON 对象。"), row=row)
        return cls(whole, row)

    def bad(self, field: str, en: str, zh: str) -> BadInput:
        """The error for a field, to be raised."""
        where_en, where_zh = (
            (f"line {self._row}: ", f"第 {self._row} 行：") if self._row is not None else ("", "")
        )
        return BadInput(
            Text(f"{where_en}{field} {en}", f"{where_zh}{field} {zh}"), field=field, row=self._row
        )

    def text(self, field: str, *, optional: bool = False) -> str:
        """Words as written, made storable, in the same number of code points."""
        value = self.whole.get(field)
        if value is None and optional:
            return ""
        if not isinstance(value, str):
            raise self.bad(field, "must be text.", "必须是文本。")
        if len(value) > LONGEST_TEXT:
            raise self.bad(
                field, f"is longer than {LONGEST_TEXT} characters.", f"超过 {LONGEST_TEXT} 个字符。"
            )
        return clean(value)

    def line(self, field: str, most: int) -> str:
        """A name or word on one line, '' when missing, cut to `most`."""
        value = self.whole.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.bad(field, "must be text.", "必须是文本。")
        return one_line(value[: most * 4], most)

    def id(self, field: str, *, optional: bool = False) -> str:
        """A platform's id: text or a whole number, without white space or control characters."""
        value = self.whole.get(field)
        if value is None and optional:
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value or len(value) > _LONGEST_ID or not value.isprintable():
            raise self.bad(field, "is not an id.", "不是有效的标识。")
        if " " in value:  # no other white space is printable
            raise self.bad(field, "is not an id.", "不是有效的标识。")
        return value

    def one_of(self, field: str, known: Mapping[str, T]) -> T:
        value = self.whole.get(field)
        if not isinstance(value, str) or value not in known:
            names = ", ".join(sorted(known))
            raise self.bad(field, f"must be one of {names}.", f"必须是以下之一：{names}。")
        return known[value]

    def moment(self, field: str) -> datetime:
        """An ISO 8601 time with its zone, or seconds since 1970, as aware UTC."""
        value = self.whole.get(field)
        try:
            if isinstance(value, str):
                at = datetime.fromisoformat(value)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                at = datetime.fromtimestamp(value, UTC)
            else:
                raise TypeError
            if at.tzinfo is None:
                raise ValueError
            at = at.astimezone(UTC)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise self.bad(field, "must be a time with its zone.", "必须是带时区的时间。") from error
        if not _EARLIEST <= at < _LATEST:
            raise self.bad(field, "is not a time of our days.", "时间超出合理范围。")
        return at
