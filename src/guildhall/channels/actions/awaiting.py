"""Holds words back until what they tell of has happened: a removal that was refused is never announced.

An act may carry the params `after` (said only once this holds) and `unless` (said only if this did not come
true), each naming a deed as `removed:<message id>`, `restricted:<account id>` or `banned:<account id>`. Who
says what, and what is said instead, is for the rooms that queue the words.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any

from guildhall.channels.models import Message, SpaceMember
from guildhall.channels.port import Act, MemberState, Verb
from guildhall.core.errors import Permanent, Temporary
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.effects.types import LIVE

AFTER, UNLESS = "after", "unless"
MOST_LOOKS = 30
FIRST_LOOK_S, LAST_LOOK_S = 0.5, 60.0
NOT_SO = Text(
    "What this tells of did not happen, so nobody is told.", "所述操作未实际发生，因此不发送此通知。"
)
NOT_YET = Text("What this tells of has not happened yet.", "所述操作尚未完成。")


class Deed(StrEnum):
    """What words may wait for."""

    REMOVED = "removed"
    RESTRICTED = "restricted"
    BANNED = "banned"

    def of(self, subject_id: str) -> str:
        """The deed about a message or an account of ours, as a param says it."""
        return f"{self.value}:{subject_id}"


_VERBS = {
    Deed.REMOVED: {Verb.DELETE},
    Deed.RESTRICTED: {Verb.RESTRICT, Verb.BAN},
    Deed.BANNED: {Verb.BAN},
}
_STATES = {
    Deed.RESTRICTED: (MemberState.RESTRICTED, MemberState.BANNED),
    Deed.BANNED: (MemberState.BANNED,),
}


def now_sayable(act: Act, *, kind: str, attempt: int, orders_by_subject: bool) -> Act | None:
    """The act as the platform is to get it; None when there is nothing to say, for what it would deny came
    true.

    kind: of the effects that carry acts out. orders_by_subject: whether the platform's acts are ordered by
    message and member; elsewhere all earlier acts of the space are over by now. Raises Temporary while what
    it waits for may still come, Permanent when it did not or nobody can say after so many looks.
    """
    for name, deed in act.params:
        if name not in (AFTER, UNLESS):
            continue
        is_so = _came_true(act.space_id, deed, kind, attempt, orders_by_subject)
        if name == UNLESS and is_so:
            return None
        if name == AFTER and not is_so:
            raise Permanent(NOT_SO)
    return replace(act, params=tuple(pair for pair in act.params if pair[0] not in (AFTER, UNLESS)))


def _came_true(space_id: str, said: str, kind: str, attempt: int, orders_by_subject: bool) -> bool:
    name, _, subject = said.partition(":")
    deed = Deed(name)
    if _holds(deed, space_id, subject):
        return True
    if orders_by_subject and _is_coming(deed, space_id, subject, kind):
        if attempt < MOST_LOOKS:
            raise Temporary(NOT_YET, retry_after=min(FIRST_LOOK_S * 2 ** (attempt - 1), LAST_LOOK_S))
        raise Permanent(NOT_YET)
    # What was still to come a moment ago may have been done between the two looks.
    return _holds(deed, space_id, subject)


def _holds(deed: Deed, space_id: str, subject: str) -> bool:
    if deed is Deed.REMOVED:
        return Message.objects.filter(pk=subject, space_id=space_id, removed_at__isnull=False).exists()
    return SpaceMember.objects.filter(space_id=space_id, account_id=subject, state__in=_STATES[deed]).exists()


def _is_coming(deed: Deed, space_id: str, subject: str, kind: str) -> bool:
    """Whether an act that would make it true is still queued or in hand; found by the key that orders it."""
    key = f"message:{subject}" if deed is Deed.REMOVED else f"member:{space_id}:{subject}"
    live = Effect.objects.filter(order_key=key, state__in=LIVE, kind=kind)
    payloads: list[Any] = list(live.values_list("payload", flat=True))
    return any(payload.get("verb") in _VERBS[deed] for payload in payloads)
