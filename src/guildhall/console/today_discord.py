"""What Discord asks for on Today: bots that do not hear, servers where our bot is out or may not act.

What is wrong was noted by `channels.discord` when it met it; nothing is asked of Discord here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guildhall.channels.discord.models import DiscordBot
from guildhall.console import discord_picture as picture
from guildhall.console.today_lines import Need, page
from guildhall.people.models import Staff

SERVERS_SHOWN = 5


def bots(_reader: Staff) -> Iterator[Need]:
    """Bots that need somebody, then servers."""
    known = list(DiscordBot.objects.all())
    for line in picture.bot_lines(known, {}):
        if line.problem is None:
            continue
        yield Need(
            "Discord",
            "red",
            f"{line.bot.username}: {line.problem.what}",
            line.problem.do,
            page("discord-bot", line.bot.pk),
            _("Look"),
            line.problem.since,
        )
    if not known:
        return
    wrong = [one for one in picture.server_lines() if one.colour in ("red", "amber")]
    for one in wrong[:SERVERS_SHOWN]:
        found = picture.server_notices(one)[0]
        yield Need(
            "Discord",
            found.colour,
            f"{one.space.name}: {found.title}",
            found.text,
            page("discord-server", one.space.pk),
            _("Look"),
            found.since,
        )
