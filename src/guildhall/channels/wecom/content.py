"""What 微信客服 and Official Accounts put into a message, as the port's attachments. Pure.

The two describe the same things in slightly different words: JSON with a part named after the kind, XML with
everything side by side. Both come through here, so that a picture is a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guildhall.channels.parsing import Fields
from guildhall.channels.port import Media, MediaKind
from guildhall.channels.text import clean, one_line

LONGEST = 4000
_NAME = 120


def words(value: Any, most: int = LONGEST) -> str:
    """Text of a field, made storable and bounded; '' for anything else."""
    return clean(value[:most]) if isinstance(value, str) else ""


def lines(*parts: Any) -> str:
    """What an attachment says, one part a line."""
    return "\n".join(said for part in parts if (said := words(part).strip()))


def number(value: Any) -> int:
    """A whole number a platform sends as number or text; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | float):
        return int(value) if abs(value) < 1e15 else 0
    if isinstance(value, str) and len(value) < 16 and value.isascii() and value.lstrip("-").isdigit():
        return int(value)
    return 0


def moment(said: Fields, field: str) -> datetime:
    """Seconds since 1970, as XML writes numbers. Raises BadInput."""
    value = said.whole.get(field)
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 13
    return Fields({field: int(str(value))} if is_number else said.whole).moment(field)


def file(kind: MediaKind, media_id: Any, *, name: Any = "", mime: str = "") -> Media:
    """Something with bytes behind it; WeChat keeps them for three days under `media_id`."""
    ref = media_id if isinstance(media_id, str) and media_id.isprintable() and len(media_id) <= 400 else ""
    return Media(kind, name=one_line(words(name), _NAME), mime=mime, hash=ref[:120], ref=ref)


def place(name: Any, address: Any, latitude: Any, longitude: Any) -> Media:
    """A point on the map."""
    where = f"{_degrees(latitude)},{_degrees(longitude)}"
    return Media(MediaKind.LOCATION, name=one_line(words(name), _NAME), text=lines(name, address, where))


def card(title: Any, *more: Any) -> Media:
    """A link, mini program, channel or order shown as a card; what it says is judged with the message."""
    return Media(MediaKind.CARD, name=one_line(words(title), _NAME), text=lines(title, *more))


def part(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The part of a message named after its kind; {} when it is not there."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _degrees(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.6f}"
    return words(value, 20)
