"""Our bots: added by a token, checked, invited, paused, given a new token, removed; and the servers they are
in, checked one by one.

Questions to Discord come first and outside of transactions; what they say is then written with its audit row.
Tokens are in core.secrets only. What a bot may do in a server is kept by `servers`.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from guildhall.channels import gateways
from guildhall.channels.discord import client, menu, servers
from guildhall.channels.discord.errors import Refused, TokenRefused
from guildhall.channels.discord.models import DiscordBot, DiscordServer, secret_name
from guildhall.channels.discord.rights import PERMISSIONS, SCOPES, Report, Right, judge_bot
from guildhall.channels.models import Space
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, GuildhallError, NotFound, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

PLATFORM = "discord"
ACTOR = "system:discord"
REVOKED, INTENTS, MENU = "revoked", "intents", "menu"
_OUT = frozenset({"server_gone"})
_SERVER_TROUBLES = frozenset({"no_rights", "no_access", "quarantined"})
_ADD = "https://discord.com/oauth2/authorize"


def add_bot(token: str, by: str) -> DiscordBot:
    """Take a bot into service. One that is here already gets this token, and works again if its was revoked.

    Raises BadInput (not the shape of a token, or Discord does not know it), Temporary (not reached).
    """
    token = _shaped(token)
    try:
        me = client.who(token)
        application = client.call_with(token, str(me.get("id", "")), "GET", "/applications/@me")
    except (TokenRefused, Refused):
        raise _unknown_token() from None
    if not isinstance(application, dict) or me.get("bot") is not True:
        raise _unknown_token()
    gateway = _gateway(token, str(me["id"]))
    bot_id, now = int(me["id"]), clock.now()
    with transaction.atomic():
        bot = DiscordBot.objects.select_for_update().filter(bot_id=bot_id).first()
        verb = "discord.bot_added" if bot is None else "discord.token_changed"
        if bot is None:
            bot = DiscordBot(bot_id=bot_id, created_by=by, created_at=now)
        elif bot.state == DiscordBot.State.REVOKED:
            bot.state = DiscordBot.State.ACTIVE
        _take_facts(bot, me, application, gateway)
        bot.checked_at = now
        bot.save()
        secrets.put(secret_name(bot_id), token, by)
        audit.record(by, verb, f"discord_bot:{bot.pk}", {"bot": bot_id})
    _settle_in(bot)
    write_marker()
    return bot


def rotate_token(bot: DiscordBot, token: str, by: str) -> DiscordBot:
    """Give a bot its new token. Raises BadInput (of another bot, too), Temporary."""
    token = _shaped(token)
    try:
        me = client.who(token)
    except (TokenRefused, Refused):
        raise _unknown_token() from None
    if int(me["id"]) != bot.bot_id:
        raise BadInput(Text("This token belongs to another bot.", "该令牌属于另一个机器人。"), field="token")
    return add_bot(token, by)


def check_bot(bot: DiscordBot) -> tuple[Right, ...]:
    """Ask Discord about a bot and its application; note what is wrong or that it is over.

    Raises Temporary when Discord is not reached.
    """
    try:
        me = client.call(bot.bot_id, "GET", "/users/@me")
        application = client.call(bot.bot_id, "GET", "/applications/@me")
    except TokenRefused:
        bot.refresh_from_db()
        return rights_of(bot)
    with transaction.atomic():
        fresh = DiscordBot.objects.select_for_update().get(pk=bot.pk)
        _take_facts(fresh, me, application, dict(fresh.facts.get("gateway") or {}))
        fresh.checked_at = clock.now()
        fresh.save()
    bot.refresh_from_db()
    return rights_of(bot)


def rights_of(bot: DiscordBot) -> tuple[Right, ...]:
    """What the application needs in Discord's developer portal, one by one, as told last."""
    return judge_bot(int(bot.facts.get("flags") or 0), is_public=bot.facts.get("public"))


def check_server(space: Space) -> Report:
    """Ask Discord what the server is and what our bot may do there; note what is wrong or that it is over.

    Raises Temporary when Discord is not reached, Refused when no bot of ours serves it.
    """
    if space.kind == "private":
        return Report()
    bot_id, guild = serving(space), space.external_id
    try:
        told = client.call(bot_id, "GET", "/guilds/{guild_id}", query={"with_counts": "true"}, guild_id=guild)
        told = {**told, "channels": client.call(bot_id, "GET", "/guilds/{guild_id}/channels", guild_id=guild)}
        me = client.call(
            bot_id, "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild, user_id=bot_id
        )
    except Refused as refused:
        if refused.why not in (*_OUT, "no_access"):
            raise
        with transaction.atomic():
            return servers.keep_out(space)
    with transaction.atomic():
        return servers.keep_guild(space, told, own_roles=me.get("roles") or ())


def invite_link(bot: DiscordBot, guild_id: str = "") -> str:
    """The address where an owner adds the bot, with exactly what it needs; for a server it is in already,
    with that one chosen.
    """
    chosen = f"&guild_id={guild_id}&disable_guild_select=true" if guild_id.isdigit() else ""
    scopes = "+".join(SCOPES)
    return f"{_ADD}?client_id={bot.application_id}&scope={scopes}&permissions={PERMISSIONS}{chosen}"


def pause(bot: DiscordBot, by: str) -> None:
    """Stop hearing and speaking through a bot; what is said meanwhile is fetched when it goes on."""
    _set_state(bot, DiscordBot.State.PAUSED, by, "discord.bot_paused")


def resume(bot: DiscordBot, by: str) -> None:
    """Hear and speak through it again."""
    _set_state(bot, DiscordBot.State.ACTIVE, by, "discord.bot_resumed")


def remove(bot: DiscordBot, by: str) -> None:
    """Forget a bot and its token. What it heard stays; it stays in its servers until somebody puts it out."""
    with transaction.atomic():
        DiscordBot.objects.filter(pk=bot.pk).delete()
        secrets.delete(secret_name(bot.bot_id), by)
        audit.record(by, "discord.bot_removed", f"discord_bot:{bot.pk}", {"bot": bot.bot_id})
    write_marker()


def note_refused_token(bot_id: int) -> None:
    """Discord no longer knows the token of a bot (by Discord's id): it rests until there is a new one."""
    with transaction.atomic():
        bot = DiscordBot.objects.select_for_update().filter(bot_id=bot_id).first()
        if bot is None or bot.state == DiscordBot.State.REVOKED:
            return
        bot.state = DiscordBot.State.REVOKED
        bot.problem = servers.as_problem(
            REVOKED,
            Text("Discord refuses the bot's token.", "Discord 拒绝了该机器人的令牌。"),
            Text(
                "Make a new one in Discord's developer portal (Bot, Reset Token) and put it in here.",
                "请在 Discord 开发者后台（Bot → Reset Token）重置令牌，并在此填写。",
            ),
        )
        bot.problem_since = clock.now()
        bot.save(update_fields=["state", "problem", "problem_since"])
        audit.record(ACTOR, "discord.token_refused", f"discord_bot:{bot.pk}")
    write_marker()


def note_refused_intents(bot_id: int) -> None:
    """The gateway shut us out because an intent is switched off in the portal (close code 4014)."""
    with transaction.atomic():
        bot = DiscordBot.objects.select_for_update().filter(bot_id=bot_id).first()
        if bot is not None:
            _note(bot, INTENTS, *_intents_off())
            bot.save(update_fields=["problem", "problem_since"])


def note_refusal(space_id: str, refused: Refused) -> None:
    """Note what a refused act tells of the whole server; most refusals are about one message or person."""
    space = Space.objects.filter(pk=space_id).first()
    if space is None or space.kind == "private":
        return
    with transaction.atomic():
        if refused.why in _OUT:
            servers.keep_out(space)
        elif refused.why in _SERVER_TROUBLES:
            servers.note_problem(space, refused.why, refused.reason, refused.do)


def set_commands(bot: DiscordBot) -> bool:
    """Have Discord show our commands, in the languages people use; False when they are so already. Raises
    Temporary, Refused.
    """
    wanted = menu.commands()
    digest = menu.digest(wanted)
    if bot.commands == digest:
        return False
    client.call(
        bot.bot_id,
        "PUT",
        "/applications/{application_id}/commands",
        body=wanted,
        application_id=bot.application_id,
    )
    with transaction.atomic():
        DiscordBot.objects.filter(pk=bot.pk).update(commands=digest)
    bot.commands = digest
    return True


def username_of(receiver: str) -> str:
    """The name of the bot with this id at Discord; '' when it is not ours."""
    if not receiver.isdigit():
        return ""
    return DiscordBot.objects.filter(bot_id=int(receiver)).values_list("username", flat=True).first() or ""


def serving(space: Space) -> int:
    """Discord's id of the bot that acts in a space. Raises Refused, Temporary."""
    from guildhall.channels.discord.adapter import bot_for  # it calls this module
    from guildhall.channels.port import Refs

    return bot_for(Refs(space.external_id, receiver=space.receiver, space_kind=space.kind))


def recheck() -> dict[str, int]:
    """Check every bot, its commands and every server it serves; how many, and how many failed. One that fails
    stops no other.
    """
    counts = {"bots": 0, "servers": 0, "failed": 0}
    for bot in DiscordBot.objects.filter(state=DiscordBot.State.ACTIVE):
        counts["bots"] += 1
        try:
            check_bot(bot)
            set_commands(bot)
        except GuildhallError:
            counts["failed"] += 1
    active = [
        str(number)
        for number in DiscordBot.objects.filter(state=DiscordBot.State.ACTIVE).values_list(
            "bot_id", flat=True
        )
    ]
    found = Space.objects.filter(platform=PLATFORM, archived_at=None, receiver__in=active, kind="server")
    for space in found.order_by("id").iterator(200):
        counts["servers"] += 1
        try:
            check_server(space)
        except GuildhallError:
            counts["failed"] += 1
    return counts


def is_wanted() -> bool:
    """Whether a gateway is to listen for any bot."""
    return DiscordBot.objects.filter(state=DiscordBot.State.ACTIVE).exists()


def servers_of(bot: DiscordBot) -> list[DiscordServer]:
    """The servers a bot serves, by name."""
    return list(
        DiscordServer.objects.select_related("space")
        .filter(space__receiver=str(bot.bot_id), space__archived_at=None)
        .order_by("space__name", "pk")
    )


def write_marker() -> None:
    """Have the supervisor know at once whether a gateway is wanted; waits for the commit of the caller."""
    transaction.on_commit(gateways.mark)


def _settle_in(bot: DiscordBot) -> None:
    """Tell Discord our commands. What fails is noted and tried again by a check."""
    try:
        set_commands(bot)
    except (Temporary, Refused) as error:
        with transaction.atomic():
            fresh = DiscordBot.objects.select_for_update().get(pk=bot.pk)
            if not fresh.problem:
                _note(
                    fresh,
                    MENU,
                    error.text,
                    Text("“Check again” tries once more.", "点击“重新检查”可再次尝试。"),
                )
                fresh.save(update_fields=["problem", "problem_since"])
        bot.refresh_from_db()


def _set_state(bot: DiscordBot, state: DiscordBot.State, by: str, verb: str) -> None:
    with transaction.atomic():
        if not DiscordBot.objects.filter(pk=bot.pk).exists():
            raise NotFound(Text("There is no such bot.", "不存在该机器人。"))
        if DiscordBot.objects.filter(pk=bot.pk).exclude(state=state).update(state=state):
            audit.record(by, verb, f"discord_bot:{bot.pk}")
    bot.state = state
    write_marker()


def _take_facts(
    bot: DiscordBot, me: dict[str, Any], application: dict[str, Any], gateway: dict[str, Any]
) -> None:
    """What Discord said of the bot; notes what its application lacks, clears what is mended."""
    bot.application_id = int(application.get("id") or me["id"])
    bot.username = str(me.get("username") or me["id"])[:64]
    bot.name = str(me.get("global_name") or application.get("name") or bot.username)[:128]
    flags = application.get("flags")
    bot.facts = {
        "flags": flags if type(flags) is int else 0,
        "public": application.get("bot_public") is not False,
        "gateway": gateway,
    }
    shards = gateway.get("shards")
    bot.shard_count = max(1, min(shards, 1000)) if type(shards) is int else max(1, bot.shard_count)
    if any(right.needed and not right.held for right in rights_of(bot)):
        _note(bot, INTENTS, *_intents_off())
    elif bot.state != DiscordBot.State.REVOKED:
        bot.problem, bot.problem_since = {}, None


def _note(bot: DiscordBot, why: str, text: Text, do: Text) -> None:
    if bot.problem.get("why") != why:
        bot.problem, bot.problem_since = servers.as_problem(why, text, do), clock.now()


def _intents_off() -> tuple[Text, Text]:
    return (
        Text(
            "Discord keeps messages or members from the bot: an intent is switched off.",
            "Discord 未向机器人开放消息内容或成员信息：有 Intent 未开启。",
        ),
        Text(
            "In Discord's developer portal: the application, Bot, switch “Server Members Intent” and "
            "“Message Content Intent” on; then “Check again”.",
            "请在 Discord 开发者后台 → 该应用 → Bot 中开启 Server Members Intent 与 Message Content Intent，"
            "然后点击“重新检查”。",
        ),
    )


def _gateway(token: str, bot: str) -> dict[str, Any]:
    """How many connections Discord recommends; nothing when it does not say."""
    if settings.discord_gateway:
        return {}
    try:
        told = client.call_with(token, bot, "GET", "/gateway/bot")
    except GuildhallError:
        return {}
    return {"shards": told.get("shards")} if isinstance(told, dict) else {}


def _shaped(token: str) -> str:
    token = token.strip().removeprefix("Bot ").strip()
    parts = token.split(".")
    plain = token.replace(".", "").replace("-", "").replace("_", "")
    if (
        len(parts) != 3
        or not all(parts)
        or not 50 <= len(token) <= 120
        or not (plain.isascii() and plain.isalnum())
    ):
        raise BadInput(
            Text(
                "This is not the shape of a token: three parts with dots between, some 70 characters.",
                "令牌格式不正确：应为以点分隔的三段，共约 70 个字符。",
            ),
            field="token",
        )
    return token


def _unknown_token() -> BadInput:
    return BadInput(
        Text(
            "Discord does not know this token. Copy it again from the developer portal (Bot, Reset Token).",
            "Discord 不认识该令牌，请从开发者后台（Bot → Reset Token）重新复制。",
        ),
        field="token",
    )
