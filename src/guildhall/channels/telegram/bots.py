"""Our bots: added by a token, checked, told how updates reach us, paused, given a new token, removed.

Questions to Telegram come first and outside of transactions; what they say is then written with its audit
row. Tokens are in core.secrets only. How updates are fetched is for `polled` and the gateway; what a bot may
do in each chat is for `chats`.
"""

from __future__ import annotations

import secrets as random
from typing import TYPE_CHECKING, Any

from django.db import transaction

from guildhall.channels import gateways
from guildhall.channels.telegram import HOOK_CONNECTIONS, chats, client, polled
from guildhall.channels.telegram.chats import (
    check_chat,
    leave,
    note_problem,
    note_refusal,
    send_test,
    sync_admins,
)
from guildhall.channels.telegram.errors import Refused, TokenRefused
from guildhall.channels.telegram.menu import COMMANDS
from guildhall.channels.telegram.models import TelegramBot, hook_secret_name, secret_name
from guildhall.channels.telegram.rights import Report, judge_bot
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.channels.telegram.ways import Way, choose_way
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

if TYPE_CHECKING:
    from telegram import User, WebhookInfo

__all__ = [
    "Report",
    "Way",
    "add_bot",
    "apply_way",
    "check_bot",
    "check_chat",
    "choose_way",
    "command_words",
    "leave",
    "note_problem",
    "note_refusal",
    "note_refused_token",
    "pause",
    "remove",
    "resume",
    "rotate_token",
    "send_test",
    "set_commands",
    "sync_admins",
    "username_of",
    "write_marker",
]

ACTOR = "system:telegram"
_FACTS = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "has_topics_enabled")
_HOOK = "hook"
_MOST_COMMANDS, _LONGEST_DESCRIPTION = 100, 256


def add_bot(token: str, by: str) -> TelegramBot:
    """Take a bot into service. One that is here already gets this token, and works again if its was revoked.

    Raises BadInput (not the shape of a token, or Telegram does not know it), Temporary (Telegram is not
    reached).
    """
    token = _shaped(token)
    me = _who(token)
    if str(me.id) != token.partition(":")[0]:
        raise _unknown_token()
    now = clock.now()
    with transaction.atomic():
        bot = TelegramBot.objects.select_for_update().filter(bot_id=me.id).first()
        verb = "telegram.bot_added" if bot is None else "telegram.token_changed"
        if bot is None:
            bot = TelegramBot(bot_id=me.id, created_by=by, created_at=now, username="", name="")
        elif bot.state == TelegramBot.State.REVOKED:
            bot.state = TelegramBot.State.ACTIVE
        _take_facts(bot, me)
        bot.problem, bot.problem_since, bot.checked_at = {}, None, now
        bot.save()
        secrets.put(secret_name(me.id), token, by)
        audit.record(by, verb, f"telegram_bot:{bot.pk}", {"bot": me.id})
    write_marker()
    _settle_in(bot)
    return TelegramBot.objects.get(pk=bot.pk)


def rotate_token(bot: TelegramBot, token: str, by: str) -> TelegramBot:
    """Put a new token in the place of the old one. Raises BadInput when it belongs to another bot; otherwise
    as `add_bot`.
    """
    if _shaped(token).partition(":")[0] != str(bot.bot_id):
        raise BadInput(
            Text(
                f"This token belongs to another bot. That of @{bot.username} begins with {bot.bot_id}.",
                f"该令牌属于另一个机器人。@{bot.username} 的令牌以 {bot.bot_id} 开头。",
            ),
            field="token",
        )
    return add_bot(token, by)


def check_bot(bot: TelegramBot) -> Report:
    """Ask Telegram who the bot is and how its updates fare; note what is wrong.

    Raises Temporary when Telegram is not reached.
    """
    try:
        me: User = client.call(bot.bot_id, "get_me")
        hook: WebhookInfo = client.call(bot.bot_id, "get_webhook_info")
    except TokenRefused as error:
        return Report((), error.text, Text("", ""))
    wrong = _hook_trouble(bot, hook)
    with transaction.atomic():
        row = TelegramBot.objects.select_for_update().get(pk=bot.pk)
        if row.state == TelegramBot.State.REVOKED:
            row.state = TelegramBot.State.ACTIVE
            audit.record(ACTOR, "telegram.token_works", f"telegram_bot:{row.pk}")
        _take_facts(row, me)
        row.checked_at = clock.now()
        if wrong is not None:
            if row.problem.get("why") != _HOOK:
                row.problem, row.problem_since = chats.as_problem(_HOOK, *wrong), clock.now()
        elif row.problem.get("why") in (_HOOK, "revoked"):
            row.problem, row.problem_since = {}, None
        row.save()
    write_marker()
    held = judge_bot(row.facts)
    return Report(held) if wrong is None else Report(held, *wrong)


def apply_way(bot: TelegramBot) -> Way:
    """Have Telegram call our webhook, or stop it so that we ask; what waits at Telegram is kept either way.

    Raises Temporary, Refused.
    """
    way = choose_way(settings.public_url)
    if way.is_webhook:
        secret = random.token_urlsafe(32)
        secrets.put(hook_secret_name(bot.bot_id), secret, ACTOR)
        client.call(
            bot.bot_id,
            "set_webhook",
            url=way.address(bot.pk),
            secret_token=secret,
            max_connections=HOOK_CONNECTIONS,
            allowed_updates=list(ALLOWED),
            drop_pending_updates=False,
        )
    else:
        client.call(bot.bot_id, "delete_webhook", drop_pending_updates=False)
    chosen = TelegramBot.Way.WEBHOOK if way.is_webhook else TelegramBot.Way.POLLING
    with transaction.atomic():
        if TelegramBot.objects.filter(pk=bot.pk).exclude(way=chosen).update(way=chosen):
            audit.record(ACTOR, "telegram.way_changed", f"telegram_bot:{bot.pk}", {"way": chosen.value})
    bot.way = chosen
    write_marker()
    return way


def pause(bot: TelegramBot, by: str) -> None:
    """Stop hearing and speaking through a bot; Telegram keeps its updates for a day. Raises Temporary."""
    if bot.way == TelegramBot.Way.WEBHOOK:
        client.call(bot.bot_id, "delete_webhook", drop_pending_updates=False)
    _set_state(bot, TelegramBot.State.PAUSED, by, "telegram.bot_paused")


def resume(bot: TelegramBot, by: str) -> None:
    """Hear and speak through it again. Raises Temporary, Refused."""
    _set_state(bot, TelegramBot.State.ACTIVE, by, "telegram.bot_resumed")
    apply_way(bot)


def remove(bot: TelegramBot, by: str) -> None:
    """Forget a bot and its token. What it heard stays; it stays in its chats until somebody puts it out.

    Raises Conflict while it is at work with a webhook that Telegram does not take away.
    """
    if bot.state != TelegramBot.State.REVOKED and bot.way == TelegramBot.Way.WEBHOOK:
        try:
            client.call(bot.bot_id, "delete_webhook", drop_pending_updates=False)
        except TokenRefused:
            pass  # then Telegram calls nobody for it either
        except Temporary as error:
            raise Conflict(
                Text(
                    "Telegram is not reached, so its webhook would go on. Try again in a minute.",
                    "暂时无法连接 Telegram，Webhook 无法移除，请稍后重试。",
                )
            ) from error
    with transaction.atomic():
        TelegramBot.objects.filter(pk=bot.pk).delete()
        secrets.delete(secret_name(bot.bot_id), by)
        secrets.delete(hook_secret_name(bot.bot_id), by)
        audit.record(by, "telegram.bot_removed", f"telegram_bot:{bot.pk}", {"bot": bot.bot_id})
    _names.pop(str(bot.bot_id), None)
    write_marker()


def command_words() -> list[tuple[str, str, str]]:
    """(name, English, Chinese) of each command members are shown."""
    return [(one.name, one.what.en, one.what.zh) for one in COMMANDS if not one.for_staff]


def set_commands(bot: TelegramBot) -> None:
    """Tell Telegram what to show when somebody types a slash: in Chinese to those whose app is, in English
    to all others; administrators see theirs too. Raises Temporary, Refused.
    """
    for scope, wanted in (
        ("default", [one for one in COMMANDS if not one.for_staff]),
        ("all_chat_administrators", list(COMMANDS)),
    ):
        for code in ("", "en", "zh"):
            client.call(
                bot.bot_id,
                "set_my_commands",
                commands=[
                    (one.name, (one.what.zh if code == "zh" else one.what.en)[:_LONGEST_DESCRIPTION])
                    for one in wanted[:_MOST_COMMANDS]
                ],
                scope=_scope(scope),
                language_code=code or None,
            )


def note_refused_token(bot_id: int) -> None:
    """Telegram no longer knows the token of a bot (by Telegram's id)."""
    pk = TelegramBot.objects.filter(bot_id=bot_id).values_list("pk", flat=True).first()
    if pk is not None:
        polled.note_refused(pk)
        write_marker()


def username_of(receiver: str) -> str:
    """The @name of the bot with this id at Telegram, without the @; '' when it is not ours."""
    if not receiver.isdigit():
        return ""
    if receiver not in _names:
        name = TelegramBot.objects.filter(bot_id=int(receiver)).values_list("username", flat=True).first()
        if name is None:
            return ""
        _names[receiver] = name
    return _names[receiver]


def write_marker() -> None:
    """Have the supervisor know at once whether a gateway is wanted; waits for the commit of the caller."""
    transaction.on_commit(gateways.mark)


_names: dict[str, str] = {}


def _settle_in(bot: TelegramBot) -> None:
    """Choose how updates come and tell the commands. What fails is noted and tried again by a check."""
    try:
        apply_way(bot)
        set_commands(bot)
    except (Temporary, Refused) as error:
        with transaction.atomic():
            TelegramBot.objects.filter(pk=bot.pk, problem={}).update(
                problem=chats.as_problem(
                    _HOOK,
                    error.text,
                    Text("“Check again” tries once more.", "点击“重新检查”可再次尝试。"),
                ),
                problem_since=clock.now(),
            )


def _set_state(bot: TelegramBot, state: TelegramBot.State, by: str, verb: str) -> None:
    with transaction.atomic():
        if not TelegramBot.objects.filter(pk=bot.pk).exists():
            raise NotFound(Text("There is no such bot.", "不存在该机器人。"))
        if TelegramBot.objects.filter(pk=bot.pk).exclude(state=state).update(state=state):
            audit.record(by, verb, f"telegram_bot:{bot.pk}")
    bot.state = state
    write_marker()


def _take_facts(bot: TelegramBot, me: User) -> None:
    bot.username, bot.name = (me.username or str(me.id))[:64], me.full_name[:128]
    bot.facts = {name: getattr(me, name, None) for name in _FACTS}
    _names[str(bot.bot_id)] = bot.username


def _hook_trouble(bot: TelegramBot, hook: WebhookInfo) -> tuple[Text, Text] | None:
    if bot.state == TelegramBot.State.PAUSED:
        return None
    if bot.way == TelegramBot.Way.WEBHOOK:
        if not hook.url.endswith(f"/{bot.pk}"):
            return (
                Text("Telegram does not call this installation.", "Telegram 未向本系统推送更新。"),
                Text(
                    "Pause and resume the bot: that sets the webhook anew.",
                    "请暂停后再恢复该机器人，以重新设置 Webhook。",
                ),
            )
        if hook.last_error_date is not None and (clock.now() - hook.last_error_date).total_seconds() < 600:
            said = hook.last_error_message or "?"
            return (
                Text(f"Telegram's calls fail: {said}", f"Telegram 推送失败：{said}"),
                Text(
                    "Look whether this address is reached from the internet and has a valid certificate.",
                    "请检查本系统网址能否从公网访问，证书是否有效。",
                ),
            )
    elif hook.url:
        return (
            Text("Telegram sends this bot's updates elsewhere.", "Telegram 正将该机器人的更新推送至别处。"),
            Text(
                "Another program has set a webhook. Pause and resume the bot to take it away.",
                "其他程序设置了 Webhook，请暂停后再恢复该机器人以将其移除。",
            ),
        )
    return None


def _shaped(token: str) -> str:
    token = token.strip()
    number, _, rest = token.partition(":")
    plain = rest.replace("-", "").replace("_", "")
    if not (
        number.isdigit()
        and len(number) <= 18
        and 30 <= len(rest) <= 64
        and plain.isalnum()
        and token.isascii()
    ):
        raise BadInput(
            Text(
                "This is not the shape of a token: digits, a colon, then 35 letters and digits.",
                "令牌格式不正确：应为一串数字、一个冒号，再加 35 位字母和数字。",
            ),
            field="token",
        )
    return token


def _who(token: str) -> User:
    try:
        me: User = client.call_with(token, "get_me")
    except (TokenRefused, Refused):
        raise _unknown_token() from None
    return me


def _unknown_token() -> BadInput:
    return BadInput(
        Text(
            "Telegram does not know this token. Copy it again from @BotFather.",
            "Telegram 不认识该令牌，请从 @BotFather 重新复制。",
        ),
        field="token",
    )


def _scope(name: str) -> Any:
    from telegram import BotCommandScopeAllChatAdministrators, BotCommandScopeDefault

    return (
        BotCommandScopeAllChatAdministrators()
        if name == "all_chat_administrators"
        else BotCommandScopeDefault()
    )
