"""Carries out what was decided for who entered: the one welcome within twenty seconds, and their tags."""

from __future__ import annotations

from datetime import datetime

from guildhall.channels.wecom import customers
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import WecomCorp
from guildhall.core import clock
from guildhall.core.clearance import content_hash
from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text
from guildhall.effects.types import Claimed, Done
from guildhall.spaces.models import Entry

_OVER = "welcome_over"


def perform_greeting(effect: Claimed) -> Done:
    """Say the welcome, if there is still time. Raises Temporary, Uncertain, and NotAllowed for words
    compliance has not seen.
    """
    payload = effect.payload
    if content_hash(payload["text"]) != payload["cleared"]["hash"]:
        raise NotAllowed(Text("These words were not cleared.", "该内容未经合规放行。"), code="no_clearance")
    if clock.now() > datetime.fromisoformat(payload["until"]):
        return _noted(payload["entry"], Entry.Greeting.LATE)
    try:
        customers.welcome(WecomCorp.objects.get(corpid=payload["corp"]), payload["code"], payload["text"])
    except Refused as refused:
        if refused.why == _OVER:
            return _noted(payload["entry"], Entry.Greeting.LATE)
        return _noted(payload["entry"], Entry.Greeting.FAILED, refused.reason)
    return _noted(payload["entry"], Entry.Greeting.PLAIN if payload["plain"] else Entry.Greeting.SENT)


def perform_tagging(effect: Claimed) -> Done:
    """Give a customer their tags. A customer who is gone by now needs none."""
    payload = effect.payload
    try:
        corp = WecomCorp.objects.get(corpid=payload["corp"])
        customers.mark(corp, payload["userid"], payload["customer"], add=payload["add"])
    except Refused as refused:
        if refused.why != "not_customer":
            raise
        return Done({"refused": refused.errcode})
    return Done()


def _noted(entry_id: str, greeting: Entry.Greeting, problem: Text | None = None) -> Done:
    said = problem.to_json() if problem is not None else {}

    def record() -> None:
        Entry.objects.filter(pk=entry_id).update(greeting=greeting, problem=said)

    return Done({"greeting": greeting.value}, record)
