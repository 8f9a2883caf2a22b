"""Which groups newcomers are led to, and when a group is full. Pure.

A code at WeCom names at most five groups and fills the first that has room; what WeCom cannot do (go on
to the sixth, leave out one we stopped) is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_GROUPS = 5
"""So many groups stand behind one code at WeCom."""


@dataclass(frozen=True, slots=True)
class Room:
    """A group as it stands: `heads` None when nobody counted yet; `takes`: newcomers may be led to it."""

    space_id: str
    chat_id: str
    heads: int | None
    limit: int
    takes: bool
    position: int

    @property
    def is_full(self) -> bool:
        return self.heads is not None and self.heads >= self.limit


def in_order(rooms: Iterable[Room]) -> list[Room]:
    """By position, then id, so that everybody chooses alike."""
    return sorted(rooms, key=lambda room: (room.position, room.space_id))


def open_rooms(rooms: Iterable[Room]) -> list[Room]:
    """Those that take newcomers and have room, in order."""
    return [room for room in in_order(rooms) if room.takes and not room.is_full]


def behind_a_code(rooms: Sequence[Room]) -> tuple[str, ...]:
    """The chat ids a code should name now; empty when no group has room."""
    return tuple(room.chat_id for room in open_rooms(rooms)[:MOST_GROUPS])


def after(rooms: Sequence[Room], space_id: str) -> Room | None:
    """The group to go on with when one is full: the next with room behind it, else the first before it."""
    candidates = [room for room in open_rooms(rooms) if room.space_id != space_id]
    this = next((room for room in rooms if room.space_id == space_id), None)
    if this is None:
        return candidates[0] if candidates else None
    place = (this.position, this.space_id)
    behind = [room for room in candidates if (room.position, room.space_id) > place]
    return next(iter(behind or candidates), None)
