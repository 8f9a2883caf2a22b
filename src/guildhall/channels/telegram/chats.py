"""The chats our bots are in: what each bot may do there, who the administrators are, what is wrong and when
that is over; and a bot leaving one.

Questions to Telegram come first and outside of transactions. What Telegram tells by itself comes through
`follow`; both write the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.port import Act, MemberState, Refs, Verb
from guildhall.channels.telegram import client, rights
from guildhall.channels.telegram.errors import Refused
from guildhall.channels.telegram.models import TelegramBot, TelegramChat
from guildhall.channels.telegram.rights import Report
from guildhall.core import audit, clock
from guildhall.core.errors import GuildhallError
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.models import Effect
from guildhall.effects.types import Mode, NewEffect, State
from guildhall.people.actions import Sighting, resolve_accounts

if TYPE_CHECKING:
    from telegram import ChatFullInfo, ChatMember

PLATFORM = "telegram"
ACTOR = "system:telegram"
RIGHTS = "rights"
ACT, AGAIN = "channels.act", "telegram.again"
_WORTH_REPEATING = timedelta(hours=47)
_REPEATED = (Verb.DELETE, Verb.RESTRICT, Verb.UNRESTRICT, Verb.BAN, Verb.UNBAN, Verb.KICK)
_CHAT_TROUBLES = frozenset({"bot_out", "chat_gone", "no_rights", "undeletable"})
_OUT = frozenset({"bot_out", "chat_gone"})
_TEST = Text(
    "A test message of {house}. Everything works: this can be deleted.",
    "这是来自 {house} 的测试消息。一切正常，可以删除。",
)


def as_problem(why: str, text: Text, do: Text) -> dict[str, str]:
    """A problem as it is kept on a bot or chat."""
    return {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}


def check_chat(space: Space) -> Report:
    """Ask Telegram what the chat is and what our bot may do in it; note what is wrong or that it is over.

    Raises Temporary when Telegram is not reached, Refused when no bot of ours serves it.
    """
    bot_id = _serving(space)
    if space.kind == "private":
        return Report()
    chat_id = int(space.external_id)
    try:
        chat: ChatFullInfo = client.call(bot_id, "get_chat", chat_id=chat_id)
        me: ChatMember = client.call(bot_id, "get_chat_member", chat_id=chat_id, user_id=bot_id)
    except Refused as refused:
        if refused.why not in _OUT:
            raise
        with transaction.atomic():
            return keep_standing(space, "left", {})
    with transaction.atomic():
        row, _ = TelegramChat.objects.get_or_create(space=space)
        row.username = (chat.username or "")[:64]
        row.is_forum = bool(chat.is_forum)
        row.linked_chat = str(chat.linked_chat_id or "")
        row.slow_mode_s = _seconds(chat.slow_mode_delay)
        row.save()
        if chat.type != space.kind:
            space.kind = chat.type
            space.save(update_fields=["kind"])
        return keep_standing(space, str(me.status), rights_in(me.to_dict()))


def keep_standing(space: Space, status: str, held: Mapping[str, bool]) -> Report:
    """Keep what our bot is in a chat and what it may do; notes what is missing, clears it when it is back.

    Inside the caller's transaction.
    """
    row, _ = TelegramChat.objects.get_or_create(space=space)
    before = row.status
    row.status, row.rights, row.checked_at = status[:16], dict(held), clock.now()
    found = rights.judge(space.kind, status, held, is_forum=row.is_forum)
    wrong = rights.problem_of(space.kind, status, found)
    if wrong is None:
        if row.problem:
            effects.enqueue(NewEffect(AGAIN, {"space": space.pk}, order_key=f"telegram.again:{space.pk}"))
        row.problem, row.problem_since = {}, None
    elif (row.problem.get("en"), row.problem.get("do_en")) != (wrong[0].en, wrong[1].en):
        row.problem, row.problem_since = as_problem(RIGHTS, *wrong), row.problem_since or clock.now()
    row.save()
    if before != row.status:
        audit.record(ACTOR, "telegram.standing", f"space:{space.pk}", {"before": before, "after": row.status})
    return Report(found) if wrong is None else Report(found, *wrong)


def note_problem(space: Space, why: str, text: Text, do: Text) -> None:
    """Note what is wrong in a chat until a check or Telegram itself says that it is over. Once is enough."""
    with transaction.atomic():
        row, _ = TelegramChat.objects.get_or_create(space=space)
        if row.problem.get("why") != why and row.problem.get("en") != text.en:
            row.problem, row.problem_since = as_problem(why, text, do), clock.now()
            row.save(update_fields=["problem", "problem_since"])
            audit.record(ACTOR, "telegram.problem", f"space:{space.pk}", {"why": why})


def try_again(space_id: str) -> int:
    """Have what was refused in a chat for want of rights be done now that we have them; returns how many.

    Only what moderates and may be repeated, of the last two days: Telegram deletes nothing older.
    """
    since = clock.now() - _WORTH_REPEATING
    dead = Effect.objects.filter(state=State.DEAD.value, kind=ACT, created_at__gte=since).order_by("id")
    asked: list[tuple[int, Any]] = list(dead.values_list("id", "payload")[:5000])
    numbers = [
        number
        for number, payload in asked
        if payload.get("space_id") == space_id and payload.get("verb") in _REPEATED
    ]
    for number in numbers:
        effects.retry(number, ACTOR)
    return len(numbers)


def note_refusal(space_id: str, refused: Refused) -> None:
    """Note what a refused act tells of the whole chat; most refusals are about one message or person only."""
    if refused.why not in _CHAT_TROUBLES:
        return
    space = Space.objects.filter(pk=space_id).first()
    if space is None or space.kind == "private":
        return
    if refused.why in _OUT:
        with transaction.atomic():
            keep_standing(space, "left", {})
    else:
        note_problem(space, refused.why, refused.reason, refused.do)


def sync_admins(space: Space) -> int:
    """Ask Telegram who the administrators are and bring our members in line; returns how many there are.

    Raises as `check_chat`.
    """
    if space.kind == "private":
        return 0
    bot_id = _serving(space)
    found: list[ChatMember] = list(
        client.call(bot_id, "get_chat_administrators", chat_id=int(space.external_id))
    )
    people = [one for one in found if not one.user.is_bot]
    now = clock.now()
    with transaction.atomic():
        accounts = resolve_accounts(
            Sighting(PLATFORM, str(one.user.id), one.user.username or "", one.user.full_name, False, "")
            for one in people
        )
        state_of = {
            accounts[PLATFORM, str(one.user.id)].id: (
                (MemberState.OWNER, True)
                if one.status == "creator"
                else (MemberState.ADMIN, getattr(one, "can_restrict_members", False) is True)
            )
            for one in people
        }
        _appoint(space, state_of)
        TelegramChat.objects.update_or_create(space=space, defaults={"checked_at": now})
    return len(people)


def send_test(space: Space, by: str) -> str:
    """Say one sentence in a chat, at once; returns our id of the message. It is the house's own wording,
    about nothing but itself, so it needs no clearance.

    Raises Temporary, Uncertain, Refused.
    """
    from guildhall.channels.telegram.doorstep import Doorstep
    from guildhall.core.settings import settings

    bot_id = _serving(space)
    text = _TEST.format(house=settings.name).for_language(space.language)
    chat = space.external_id.partition("/")[0]
    try:
        sent = Doorstep(bot_id, chat, Verb.SEND, Mode.ONCE).say("send_message", chat_id=int(chat), text=text)
    except Refused as refused:
        note_refusal(space.pk, refused)
        raise
    now = clock.now()
    with transaction.atomic():
        message = Message.objects.create(
            id=new_id(), space=space, direction=Message.Direction.OUT, external_id=str(sent.message_id),
            text=text, sent_at=now, received_at=now,
        )  # fmt: skip
        audit.record(by, "telegram.test_sent", f"space:{space.pk}", {"message": message.pk})
    return message.pk


def leave(space: Space, by: str) -> None:
    """Have our bot leave a chat: queued like every other act. Raises NotFound, Unsupported."""
    from guildhall.channels.actions.acting import request  # it stands above the adapters

    request(Act(Verb.LEAVE_SPACE, space.pk), actor=by, reason="leave")


def _serving(space: Space) -> int:
    from guildhall.channels.telegram.adapter import bot_for

    return bot_for(Refs(space.external_id, receiver=space.receiver, space_kind=space.kind))


def _appoint(space: Space, state_of: Mapping[str, tuple[MemberState, bool]]) -> None:
    """Those named are administrators (and may restrict others or not); those who were and are not named are
    members again.
    """
    ranks = (MemberState.ADMIN.value, MemberState.OWNER.value)
    now = clock.now()
    former = SpaceMember.objects.filter(space=space, state__in=ranks).exclude(account_id__in=list(state_of))
    changed = former.update(state=MemberState.MEMBER.value, until=None, state_at=now)
    for account_id, (state, may_restrict) in state_of.items():
        member, created = SpaceMember.objects.get_or_create(space=space, account_id=account_id)
        if created or (member.state, member.may_restrict) != (state.value, may_restrict):
            member.state, member.until, member.left_at, member.state_at = state.value, None, None, now
            member.may_restrict = may_restrict
            member.save(update_fields=["state", "until", "left_at", "state_at", "may_restrict"])
            changed += 1
    if changed:
        audit.record(ACTOR, "telegram.admins", f"space:{space.pk}", {"changed": changed})


def rights_in(member: Mapping[str, Any]) -> dict[str, bool]:
    """Each `can_...` of a member as Telegram tells it."""
    return {
        name: value for name, value in member.items() if name.startswith("can_") and isinstance(value, bool)
    }


def _seconds(delay: Any) -> int:
    if delay is None:
        return 0
    return int(delay.total_seconds()) if hasattr(delay, "total_seconds") else int(delay)


def recheck() -> dict[str, int]:
    """Check every bot and every chat it serves, and who the administrators are; how many, and how many
    failed. One that fails stops no other.
    """
    from guildhall.channels.telegram import bots

    counts = {"bots": 0, "chats": 0, "failed": 0}
    for bot in TelegramBot.objects.exclude(state=TelegramBot.State.PAUSED):
        counts["bots"] += 1
        try:
            bots.check_bot(bot)
        except GuildhallError:
            counts["failed"] += 1
    serving = [
        str(pk)
        for pk in TelegramBot.objects.filter(state=TelegramBot.State.ACTIVE).values_list("bot_id", flat=True)
    ]
    spaces = Space.objects.filter(
        platform=PLATFORM, archived_at=None, receiver__in=serving, kind__in=("group", "supergroup", "channel")
    )
    for space in spaces.order_by("id").iterator(200):
        counts["chats"] += 1
        try:
            if check_chat(space).is_fine or TelegramChat.objects.filter(
                space=space, status__in=rights.INSIDE
            ):
                sync_admins(space)
        except GuildhallError:
            counts["failed"] += 1
    return counts
