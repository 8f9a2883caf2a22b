"""Talks with customers through 微信客服 and Official Accounts: what may still be said in each, and saying it
once more or not.

WeChat lets us write only after the customer did something: five messages within 48 hours of what they
wrote, three within a minute of a pressed menu, a scanned code or a new follower (Official Accounts). We
count with them, so that nothing is sent that would be refused. `take` is one statement: two processes never
give the same message away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.wecom.content import number, part, words
from guildhall.channels.wecom.errors import Refused, reason
from guildhall.channels.wecom.models import WechatTalk
from guildhall.core import clock

WRITTEN, WRITTEN_MESSAGES = timedelta(hours=48), 5
TOUCHED, TOUCHED_MESSAGES = timedelta(minutes=1), 3
WELCOME = timedelta(seconds=20)
_FIELDS = [
    "open_until", "sends_left", "heard_at", "service_state", "servicer", "welcome_code", "welcome_until",
    "scene", "scene_param", "subscribed_at", "unsubscribed_at", "problem",
]  # fmt: skip


def take(space_id: str) -> None:
    """Take one of the messages that may still be said in a talk. Raises Refused when there is none."""
    open_talks = WechatTalk.objects.filter(pk=space_id, open_until__gt=clock.now(), sends_left__gt=0)
    if open_talks.update(sends_left=F("sends_left") - 1):
        return
    talk = WechatTalk.objects.filter(pk=space_id).first()
    raise reason("allowance" if talk is not None and _is_open(talk) else "closed")


def give_back(space_id: str) -> None:
    """The message that was taken surely did not leave."""
    WechatTalk.objects.filter(pk=space_id, sends_left__lt=WRITTEN_MESSAGES).update(
        sends_left=F("sends_left") + 1
    )


def close(space_id: str, refused: Refused) -> None:
    """WeChat says that nothing more may be said there: it counts better than we did."""
    if refused.why in ("allowance", "closed", "not_follower"):
        WechatTalk.objects.filter(pk=space_id).update(sends_left=0)


def may_be_said(space_id: str) -> tuple[int, datetime | None]:
    """(how many messages may still be said in a talk, until when); (0, None) when none."""
    talk = WechatTalk.objects.filter(pk=space_id).first()
    if talk is None or not _is_open(talk) or not talk.sends_left:
        return 0, None
    return talk.sends_left, talk.open_until


def keep_kf(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what happened in talks of 微信客服. Inside the caller's transaction."""
    rows = _rows(heard)
    for inbound, space in heard:
        talk, event = rows[space.pk], part(part(inbound.raw, "kf"), "event")
        by_customer = inbound.kind in (Kind.MESSAGE, Kind.CALLBACK) and not inbound.is_automatic
        if by_customer:
            _wrote(talk, inbound.sent_at)
        elif inbound.kind is Kind.JOIN:
            talk.scene, talk.scene_param = words(event.get("scene"), 64), words(event.get("scene_param"), 190)
            talk.welcome_code = words(event.get("welcome_code"), 128)
            talk.welcome_until = inbound.sent_at + WELCOME if talk.welcome_code else None
        elif event.get("event_type") == "session_status_change":
            # 1 taken, 2 passed on, 3 over, 4 opened again by a person
            change = number(event.get("change_type"))
            talk.service_state = 4 if change == 3 else 3
            talk.servicer = words(
                event.get("new_servicer_userid") or ("" if change == 3 else event.get("old_servicer_userid")),
                64,
            )
        elif event.get("event_type") == "msg_send_fail":
            talk.problem = {
                "why": "send_failed", "fail_type": number(event.get("fail_type")),
                "message": words(event.get("fail_msgid"), 64),
            }  # fmt: skip
    _save(rows.values())


def keep_oa(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what happened in talks of Official Accounts. Inside the caller's transaction."""
    rows = _rows(heard)
    for inbound, space in heard:
        talk, event = rows[space.pk], part(inbound.raw, "event")
        name, key = words(event.get("Event"), 60).lower(), words(event.get("EventKey"), 190)
        if inbound.kind is Kind.MESSAGE or (inbound.kind is Kind.CALLBACK and not name):
            _wrote(talk, inbound.sent_at)
        elif name == "subscribe":
            talk.subscribed_at, talk.unsubscribed_at = inbound.sent_at, None
            talk.scene_param = key.removeprefix("qrscene_") or talk.scene_param
            _touched(talk, inbound.sent_at)
        elif name == "unsubscribe":
            talk.unsubscribed_at, talk.sends_left = inbound.sent_at, 0
        elif name == "scan":
            talk.scene_param = key or talk.scene_param
            _touched(talk, inbound.sent_at)
        elif name in ("click", "view"):
            _touched(talk, inbound.sent_at)
    _save(rows.values())


def _wrote(talk: WechatTalk, at: datetime) -> None:
    """The customer wrote: the whole allowance is there again. Something older than what we heard is not."""
    if talk.heard_at is None or at >= talk.heard_at:
        talk.open_until, talk.sends_left, talk.heard_at = at + WRITTEN, WRITTEN_MESSAGES, at
        talk.problem = {}


def _touched(talk: WechatTalk, at: datetime) -> None:
    """The customer pressed or scanned: a short allowance, unless a better one is open."""
    is_better = talk.open_until is not None and talk.open_until > at and talk.sends_left >= TOUCHED_MESSAGES
    if not is_better:
        talk.open_until, talk.sends_left = at + TOUCHED, TOUCHED_MESSAGES


def _is_open(talk: WechatTalk) -> bool:
    return talk.open_until is not None and talk.open_until > clock.now()


def _rows(heard: Sequence[tuple[Inbound, Space]]) -> dict[str, WechatTalk]:
    spaces = {space.pk: space for _, space in heard}
    found = {row.pk: row for row in WechatTalk.objects.select_for_update().filter(pk__in=list(spaces))}
    return {pk: found.get(pk) or WechatTalk(space=space) for pk, space in spaces.items()}


def _save(rows: object) -> None:
    WechatTalk.objects.bulk_create(
        list(rows),  # type: ignore[call-overload]
        update_conflicts=True,
        unique_fields=["space"],
        update_fields=_FIELDS,
    )
