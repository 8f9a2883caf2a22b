"""What the Discord pages show of bots and servers: one word and one colour each, what is wrong first, what to
do about it, each intent and permission by itself.

Reads our own rows only, so that a page that is polled never waits for Discord; `channels.discord` keeps those
rows true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from guildhall.channels.discord import AWAY, bots
from guildhall.channels.discord import rights as discord_rights
from guildhall.channels.discord.models import DiscordBot, DiscordServer, DiscordShard
from guildhall.channels.discord.rights import Right
from guildhall.channels.models import Space
from guildhall.console.telegram_picture import Notice, Problem
from guildhall.core import clock, troubles
from guildhall.core.text import Text
from guildhall.guard import policies
from guildhall.guard.types import Policy

PLATFORM = "discord"
SILENT = timedelta(minutes=2)
"""A bot whose connections were last held longer ago than this is heard by nobody."""
_URGENCY = {"red": 0, "amber": 1, "blue": 2, "green": 3, "": 4}


@dataclass(frozen=True, slots=True)
class BotLine:
    """One bot. `servers`: how many it serves."""

    bot: DiscordBot
    state: str
    colour: str
    problem: Problem | None
    servers: int
    intents: tuple[Right, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ServerLine:
    """One server with the permissions our bot holds there."""

    space: Space
    server: DiscordServer
    bot_name: str
    word: str
    colour: str
    problem: Problem | None
    policy: Policy
    rights: tuple[Right, ...] = field(default=())

    @property
    def missing(self) -> int:
        return sum(right.needed and not right.held for right in self.rights)


def problem_of(row: DiscordBot | DiscordServer) -> Problem | None:
    """The noted problem in the reader's language."""
    noted: Mapping[str, Any] = row.problem or {}
    if not noted:
        return None
    what = Text(str(noted.get("en", "")), str(noted.get("zh", "")))
    do = Text(str(noted.get("do_en", "")), str(noted.get("do_zh", "")))
    language = get_language() or "en"
    return Problem(what.for_language(language), do.for_language(language), row.problem_since)


def last_held(bot: DiscordBot) -> datetime:
    """Until when a gateway process said it listens for a bot."""
    latest = DiscordShard.objects.filter(bot=bot).aggregate(at=Max("lease_until"))["at"]
    return latest or bot.created_at


def bot_line(bot: DiscordBot, servers: int) -> BotLine:
    """A bot in one word."""
    problem = problem_of(bot)
    if problem is None and bot.state == DiscordBot.State.ACTIVE and clock.now() - last_held(bot) > SILENT:
        problem = Problem(
            _("Nobody listens to Discord for it"),
            _("The gateway does not run. Start Guildhall with `guildhall up`, or one `guildhall gateway`."),
            last_held(bot),
        )
    if bot.state == DiscordBot.State.REVOKED:
        word, colour = _("token revoked"), "red"
    elif bot.state == DiscordBot.State.PAUSED:
        word, colour = _("paused"), "amber"
    elif problem:
        word, colour = _("needs you"), "red"
    else:
        word, colour = _("at work"), "green"
    return BotLine(bot, word, colour, problem, servers, bots.rights_of(bot))


def bot_lines(found: Iterable[DiscordBot], servers: Mapping[str, int]) -> list[BotLine]:
    """Every bot, those with something wrong first. `servers`: how many by the bot's id at Discord."""
    lines = [bot_line(bot, servers.get(str(bot.bot_id), 0)) for bot in found]
    return sorted(lines, key=lambda line: (_URGENCY[line.colour], line.bot.username.lower()))


def server_of(space: Space) -> DiscordServer:
    """What only Discord has of a space; an empty one while nothing was told yet."""
    known: DiscordServer | None = getattr(space, "discord", None)
    return known if known is not None else DiscordServer(space=space)


def server_line(space: Space, server: DiscordServer, bot_name: str = "") -> ServerLine:
    """A server in one word."""
    is_owner = bool(server.owner) and server.owner == space.receiver
    held = discord_rights.judge(server.status, server.permissions, is_owner=is_owner) if server.status else ()
    policy = policies.active_for(space.pk)
    problem = problem_of(server)
    if server.status == discord_rights.OUT:
        word, colour = _("bot is out"), "red"
    elif not server.status and not problem:
        word, colour = _("nothing told yet"), ""
    elif problem or any(right.needed and not right.held for right in held):
        word, colour = _("needs you"), "amber"
    elif policy.mode != "act":
        word, colour = _("watched"), "blue"
    else:
        word, colour = _("moderated"), "green"
    return ServerLine(space, server, bot_name, word, colour, problem, policy, held)


def server_lines(receiver: str = "") -> list[ServerLine]:
    """The servers of one bot, or of all; those with something wrong first."""
    found = Space.objects.filter(platform=PLATFORM, kind="server", archived_at=None)
    if receiver:
        found = found.filter(receiver=receiver)
    names = {str(number): name for number, name in DiscordBot.objects.values_list("bot_id", "username")}
    lines = [
        server_line(space, server_of(space), names.get(space.receiver, ""))
        for space in found.select_related("discord").order_by("name", "pk")
    ]
    return sorted(lines, key=lambda line: _URGENCY[line.colour])


def away_notice() -> list[Notice]:
    """That Discord does not answer, while it does not."""
    if not any(trouble.kind == AWAY for trouble in troubles.current()):
        return []
    text = _(
        "It is tried again all the time; what is said meanwhile is fetched afterwards. "
        "Is this machine online?"
    )
    return [Notice("red", _("Discord does not answer."), text)]


def bot_notices(line: BotLine, servers: list[ServerLine]) -> list[Notice]:
    """What a bot's page says first."""
    found: list[Notice] = []
    if line.problem:
        found.append(Notice("red", line.problem.what, line.problem.do, since=line.problem.since))
    found += away_notice()
    if line.bot.state == DiscordBot.State.PAUSED:
        text = _("It hears and does nothing until you resume it; what is said meanwhile is fetched then.")
        found.append(Notice("amber", _("This bot is paused."), text))
    if not found and servers and all(one.colour in ("green", "blue") for one in servers):
        text = ngettext(
            "%(bot)s is heard and may do all it needs in %(n)s server.",
            "%(bot)s is heard and may do all it needs in %(n)s servers.",
            len(servers),
        ) % {"bot": line.bot.username, "n": len(servers)}
        found.append(Notice("green", _("Everything is fine."), text))
    return found


def server_notices(line: ServerLine) -> list[Notice]:
    """What a server's page says first."""
    if line.server.status == discord_rights.OUT:
        text = _("Add it again with the link on the bot's page. Nothing that was recorded is lost.")
        return [
            Notice("red", _("The bot is no longer in this server."), text, since=line.server.problem_since)
        ]
    found = away_notice()
    if line.problem:
        found.append(Notice("amber", line.problem.what, line.problem.do, since=line.problem.since))
    elif line.missing and line.server.status:
        title = ngettext(
            "%(n)s permission is missing.", "%(n)s permissions are missing.", line.missing
        ) % {"n": line.missing}  # fmt: skip
        text = _("Grant it in Discord as described below; this page follows.")
        found.append(Notice("amber", title, text))
    if found or not line.server.status:
        return found
    if line.policy.mode == "act":
        text = _("The bot holds every permission it needs, and acts.")
        return [Notice("green", _("Everything is fine."), text)]
    text = _("The bot holds every permission it needs. It watches; “Make it moderated” lets it act.")
    return [Notice("blue", _("Ready."), text)]
