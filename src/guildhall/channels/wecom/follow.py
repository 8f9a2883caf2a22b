"""What is kept beside messages and members when something came in from WeCom: groups and who is in them,
talks and how much may still be said in them.

Called in the transaction that records what came in; asks nobody itself, but has the engine look at a group
that changed and fetch what 微信客服 has for us.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from guildhall.channels.actions.presence import record_joins
from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.wecom import corp_reading, kf_reading, talks
from guildhall.channels.wecom.content import number, part, words
from guildhall.channels.wecom.models import WechatAccount, WecomCorp, WecomGroup, WecomGroupMember
from guildhall.core import clock
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.types import NewEffect
from guildhall.effects.types import State as EffectState
from guildhall.people.models import Account

LOOK, SYNC, MEET, LISTING = "wecom.look", "wecom.kf_sync", "wecom.customer", "wecom.list"
"""The effects that ask WeCom about one group, for the new messages of one 微信客服 account, who a new
customer is, and for everything a corporation has.
"""
_SOON, _AT_ONCE = 50, 20
_HEARD_EVERY = timedelta(minutes=1)
_heard_at: dict[str, datetime] = {}


def follow(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what is new in these. Inside the caller's transaction."""
    groups = [(inbound, space) for inbound, space in heard if space.kind == "group"]
    if groups:
        _groups(groups)
    talked = [(i, s) for i, s in heard if s.external_id.startswith(kf_reading.SPACE)]
    if talked:
        talks.keep_kf(talked)
    _ask(
        [
            meet(inbound.receiver, *corp_reading.of_contact(space.external_id))
            for inbound, space in heard
            if inbound.kind is Kind.JOIN and space.external_id.startswith(corp_reading.SPACE)
        ]
    )
    _note_heard(inbound.receiver for inbound, _ in heard if "xml" in inbound.raw)


def follow_account(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """The same for Official Accounts."""
    talks.keep_oa(heard)
    now = clock.now()
    for appid in {inbound.receiver for inbound, _ in heard}:
        if _is_news(f"oa:{appid}", now):
            WechatAccount.objects.filter(appid=appid).update(last_callback_at=now)


def hint(heard: Sequence[Inbound]) -> None:
    """Have fetched what WeCom only hints at. Inside the caller's transaction."""
    wanted = {}
    for inbound in heard:
        event = part(inbound.raw, "event")
        if event.get("Event") == corp_reading.KF:
            desk, token = words(event.get("OpenKfId"), 64), words(event.get("Token"), 128)
            if desk:
                wanted[desk] = fetch(inbound.receiver, desk, token)
        elif event.get("Event") == corp_reading.DESKS:
            corp = WecomCorp.objects.filter(corpid=inbound.receiver).first()
            if corp is not None:
                wanted[corp.pk] = listing(corp.pk)
    _ask(wanted.values())
    _note_heard(inbound.receiver for inbound in heard if "xml" in inbound.raw)


def fetch(corpid: str, open_kfid: str, token: str = "") -> NewEffect:
    """The effect that fetches what is new for a 微信客服 account. `token`: of the hint, good for ten
    minutes.
    """
    return NewEffect(
        SYNC,
        {"corp": corpid, "kf": open_kfid, "token": token},
        order_key=f"wecom.kf:{open_kfid}",
        priority=_AT_ONCE,
    )


def listing(corp_pk: str) -> NewEffect:
    """The effect that lists one corporation's people, desks and groups."""
    return NewEffect(LISTING, {"corp": corp_pk}, order_key=f"wecom.list:{corp_pk}")


def meet(corpid: str, userid: str, external_userid: str) -> NewEffect:
    """The effect that asks who a new customer is."""
    return NewEffect(
        MEET,
        {"corp": corpid, "userid": userid, "customer": external_userid},
        order_key=f"wecom.customer:{external_userid}",
        priority=_SOON,
    )


def look(corpid: str, chat_id: str) -> NewEffect:
    """The effect that asks WeCom about one group."""
    return NewEffect(
        LOOK,
        {"corp": corpid, "chat": chat_id},
        order_key=f"wecom.chat:{chat_id}",
        priority=_SOON,
    )


def _groups(heard: Sequence[tuple[Inbound, Space]]) -> None:
    rows = _rows(heard)
    wanted: dict[str, NewEffect] = {}
    for inbound, space in heard:
        group = rows.get(space.pk)
        if group is None:
            continue
        if "chat" in inbound.raw:
            _people(group, inbound)
            continue
        event = part(inbound.raw, "event")
        if event.get("ChangeType") == "dismiss":
            WecomGroup.objects.filter(pk=group.pk, dismissed_at=None).update(dismissed_at=inbound.sent_at)
            continue
        if event.get("UpdateDetail") == "del_member":
            _note_how_they_left(group, event)
        wanted[space.external_id] = look(inbound.receiver, space.external_id)
    _ask(wanted.values())


def _ask(wanted: Collection[NewEffect]) -> None:
    """Queue these, but for what waits to be asked already: what we were told of is there by then."""
    if not wanted:
        return
    # As the index of live effects is written, so that it serves.
    live = Effect.objects.filter(
        order_key__gt="",
        order_key__in=[effect.order_key for effect in wanted],
        state__in=["queued", "leased", "running"],
    ).values_list("order_key", "state")
    waiting = {key for key, state in live if state == EffectState.QUEUED.value}
    effects.enqueue_many(effect for effect in wanted if effect.order_key not in waiting)


def _rows(heard: Sequence[tuple[Inbound, Space]]) -> dict[str, WecomGroup]:
    """The group row of each space, made where a corporation of ours serves it."""
    spaces = {space.pk: (space, inbound.receiver) for inbound, space in heard}
    found = WecomGroup.objects.in_bulk(list(spaces))
    missing = {pk: pair for pk, pair in spaces.items() if pk not in found}
    if missing:
        corps = {
            corp.corpid: corp
            for corp in WecomCorp.objects.filter(corpid__in={receiver for _, receiver in missing.values()})
        }
        rows = [
            WecomGroup(space=space, corp=corps[receiver])
            for space, receiver in missing.values()
            if receiver in corps
        ]
        WecomGroup.objects.bulk_create(rows, ignore_conflicts=True)
        found |= {row.pk: row for row in rows}
    return found


def _people(group: WecomGroup, inbound: Inbound) -> None:
    """Bring the list of a group's people in line with what WeCom told of it."""
    told = {change.account.external_id: change for change in inbound.members}
    if inbound.kind is Kind.LEAVE:
        WecomGroupMember.objects.filter(group=group, userid__in=list(told), left_at=None).update(
            left_at=inbound.sent_at
        )
        return
    name = "came" if inbound.kind is Kind.JOIN else "there"
    accounts = dict(
        Account.objects.filter(platform=inbound.platform, external_id__in=list(told)).values_list(
            "external_id", "id"
        )
    )
    rows = [
        _member(group, row, accounts)
        for row in inbound.raw.get(name, ())
        if isinstance(row, dict) and row.get("userid") in told
    ]
    once = {row.userid: row for row in rows}
    WecomGroupMember.objects.bulk_create(
        once.values(),
        update_conflicts=True,
        unique_fields=["group", "userid"],
        update_fields=[
            "account", "kind", "unionid", "name", "nickname", "join_scene", "invitor", "state", "joined_at",
            "left_at", "left_scene",
        ],
    )  # fmt: skip
    if name == "there":
        record_joins(
            (group.pk, row.account_id, row.joined_at, row.state)
            for row in once.values()
            if row.account_id is not None and row.joined_at is not None
        )


def _member(group: WecomGroup, row: Mapping[str, Any], accounts: Mapping[str, str]) -> WecomGroupMember:
    userid = str(row["userid"])[:64]
    joined = number(row.get("join_time"))
    return WecomGroupMember(
        group=group,
        userid=userid,
        account_id=accounts.get(userid),
        kind=WecomGroupMember.STAFF if row.get("type") == 1 else WecomGroupMember.CUSTOMER,
        unionid=words(row.get("unionid"), 64),
        name=words(row.get("name"), 128),
        nickname=words(row.get("group_nickname"), 128),
        join_scene=max(0, min(number(row.get("join_scene")), 99)),
        invitor=words(part(row, "invitor").get("userid"), 64),
        state=words(row.get("state"), 64),
        joined_at=datetime.fromtimestamp(joined, UTC) if 0 < joined < 1 << 33 else None,
    )


def _note_how_they_left(group: WecomGroup, event: Mapping[str, Any]) -> None:
    """Some callbacks name who left and whether they went by themselves; the look that follows says when."""
    items = part(event, "MemChangeList").get("Item")
    names = [items] if isinstance(items, str) else items if isinstance(items, list) else []
    scene = number(event.get("QuitScene")) if event.get("QuitScene") in ("0", "1") else None
    if names and scene is not None:
        WecomGroupMember.objects.filter(
            group=group, userid__in=[words(name, 64) for name in names[:1000]]
        ).update(left_scene=scene)


def _note_heard(corpids: Iterable[str]) -> None:
    """When each corporation last called us, to the minute."""
    now = clock.now()
    for corpid in set(corpids):
        if _is_news(corpid, now):
            WecomCorp.objects.filter(corpid=corpid).update(last_callback_at=now)


def _is_news(receiver: str, now: datetime) -> bool:
    known = _heard_at.get(receiver)
    if known is not None and timedelta(0) <= now - known < _HEARD_EVERY:
        return False
    _heard_at[receiver] = now
    return True
