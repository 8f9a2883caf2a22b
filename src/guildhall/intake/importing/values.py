"""Reads single values as other programs write them: platform ids, moments, lengths of time, languages.

Pure. A value that says nothing gives None; one that says something unreadable raises ValueError, and the
reader puts its row aside.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ID = re.compile(r"-?[1-9]\d{0,19}")
_NEVER = frozenset(
    "- — 0 none null nil never forever permanent perm ∞ 永久 永远 无 无限期".split(),  # noqa: SIM905 - a list of words
) | {""}
_CHINESE = re.compile(
    r"^(\d{4})年(\d{1,2})月(\d{1,2})日(?: ?(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?.*)?$"
)
_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_SLASHED = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def platform_id(value: object) -> str:
    """An account's id on its platform. Raises ValueError when it is none."""
    text = str(value).strip().strip("'\"`").removeprefix("user") if not isinstance(value, bool) else ""
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if text.endswith(".0") and _ID.fullmatch(text[:-2]):
        text = text[:-2]  # a spreadsheet took the id for a number
    if _ID.fullmatch(text) is None:
        raise ValueError(text)
    return text


def moment(value: object) -> datetime | None:
    """A moment in UTC; None for "never", "permanent", 永久 and nothing. Without a zone it is taken as UTC.

    Raises ValueError for anything else.
    """
    if value is None or value is False:
        return None
    text = str(value).strip()
    if text.lower() in _NEVER or text.startswith("0001-01-01"):
        return None
    found = _counted(text) or _written(text)
    if found is None or not _FIRST <= found < _LAST:
        raise ValueError(text)
    return found


def _counted(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    if re.fullmatch(r"\d{9,13}(?:\.\d+)?", text) is None:
        return None
    number = float(text)
    return datetime.fromtimestamp(int(number / 1000 if number >= 1e11 else number), UTC)


def _written(text: str) -> datetime | None:
    match = _CHINESE.match(text) or _SLASHED.match(text)
    if match:
        return _made(match.groups())
    if match := _DOTTED.match(text):
        day, month, year, *rest = match.groups()
        return _made((year, month, day, *rest))
    try:
        found = datetime.fromisoformat(text.replace("UTC", "").strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _made(parts: tuple[str | None, ...]) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def seconds(value: object) -> int:
    """A length of time in seconds: `3h`, `7d`, a number of seconds, or nanoseconds as programs in Go count.

    0 for nothing. Raises ValueError.
    """
    if value is None or value == "" or isinstance(value, bool):
        return 0
    text = str(value).strip().lower()
    match = re.fullmatch(r"(\d{1,19})(?:\.0+)?\s*(ns|ms|s|sec|m|min|h|d|w|秒|分钟|小时|天|周)?", text)
    if match is None:
        raise ValueError(text)
    number, unit = int(match[1]), match[2]
    if unit is None:
        return number // 10**9 if number >= 10**9 else number
    if unit in ("ns", "ms"):
        return number // (10**9 if unit == "ns" else 1000)
    sizes = {"s": 1, "秒": 1, "m": 60, "分": 60, "h": 3600, "小": 3600}
    sizes |= {"d": 86_400, "天": 86_400, "w": 604_800, "周": 604_800}
    return number * sizes[unit[0]]


def one_line(text: object, most: int) -> str:
    """Words on one line, without control characters, cut to `most`."""
    if text is None:
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())[:most]


def is_chinese(text: str) -> bool:
    """Whether a text is mostly Chinese: every fifth letter or more."""
    letters = sum(char.isalpha() for char in text)
    return bool(letters) and len(_HAN.findall(text)) * 5 >= letters
