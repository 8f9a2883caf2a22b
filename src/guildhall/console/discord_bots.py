"""Settings, Discord: bots of ours, connected by a token, the intents of each and the servers it is in.

A token is taken once, asked of Discord and kept encrypted; no page shows it again. Everything that speaks
with Discord stands in `channels.discord.bots` and answers within seconds or says why not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.discord import bots, menu, rights
from guildhall.channels.discord.models import DiscordBot
from guildhall.console import discord_picture as picture
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.core.errors import GuildhallError
from guildhall.people.access import requires


class TokenForm(forms.Form):
    """A bot's token, as Discord's developer portal shows it once."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=200,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "MTIzNDU2….GaBcDe.…"}
        ),
        help_text=gettext_lazy("Three parts with dots between, some 70 characters. Never shown again."),
    )


@requires("settings.view")
@never_cache
@require_safe
def discord(request: HttpRequest) -> HttpResponse:
    """Every bot and every server, what needs somebody first; or how to begin."""
    return _overview(request, TokenForm())


@requires("settings.edit")
@never_cache
@require_POST
def bot_new(request: HttpRequest) -> HttpResponse:
    """Connect a bot; for one that is here already the token is renewed."""
    form = TokenForm(request.POST)
    made: list[DiscordBot] = []
    before = set(DiscordBot.objects.values_list("pk", flat=True))

    def deed() -> None:
        made.append(bots.add_bot(form.cleaned_data["token"], known(request).actor))

    if not attempt(form, deed):
        return _overview(request, form, status=422)
    was_here = made[0].pk in before
    said = _("%(bot)s was here already; its token is renewed.") if was_here else _("%(bot)s is connected.")
    messages.success(request, said % {"bot": made[0].username})
    return SeeOther(_page(made[0]))


def _overview(request: HttpRequest, form: TokenForm, status: int = 200) -> HttpResponse:
    servers = picture.server_lines()
    counted = Counter(line.space.receiver for line in servers)
    lines = picture.bot_lines(DiscordBot.objects.all(), counted)
    context = {
        "tabs": tabs(request, "discord"),
        "bots": lines,
        "servers": servers,
        "several": len(lines) > 1,
        "verdict": _verdict(lines, servers),
        "form": form,
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/discord/page.html", context, status=status)


def _verdict(lines: list[picture.BotLine], servers: list[picture.ServerLine]) -> picture.Notice | None:
    colours = {*(line.colour for line in lines), *(line.colour for line in servers)}
    if colours & {"red", "amber"} or not servers:
        return None
    watched = [line.space.name for line in servers if line.colour == "blue"]
    if watched:
        text = _("Watched, not moderated yet: %(groups)s.") % {"groups": ", ".join(watched[:5])}
        return picture.Notice("blue", _("Every bot is heard."), text)
    return picture.Notice("green", _("Everything is fine."), _("Every server is heard and moderated."))


@requires("settings.view")
@never_cache
@require_safe
def bot_page(request: HttpRequest, bot_id: str) -> HttpResponse:
    """One bot: what is wrong, its intents, its servers, and what can be changed."""
    return _bot_page(request, _bot(bot_id), TokenForm())


@requires("settings.view")
@never_cache
@require_safe
def bot_live(request: HttpRequest, bot_id: str) -> HttpResponse:
    """What changes by itself on a bot's page, for htmx."""
    return render(request, "console/discord/bot_live.html", _live(request, _bot(bot_id)))


def _bot_page(request: HttpRequest, bot: DiscordBot, form: TokenForm, status: int = 200) -> HttpResponse:
    context = {
        **_live(request, bot),
        "form": form,
        "invite_link": bots.invite_link(bot),
        "wanted": rights.ASKED,
        "commands": menu.ENTRIES,
    }
    return render(request, "console/discord/bot.html", context, status=status)


def _live(request: HttpRequest, bot: DiscordBot) -> dict[str, Any]:
    servers = picture.server_lines(str(bot.bot_id))
    line = picture.bot_line(bot, len(servers))
    return {
        "bot": bot,
        "line": line,
        "servers": servers,
        "notices": picture.bot_notices(line, servers),
        "portal": f"https://discord.com/developers/applications/{bot.application_id}/bot",
        "may_edit": known(request).may("settings.edit"),
    }


@requires("settings.edit")
@require_POST
def bot_check(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Ask Discord who the bot is and which intents its application has."""
    bot = _bot(bot_id)

    def deed() -> None:
        bots.check_bot(bot)
        bots.set_commands(bot)

    return carry_out(request, deed, _("Checked."), _page(bot))


@requires("settings.edit")
@require_POST
def bot_pause(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Hear and do nothing through this bot for a while."""
    bot, by = _bot(bot_id), known(request).actor
    return carry_out(request, lambda: bots.pause(bot, by), _("Paused."), _page(bot))


@requires("settings.edit")
@require_POST
def bot_resume(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Let a paused bot work again."""
    bot, by = _bot(bot_id), known(request).actor
    return carry_out(request, lambda: bots.resume(bot, by), _("At work again."), _page(bot))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def bot_token(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Put a new token in the place of the old one."""
    bot = _bot(bot_id)
    form = TokenForm(request.POST)

    def deed() -> None:
        bots.rotate_token(bot, form.cleaned_data["token"], known(request).actor)

    if not attempt(form, deed):
        return _bot_page(request, bot, form, status=422)
    messages.success(request, _("The token is renewed."))
    return SeeOther(_page(bot))


@requires("settings.edit", confirm=True)
@require_POST
def bot_remove(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Forget a bot and its token; what it heard is kept."""
    bot, by = _bot(bot_id), known(request).actor
    try:
        bots.remove(bot, by)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(bot))
    messages.success(request, _("%(bot)s is removed.") % {"bot": bot.username})
    return SeeOther(reverse("console:discord"))


def _bot(bot_id: str) -> DiscordBot:
    bot = DiscordBot.objects.filter(pk=bot_id).first()
    if bot is None:
        raise Http404
    return bot


def _page(bot: DiscordBot) -> str:
    return reverse("console:discord-bot", args=[bot.pk])
