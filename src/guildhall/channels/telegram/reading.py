"""Reads single fields of Telegram's JSON: what an update cannot do without raises BadInput by name, the rest
is '' or None.

Pure. Telegram adds fields and kinds without notice, so nothing here minds what it does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from guildhall.channels.parsing import LONGEST_TEXT
from guildhall.channels.text import clean, one_line
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

PLATFORM = "telegram"
Json: TypeAlias = dict[str, Any]
_EARLIEST, _LATEST = 946_684_800, 7_258_118_400
"""2000 and 2200 in Unix seconds: what lies outside is no time of our days (Telegram says 0 for none)."""


def names(listed: str) -> frozenset[str]:
    """Names of fields, listed with white space between them."""
    return frozenset(listed.split())


def bad(field: str) -> BadInput:
    """The error for a field that is missing or of another kind than Telegram says, to be raised."""
    return BadInput(
        Text(
            f"Telegram's field {field} is missing or is not what it should be.",
            f"Telegram 的字段 {field} 缺失或格式不正确。",
        ),
        field=field,
    )


def inner(of: Json, field: str) -> Json:
    """An object inside. Raises BadInput."""
    value = of.get(field)
    if type(value) is not dict:
        raise bad(field)
    return value


def maybe_inner(of: Json, field: str) -> Json:
    """An object inside, or an empty one."""
    value = of.get(field)
    return value if type(value) is dict else {}


def items(of: Json, field: str) -> list[Any]:
    """A list inside, or an empty one."""
    value = of.get(field)
    return value if type(value) is list else []


def objects(of: Json, field: str) -> list[Json]:
    """The objects of a list inside."""
    return [item for item in items(of, field) if type(item) is dict]


def id_at(of: Json, field: str) -> str:
    """A whole number as text, since some go beyond 2^53. Raises BadInput."""
    value = of.get(field)
    if type(value) is not int:
        raise bad(field)
    return str(value)


def maybe_id(of: Json, field: str) -> str:
    """A whole number as text, or ''."""
    value = of.get(field)
    return str(value) if type(value) is int else ""


def count(of: Json, field: str) -> int:
    """A size or number of things, 0 when unknown."""
    value = of.get(field)
    return value if type(value) is int and 0 < value < 2**63 else 0


def moment(of: Json, field: str) -> datetime:
    """A time, as aware UTC. Raises BadInput, also for times that are none of our days."""
    value = of.get(field)
    if type(value) is not int or not _EARLIEST <= value < _LATEST:
        raise bad(field)
    return datetime.fromtimestamp(value, UTC)


def maybe_moment(of: Json, field: str) -> datetime | None:
    """A time, or None where Telegram says 0, nothing or nonsense."""
    value = of.get(field)
    if type(value) is not int or not _EARLIEST <= value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def word(of: Json, field: str) -> str:
    """Text as it stands, '' when there is none; still to be made storable."""
    value = of.get(field)
    return value if type(value) is str else ""


def words(of: Json, field: str) -> str:
    """Text made storable, in the same number of code points; '' when there is none. Raises BadInput."""
    value = of.get(field)
    if value is None:
        return ""
    if type(value) is not str or len(value) > LONGEST_TEXT:
        raise bad(field)
    return clean(value)


def line(of: Json, field: str, most: int = 255) -> str:
    """A name or title on one line, '' when there is none."""
    value = of.get(field)
    return one_line(value[: most * 4], most) if type(value) is str else ""
