"""Which way an answer goes: what is asked of which platform, in which space, under which message. Pure.

In a group an answer stands under what it answers, so that everybody sees whom it is for. In private it goes
into the talk with that one person; where there is none, the platform is asked to tell them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guildhall.channels.port import Act, Verb


@dataclass(frozen=True, slots=True)
class Place:
    """A space as far as an answer needs it. `last_message`: ours of the asker's last message there, '' for
    none; `holds_alone`: nobody but the asker reads it.
    """

    space_id: str
    platform: str
    holds_alone: bool
    last_message: str = ""
    thread_id: str = ""


def route(
    where: str,
    asked_in: Place | None,
    alone: Place | None,
    account_id: str,
    text: str,
    can: Callable[[str, Verb], bool],
) -> Act | None:
    """What is asked of a platform; None where the asker fetches answers from us (the API).

    where: `group` or `private`. asked_in: where it was asked. alone: a talk with nobody else in it, if there
    is one. can: whether a platform has a verb. What a platform cannot do after all is refused when it is
    asked.
    """
    if asked_in is None and alone is None:
        return None
    if where == "private" and asked_in is not None and not asked_in.holds_alone:
        if alone is not None:
            return _into(alone, text, can)
        return Act(Verb.WARN, asked_in.space_id, account_id=account_id, text=text)
    return _into(asked_in or alone, text, can)


def _into(place: Place | None, text: str, can: Callable[[str, Verb], bool]) -> Act:
    if place is None:
        raise ValueError("there is nowhere to answer")
    if place.last_message and can(place.platform, Verb.REPLY):
        return Act(
            Verb.REPLY, place.space_id, text=text, reply_to=place.last_message, thread_id=place.thread_id
        )
    return Act(Verb.SEND, place.space_id, text=text, thread_id=place.thread_id)
