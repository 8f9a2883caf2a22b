"""Heat: how much a member has lately done that nobody minds once and everybody minds when it goes on.

Each message adds something for what it is (links, mentions, walls of signs, pace) and for what the judge
said of it; what was added halves every quarter of an hour. 0 is calm, 1000 the most. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.guard.types import SenderHistory, Subject

HALF_LIFE = timedelta(minutes=15)
MOST = 1000
COLD = 20
WORTH = 400
"""From this score on a message adds to heat by what the judge said of it."""
"""Below this it is not worth remembering."""

_MENTION = re.compile(r"[@\uff20][A-Za-z0-9_\u4e00-\u9fff]{2,40}")
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
)
EMOJI_WALL, MARKS_WALL, LINES_WALL = 16, 24, 25
_SEEN = 4_000
"""Code points of a message looked at."""

_LINK, _MENTIONED, _MEDIA, _WALL, _PACE = 45, 25, 15, 70, 22
_QUICK = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Wall:
    """Something a message is full of. `kind`: emoji, marks (letters piled with accents) or lines."""

    kind: str
    count: int


def decayed(heat: int, at: datetime | None, now: datetime) -> int:
    """What is left by `now` of the heat there was at `at`."""
    if not heat or at is None or now <= at:
        return heat
    left = heat * 0.5 ** ((now - at) / HALF_LIFE)
    return int(left) if left >= COLD else 0


def added(subject: Subject, score: int, sender: SenderHistory, now: datetime) -> int:
    """What one message adds. `score`: what the judge gave it, 0..1000."""
    out = score // 2 if score >= WORTH else 0
    if len(subject.links) > 1:
        out += _LINK * min(len(subject.links) - 1, 4)
    if len(subject.media) > 1:
        out += _MEDIA * min(len(subject.media) - 1, 4)
    named = mentions(subject.text)
    if named > 2:
        out += _MENTIONED * min(named - 2, 20)
    if wall_of(subject.text) is not None:
        out += _WALL
    if len(sender.recent) >= 4:
        since = now - _QUICK
        quick = sum(at > since for at, _ in sender.recent)
        if quick >= 4:
            out += _PACE * (quick - 3)
    return out


def after(heat: int, more: int) -> int:
    """Heat after something was added to it."""
    return min(MOST, heat + more)


def mentions(text: str) -> int:
    """How many different people a text names with @."""
    if "@" not in text and "\uff20" not in text:
        return 0
    return len({name.casefold() for name in _MENTION.findall(text[:_SEEN])})


def wall_of(text: str) -> Wall | None:
    """What a text is a wall of, if it is one."""
    if len(text) < EMOJI_WALL:
        return None
    if text.count("\n") >= LINES_WALL and text.count("\n") * 12 > len(text):
        return Wall("lines", text.count("\n"))
    if text.isascii():
        return None
    seen = text[:_SEEN]
    marks = len(_MARKS.findall(seen))
    if marks >= MARKS_WALL and marks * 2 > len(seen) - marks:
        return Wall("marks", marks)
    emoji = len(_EMOJI.findall(seen))
    if emoji >= EMOJI_WALL and emoji * 2 > len(seen) - emoji:
        return Wall("emoji", emoji)
    return None
