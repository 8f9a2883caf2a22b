"""Fetches what WeCom only hints at and has it recorded as heard: new messages of 微信客服, and who came
into a customer group or left it.

A cursor moves on only after everything before it was committed, so a process that is killed in between
fetches the same again, and what was recorded already is known by its ids. Of a group the present members
are asked for; who is new or missing against what we know came or left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import transaction

from guildhall.channels.actions.finding import retitle_space
from guildhall.channels.models import Space
from guildhall.channels.text import one_line
from guildhall.channels.wecom import client, customers, models
from guildhall.channels.wecom.content import number, words
from guildhall.channels.wecom.corp_reading import PLATFORM, contact_id
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.follow import LOOK, MEET, SYNC, fetch
from guildhall.channels.wecom.kf_reading import FROM_CUSTOMER
from guildhall.channels.wecom.models import State, WecomCorp, WecomGroup, WecomGroupMember, WecomKf
from guildhall.channels.wecom.tokens import Key
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.intake.pipeline import Raw, ingest
from guildhall.people.actions import Sighting, resolve_accounts
from guildhall.people.models import Account

POLL = "wecom.kf_poll"
PAGE, MOST_PAGES = 1000, 200
_CHUNK = 500
_SYNC_WORDS = Text("Fetch new messages of WeChat customer service", "拉取微信客服新消息")
_LOOK_WORDS = Text("See who came into a customer group and who left", "查看客户群成员变化")
_MEET_WORDS = Text("Ask who a new customer is", "查询新客户资料")
_POLL_WORDS = Text("Ask all WeChat customer service accounts for messages", "轮询全部微信客服账号的消息")


def register() -> None:
    """Have the engine do these; called when Django is ready."""
    performers.performer(SYNC, lease_s=120, describe=_SYNC_WORDS)(sync_desk)
    performers.performer(LOOK, lease_s=60, describe=_LOOK_WORDS)(look_at_group)
    performers.performer(MEET, lease_s=60, max_attempts=5, describe=_MEET_WORDS)(meet_customer)
    performers.performer(POLL, describe=_POLL_WORDS)(poll)
    # A hint may be lost on its way, and WeCom keeps messages for three days.
    schedules.schedule(POLL, "*/10 * * * *", POLL, describe=_POLL_WORDS)


def sync_desk(effect: Claimed) -> Done:
    """Fetch and record everything behind the cursor of one account."""
    corpid, kfid = str(effect.payload["corp"]), str(effect.payload["kf"])
    corp = WecomCorp.objects.filter(corpid=corpid).first()
    if corp is None or corp.state == State.PAUSED:
        return Done()
    desk, _ = WecomKf.objects.get_or_create(open_kfid=kfid, defaults={"corp": corp})
    began, recorded, token = clock.now(), 0, str(effect.payload.get("token") or "")
    for _ in range(MOST_PAGES):
        try:
            said = _page(desk, token)
        except Refused as refused:
            if token and refused.errcode in _TOKEN_OVER:
                token = ""  # it is good for ten minutes, and this effect may have waited longer
                continue
            _note_problem(desk, refused)
            raise
        items = [one for one in said.get("msg_list") or () if isinstance(one, dict)]
        names = _names(corpid, items)
        recorded += _record([_body(corpid, kfid, one, names) for one in items])
        cursor = words(said.get("next_cursor"), 190)
        _advance(desk, cursor, bool(items))
        if not said.get("has_more") or not cursor:
            break
    WecomKf.objects.filter(pk=desk.pk).update(synced_at=began, problem={}, problem_since=None)
    return Done({"recorded": recorded})


def poll(effect: Claimed) -> Done:
    """Queue a look at each account, in case a hint was lost."""
    with transaction.atomic():
        desks = list(
            WecomKf.objects.filter(state=State.ACTIVE, may_manage=True, corp__state=State.ACTIVE).values_list(
                "corp__corpid", "open_kfid"
            )
        )
        effects.enqueue_many(fetch(corpid, kfid) for corpid, kfid in desks)
    return Done({"desks": len(desks)})


def look_at_group(effect: Claimed) -> Done:
    """Ask about one group and record who came and who left since we last asked."""
    corpid, chat_id = str(effect.payload["corp"]), str(effect.payload["chat"])
    corp = WecomCorp.objects.filter(corpid=corpid).first()
    if corp is None or corp.state == State.PAUSED:
        return Done()
    group = WecomGroup.objects.filter(space__external_id=chat_id, space__platform=PLATFORM).first()
    began = clock.now()
    try:
        said = client.call(
            Key(corpid, models.CONTACT),
            "/cgi-bin/externalcontact/groupchat/get",
            {"chat_id": chat_id, "need_name": 1},
        )
    except Refused as refused:
        if refused.why == "no_group" and group is not None:
            WecomGroup.objects.filter(pk=group.pk, dismissed_at=None).update(dismissed_at=began)
        return Done({"refused": refused.why})
    chat = said.get("group_chat")
    if not isinstance(chat, dict):
        return Done({"refused": "unread"})
    members = [row for row in chat.get("member_list") or () if isinstance(row, dict) and row.get("userid")]
    head = {name: value for name, value in chat.items() if name != "member_list"}
    changes = _record(_changes(corpid, head, members, group, began))
    with transaction.atomic():
        _keep(corp, chat_id, chat, len(members), began)
    return Done({"changes": changes, "members": len(members)})


def meet_customer(effect: Claimed) -> Done:
    """Ask what a new customer of a member of staff is called; their account and talk get the name."""
    corpid, customer = str(effect.payload["corp"]), str(effect.payload["customer"])
    corp = WecomCorp.objects.filter(corpid=corpid).first()
    if corp is None or corp.state == State.PAUSED:
        return Done()
    try:
        said = customers.detail(corp, customer).get("external_contact")
    except Refused as refused:
        return Done({"refused": refused.why})
    name = one_line(words(said.get("name"), 400), 120) if isinstance(said, dict) else ""
    external_id = contact_id(str(effect.payload["userid"]), customer)
    with transaction.atomic():
        resolve_accounts([Sighting(PLATFORM, customer, display_name=name)])
        space = Space.objects.filter(platform=PLATFORM, external_id=external_id).first()
        if space is not None and name:
            retitle_space(space, name)
    return Done({"named": bool(name)})


def _changes(
    corpid: str,
    head: dict[str, Any],
    members: Sequence[dict[str, Any]],
    group: WecomGroup | None,
    at: datetime,
) -> list[dict[str, Any]]:
    """What is to be recorded of a group: everybody the first time, then who came and who left."""
    now = int(at.timestamp())
    body: dict[str, Any] = {"corp": corpid, "chat": head, "at": now}
    if group is None or group.synced_at is None:
        return [{**body, "there": members[n : n + _CHUNK]} for n in range(0, len(members), _CHUNK)]
    known = set(WecomGroupMember.objects.filter(group=group, left_at=None).values_list("userid", flat=True))
    here = {words(row.get("userid"), 64) for row in members}
    changes: list[dict[str, Any]] = []
    came_at: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in members:
        if words(row.get("userid"), 64) not in known:
            came_at[number(row.get("join_time")) or now].append(row)
    for when in sorted(came_at):
        changes.append({**body, "at": when, "came": came_at[when]})
    gone = sorted(known - here)
    if gone:
        changes.append({**body, "left": [{"userid": userid} for userid in gone]})
    return changes


def _keep(corp: WecomCorp, chat_id: str, chat: dict[str, Any], count: int, at: datetime) -> WecomGroup:
    """What only WeCom has of the group, as told now."""
    space = Space.objects.get(platform=PLATFORM, external_id=chat_id)
    made = number(chat.get("create_time"))
    group, _ = WecomGroup.objects.update_or_create(
        space=space,
        defaults={
            "corp": corp,
            "owner": words(chat.get("owner"), 64),
            "admins": [
                words(row.get("userid"), 64) for row in chat.get("admin_list") or () if isinstance(row, dict)
            ],
            "notice": words(chat.get("notice"), 4000),
            "member_count": count,
            "member_version": words(chat.get("member_version"), 64),
            "made_at": datetime.fromtimestamp(made, UTC) if 0 < made < 1 << 33 else None,
            "dismissed_at": None,
            "synced_at": at,
        },
    )
    retitle_space(space, words(chat.get("name"), 255))
    return group


_TOKEN_OVER = frozenset({95007, 40058})


def _page(desk: WecomKf, token: str) -> dict[str, Any]:
    body: dict[str, Any] = {"open_kfid": desk.open_kfid, "limit": PAGE, "voice_format": 0}
    if desk.cursor:
        body["cursor"] = desk.cursor
    if token:
        body["token"] = token
    return client.call(Key(desk.corp.corpid, models.KF), "/cgi-bin/kf/sync_msg", body)


def _names(corpid: str, items: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What the customers among these are called whom we have no name of. None when WeCom does not tell."""
    ids = {words(one.get("external_userid"), 64) for one in items if one.get("origin") == FROM_CUSTOMER} - {
        ""
    }
    named = Account.objects.filter(platform=PLATFORM, external_id__in=ids).exclude(display_name="")
    unknown = sorted(ids - set(named.values_list("external_id", flat=True)))
    names: dict[str, str] = {}
    for start in range(0, len(unknown), 100):
        try:
            said = client.call(
                Key(corpid, models.KF),
                "/cgi-bin/kf/customer/batchget",
                {"external_userid_list": unknown[start : start + 100]},
            )
        except Refused:
            return names
        for row in said.get("customer_list") or ():
            if isinstance(row, dict):
                names[words(row.get("external_userid"), 64)] = words(row.get("nickname"), 400)
    return names


def _body(corpid: str, kfid: str, item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"corp": corpid, "kf": {"open_kfid": kfid, **item}}
    name = names.get(words(item.get("external_userid"), 64))
    return {**body, "name": name} if name else body


def _record(bodies: Sequence[dict[str, Any]]) -> int:
    """Have these committed, in order; returns how many there were."""
    now = clock.now()
    for start in range(0, len(bodies), _CHUNK):
        ingest([Raw(PLATFORM, orjson.dumps(body), now) for body in bodies[start : start + _CHUNK]])
    return len(bodies)


def _advance(desk: WecomKf, cursor: str, has_messages: bool) -> None:
    """Everything before this cursor is committed."""
    if not cursor:
        return
    desk.cursor = cursor
    changed: dict[str, Any] = {"cursor": cursor}
    if has_messages:
        changed["last_message_at"] = clock.now()
    WecomKf.objects.filter(pk=desk.pk).update(**changed)


def _note_problem(desk: WecomKf, refused: Refused) -> None:
    problem = {
        "why": refused.why, "en": refused.reason.en, "zh": refused.reason.zh, "do_en": refused.do.en,
        "do_zh": refused.do.zh,
    }  # fmt: skip
    WecomKf.objects.filter(pk=desk.pk).exclude(problem=problem).update(
        problem=problem, problem_since=clock.now()
    )
