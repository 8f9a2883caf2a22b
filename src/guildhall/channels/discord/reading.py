"""Reads fields out of Discord's JSON and says by name what is missing or wrong; whatever is there, only
BadInput leaves.

Pure. Discord leaves fields out, sends null for them and adds new ones without notice, so nothing here minds
what it does not know. Ids are texts that name a number; that number holds the time it was given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from guildhall.channels.parsing import LONGEST_TEXT
from guildhall.channels.text import clean, one_line
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

PLATFORM = "discord"
Json: TypeAlias = dict[str, Any]
_EPOCH_MS = 1_420_070_400_000
_LONGEST_ID = 20
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LATEST_MS = 7_258_118_400_000


def names(listed: str) -> frozenset[str]:
    """Names, listed with white space between them."""
    return frozenset(listed.split())


def bad(field: str) -> BadInput:
    """The error for a field that is missing or of another kind than Discord says, to be raised."""
    return BadInput(
        Text(
            f"Discord's field {field} is missing or is not what it should be.",
            f"Discord 的字段 {field} 缺失或格式不正确。",
        ),
        field=field,
    )


def inner(of: Json, field: str) -> Json:
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


def maybe_id(of: Json, field: str) -> str:
    """An id, or '' for what is none. Compatible servers send some as numbers."""
    value = of.get(field)
    if type(value) is str:
        return value if 0 < len(value) <= _LONGEST_ID and value.isdecimal() and value.isascii() else ""
    return str(value) if type(value) is int and 0 <= value < 2**64 else ""


def id_at(of: Json, field: str) -> str:
    """An id that cannot be done without. Raises BadInput."""
    found = maybe_id(of, field)
    if not found:
        raise bad(field)
    return found


def ids(of: Json, field: str) -> list[str]:
    """The ids of a list inside."""
    return [found for value in items(of, field) if (found := maybe_id({"": value}, ""))]


def made_at(snowflake: str) -> datetime | None:
    """When an id was given, None for one that tells no time of our days."""
    return from_ms((int(snowflake) >> 22) + _EPOCH_MS) if snowflake else None


def id_before(at: datetime) -> str:
    """An id that every one given from `at` on is greater than."""
    return str(max(0, int(at.timestamp() * 1000) - _EPOCH_MS) << 22)


def from_ms(milliseconds: object) -> datetime | None:
    """A time in milliseconds since 1970."""
    if type(milliseconds) is not int or not 946_684_800_000 <= milliseconds < _LATEST_MS:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def moment(of: Json, field: str) -> datetime | None:
    """An ISO 8601 time as aware UTC, None where Discord says null, nothing or nonsense."""
    value = of.get(field)
    if type(value) is not str or not value:
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if _EARLIEST <= at < _LATEST else None


def count(of: Json, field: str) -> int:
    """A size or number of things, 0 when unknown."""
    value = of.get(field)
    return value if type(value) is int and 0 < value < 2**63 else 0


def bits(of: Json, field: str) -> int:
    """Flags or permissions, which Discord sends as numbers or as texts of one."""
    value = of.get(field)
    if type(value) is str and value.isdecimal() and len(value) <= _LONGEST_ID:
        return int(value)
    return value if type(value) is int and value >= 0 else 0


def number(of: Json, field: str) -> int:
    """A small number such as a type; -1 when there is none."""
    value = of.get(field)
    return value if type(value) is int and 0 <= value < 2**31 else -1


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
