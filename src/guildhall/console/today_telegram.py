"""What Telegram asks for on Today: bots that do not hear or may not act, and people who wait to be let in.

What is wrong was noted by `channels.telegram` when it met it; nothing is asked of Telegram here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.channels.telegram.models import TelegramBot
from guildhall.console import space_doors
from guildhall.console import telegram_picture as picture
from guildhall.console.today_lines import Need, page
from guildhall.people.models import Staff

CHATS_SHOWN = 5
SPACES_SHOWN = 3


def bots(_reader: Staff) -> Iterator[Need]:
    """Bots that need somebody, then groups where our bot is out or lacks a right."""
    known = list(TelegramBot.objects.all())
    for line in picture.bot_lines(known, {}):
        if line.problem is None:
            continue
        yield Need(
            "Telegram",
            "red",
            f"@{line.bot.username}: {line.problem.what}",
            line.problem.do,
            page("telegram-bot", line.bot.pk),
            _("Look"),
            line.problem.since,
        )
    if not known:
        return
    chats = picture.chat_lines()
    by_number = {str(bot.bot_id): bot for bot in known}
    shown = 0
    for one in chats:
        bot = by_number.get(one.space.receiver)
        found = picture.chat_notices(one, bot)
        if not found or found[0].colour not in ("red", "amber") or shown == CHATS_SHOWN:
            continue
        shown += 1
        yield Need(
            "Telegram",
            found[0].colour,
            f"{one.space.name}: {found[0].title}",
            found[0].text if not found[0].steps else _("the page says step by step what to do"),
            page("telegram-chat", one.space.pk),
            _("Look"),
            found[0].since,
        )


def joins(_reader: Staff) -> Iterator[Need]:
    """Spaces where people wait to be let in."""
    for space, n, since in space_doors.waiting_by_space(SPACES_SHOWN):
        title = ngettext(
            "%(n)s person waits to be let into %(space)s", "%(n)s people wait to be let into %(space)s", n
        ) % {"n": n, "space": space.name}
        yield Need(
            _("Join request"),
            "blue",
            title,
            _("let in or turn away"),
            page("space", space.slug) + "#doors",
            _("Decide"),
            since,
        )
