"""The trial after the gate: what a newcomer may not post yet, and when it is over. Pure.

A message is clean when it keeps to the limits and the guard has nothing against it; only those count towards
the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guildhall.core.text import Text
from guildhall.guard.gates.settings import Settings


class Limit(StrEnum):
    """What somebody on trial may not post."""

    LINKS = "links"
    MEDIA = "media"
    FORWARDS = "forwards"
    MENTIONS = "mentions"


WORDS = {
    Limit.LINKS: Text("links", "链接"),
    Limit.MEDIA: Text("pictures and files", "图片和文件"),
    Limit.FORWARDS: Text("forwarded messages", "转发消息"),
    Limit.MENTIONS: Text("mentions of others", "@他人"),
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A message by what it carries, not by what it says."""

    has_links: bool = False
    has_media: bool = False
    is_forward: bool = False
    mentions: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it stands: `clean_left` messages to go (None: they do not count), over at `until` (None: no
    such time).
    """

    clean_left: int | None
    until: datetime | None


def broken(posted: Posted, settings: Settings) -> tuple[Limit, ...]:
    """The limits a message does not keep to."""
    found = (
        (Limit.LINKS, settings.no_links and posted.has_links),
        (Limit.MEDIA, settings.no_media and posted.has_media),
        (Limit.FORWARDS, settings.no_forwards and posted.is_forward),
        (Limit.MENTIONS, settings.no_mentions and posted.mentions > 0),
    )
    return tuple(limit for limit, is_so in found if is_so)


def is_over(trial: Trial, now: datetime) -> bool:
    """Whether the trial has ended: enough clean messages, or the time is up."""
    if trial.clean_left is not None and trial.clean_left <= 0:
        return True
    return trial.until is not None and now >= trial.until


def named(limits: Sequence[Limit]) -> Text:
    """The limits in words, for a sentence."""
    return Text(", ".join(WORDS[one].en for one in limits), "、".join(WORDS[one].zh for one in limits))
