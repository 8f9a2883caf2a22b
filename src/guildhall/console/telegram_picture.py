"""What the Telegram pages show of bots and chats: one word and one colour each, what is wrong first, what to
do about it, and each right by itself.

Reads our own rows only, so that a page that is polled never waits for Telegram; `channels.telegram` keeps
those rows true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from guildhall.channels.models import Space
from guildhall.channels.telegram import AWAY
from guildhall.channels.telegram import rights as telegram_rights
from guildhall.channels.telegram.models import TelegramBot, TelegramChat
from guildhall.channels.telegram.rights import Right
from guildhall.core import clock, troubles
from guildhall.core.text import Text
from guildhall.guard import policies
from guildhall.guard.types import Policy

PLATFORM = "telegram"
GROUPS = ("group", "supergroup", "channel")
SILENT = timedelta(minutes=2)
"""A polled bot whose lease ended longer ago than this is asked for by nobody."""
KINDS: Mapping[str, str | Promise] = {
    "group": gettext_lazy("basic group"),
    "supergroup": gettext_lazy("supergroup"),
    "channel": gettext_lazy("channel"),
    "private": gettext_lazy("private talk"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what to do, as noted in the `problem` of a bot or chat."""

    what: str
    do: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A strip at the top of a page. `colour`: red, amber, green or blue."""

    colour: str
    title: str
    text: str = ""
    steps: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def icon(self) -> str:
        return {"green": "check", "blue": "info"}.get(self.colour, "warning")


@dataclass(frozen=True, slots=True)
class BotLine:
    """One bot. `chats`: groups and channels it serves."""

    bot: TelegramBot
    state: str
    colour: str
    problem: Problem | None
    chats: int


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One group or channel with the rights our bot holds there."""

    space: Space
    chat: TelegramChat
    bot_name: str
    kind: str | Promise
    word: str
    colour: str
    problem: Problem | None
    policy: Policy
    rights: tuple[Right, ...] = field(default=())

    @property
    def missing(self) -> int:
        return sum(right.needed and not right.held for right in self.rights)


def problem_of(row: TelegramBot | TelegramChat) -> Problem | None:
    """The noted problem in the reader's language."""
    noted: Mapping[str, Any] = row.problem or {}
    if not noted:
        return None
    what = Text(str(noted.get("en", "")), str(noted.get("zh", "")))
    do = Text(str(noted.get("do_en", "")), str(noted.get("do_zh", "")))
    language = get_language() or "en"
    return Problem(what.for_language(language), do.for_language(language), row.problem_since)


def privacy_on(bot: TelegramBot) -> bool:
    """Whether BotFather's privacy mode hides what members say in groups where the bot is no administrator."""
    return bot.facts.get("can_read_all_group_messages") is False


def is_silent(bot: TelegramBot, now: datetime | None = None) -> bool:
    """Whether nobody asks Telegram for the updates of a polled bot."""
    if bot.state != TelegramBot.State.ACTIVE or bot.way != TelegramBot.Way.POLLING:
        return False
    latest = bot.lease_until or bot.created_at
    return (now or clock.now()) - latest > SILENT


def bot_line(bot: TelegramBot, chats: int) -> BotLine:
    """A bot in one word."""
    problem = problem_of(bot)
    if problem is None and is_silent(bot):
        problem = Problem(
            _("Nobody asks Telegram for its updates"),
            _("The gateway does not run. Start Guildhall with `guildhall up`, or one `guildhall gateway`."),
            bot.lease_until or bot.created_at,
        )
    if bot.state == TelegramBot.State.REVOKED:
        word, colour = _("token revoked"), "red"
    elif bot.state == TelegramBot.State.PAUSED:
        word, colour = _("paused"), "amber"
    elif problem:
        word, colour = _("needs you"), "red"
    else:
        word, colour = _("at work"), "green"
    return BotLine(bot, word, colour, problem, chats)


def bot_lines(bots: Iterable[TelegramBot], chats: Mapping[str, int]) -> list[BotLine]:
    """Every bot, those with something wrong first. `chats`: how many by the bot's id at Telegram."""
    lines = [bot_line(bot, chats.get(str(bot.bot_id), 0)) for bot in bots]
    return sorted(lines, key=lambda line: (_URGENCY[line.colour], line.bot.username.lower()))


def chat_line(space: Space, chat: TelegramChat, bot_name: str = "") -> ChatLine:
    """A group or channel in one word."""
    held = rights_of(space, chat)
    policy = policies.active_for(space.pk)
    problem = problem_of(chat)
    lacking = any(right.needed and not right.held for right in held)
    if chat.status in ("left", "kicked"):
        word, colour = _("bot is out"), "red"
    elif problem or lacking:
        word, colour = _("needs you"), "amber"
    elif policy.mode != "act":
        word, colour = _("watched"), "blue"
    else:
        word, colour = _("moderated"), "green"
    return ChatLine(
        space, chat, bot_name, KINDS.get(space.kind, space.kind), word, colour, problem, policy, held
    )


def chat_lines(receiver: str = "") -> list[ChatLine]:
    """The groups and channels of one bot, or of all; those with something wrong first."""
    found = Space.objects.filter(platform=PLATFORM, kind__in=GROUPS, archived_at=None)
    if receiver:
        found = found.filter(receiver=receiver)
    names = {str(number): name for number, name in TelegramBot.objects.values_list("bot_id", "username")}
    lines = [
        chat_line(space, chat_of(space), names.get(space.receiver, ""))
        for space in found.select_related("telegram").order_by("name", "pk")
    ]
    return sorted(lines, key=lambda line: _URGENCY[line.colour])


def chat_of(space: Space) -> TelegramChat:
    """What only Telegram has of a space; an empty one while nothing was told yet."""
    known: TelegramChat | None = getattr(space, "telegram", None)
    return known if known is not None else TelegramChat(space=space)


def rights_of(space: Space, chat: TelegramChat) -> tuple[Right, ...]:
    """Every right Guildhall asks for in this kind of chat, held or not; empty for a private talk."""
    return telegram_rights.judge(space.kind, chat.status, chat.rights, is_forum=chat.is_forum)


def bot_notices(line: BotLine, chats: list[ChatLine]) -> list[Notice]:
    """What a bot's page says first."""
    found: list[Notice] = []
    if line.problem:
        found.append(Notice("red", line.problem.what, line.problem.do, since=line.problem.since))
    if any(trouble.kind == AWAY for trouble in troubles.current()):
        found.append(
            Notice(
                "red",
                _("Telegram does not answer."),
                _("It is asked again every few seconds, and nothing is lost. Is this machine online?"),
            )
        )
    if line.bot.state == TelegramBot.State.PAUSED:
        found.append(
            Notice("amber", _("This bot is paused."), _("It hears and does nothing until you resume it."))
        )
    for right in telegram_rights.judge_bot(line.bot.facts):
        if right.needed and not right.held:
            found.append(Notice("amber", _("Nobody can add this bot to a group."), str(right.how)))
    blind = [one for one in chats if one.chat.status not in ("administrator", "creator")]
    if privacy_on(line.bot) and blind and line.bot.state == TelegramBot.State.ACTIVE:
        found.append(privacy_notice(line.bot, [one.space.name for one in blind]))
    if not found and chats and all(one.colour in ("green", "blue") for one in chats):
        text = ngettext(
            "@%(bot)s is heard and may do all it needs in %(n)s group.",
            "@%(bot)s is heard and may do all it needs in %(n)s groups.",
            len(chats),
        ) % {"bot": line.bot.username, "n": len(chats)}
        found.append(Notice("green", _("Everything is fine."), text))
    return found


def privacy_notice(bot: TelegramBot, groups: list[str]) -> Notice:
    """Why the bot hears only commands, and the two ways out."""
    return Notice(
        "amber",
        _("Privacy mode is on: the bot does not hear what members say in %(groups)s.")
        % {"groups": ", ".join(groups[:3]) + ("…" if len(groups) > 3 else "")},
        _("The simplest way out is to make it an administrator there: administrators hear everything. Or:"),
        (
            _("Send /setprivacy to @BotFather and choose @%(bot)s.") % {"bot": bot.username},
            _("Choose Disable."),
            _("Put the bot out of the group and add it again; Telegram applies it only then."),
        ),
    )


def chat_notices(line: ChatLine, bot: TelegramBot | None) -> list[Notice]:
    """What a chat's page says first."""
    if line.chat.status in ("left", "kicked"):
        text = _("Add it again with the link on the bot's page. Nothing that was recorded is lost.")
        return [Notice("red", _("The bot is no longer in this group."), text, since=line.chat.problem_since)]
    found: list[Notice] = []
    if line.problem:
        found.append(Notice("amber", line.problem.what, line.problem.do, since=line.problem.since))
    if bot is not None and privacy_on(bot) and line.chat.status not in ("administrator", "creator"):
        found.append(privacy_notice(bot, [line.space.name]))
    if line.missing and not line.problem:
        title = ngettext("%(n)s right is missing.", "%(n)s rights are missing.", line.missing) % {
            "n": line.missing
        }
        found.append(Notice("amber", title, _("Grant it in Telegram as described below; this page follows.")))
    if not found and line.rights:
        if line.policy.mode == "act":
            found.append(
                Notice("green", _("Everything is fine."), _("The bot holds every right it needs, and acts."))
            )
        else:
            text = _("The bot holds every right it needs. It watches; “Make it moderated” lets it act.")
            found.append(Notice("blue", _("Ready."), text))
    return found


def way_reason(bot: TelegramBot, reason: Text | str) -> str:
    """Why updates come the way they do, and how they come."""
    if bot.way == TelegramBot.Way.WEBHOOK:
        how = _("Telegram calls this installation at once for every update.")
    else:
        how = _("A process of this installation asks Telegram without pause; no address needs to be public.")
    return f"{how} {reason}"


_URGENCY = {"red": 0, "amber": 1, "blue": 2, "green": 3, "": 4}
