"""Settings, Telegram: bots of ours, connected by a token, and what each of them hears.

A token is taken once, asked of Telegram and kept encrypted; no page shows it again. Everything that speaks
with Telegram stands in `channels.telegram.bots` and answers within seconds or says why not.
"""

from __future__ import annotations

import re
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

from guildhall.channels.telegram import bots, rights
from guildhall.channels.telegram.models import TelegramBot
from guildhall.console import telegram_picture as picture
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import settings
from guildhall.people.access import requires

_TOKEN = re.compile(r"(?<![\w:])\d{5,16}:[A-Za-z0-9_-]{30,64}(?![\w-])")


class TokenForm(forms.Form):
    """A bot's token. BotFather's whole answer may be pasted; the token is found in it."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=4000,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "123456789:AAH…"}
        ),
        help_text=gettext_lazy("Digits, a colon, then 35 letters and digits. Never shown again."),
    )

    def clean_token(self) -> str:
        found = _TOKEN.search(str(self.cleaned_data["token"]))
        if found is None:
            raise forms.ValidationError(
                _(
                    "This is not the shape of a token. Copy the line from BotFather that looks like "
                    "123456789:AAH…, from its first digit to its last letter."
                )
            )
        return found.group()


@requires("settings.view")
@never_cache
@require_safe
def telegram(request: HttpRequest) -> HttpResponse:
    """Every bot and every group, what needs somebody first; or how to begin."""
    return _overview(request, TokenForm())


@requires("settings.edit")
@never_cache
@require_POST
def bot_new(request: HttpRequest) -> HttpResponse:
    """Connect a bot; for one that is here already the token is renewed."""
    form = TokenForm(request.POST)
    made: list[tuple[TelegramBot, bool]] = []

    def deed() -> None:
        token = form.cleaned_data["token"]
        was_here = TelegramBot.objects.filter(bot_id=int(token.partition(":")[0])).exists()
        made.append((bots.add_bot(token, known(request).actor), was_here))

    if not attempt(form, deed):
        return _overview(request, form, status=422)
    bot, was_here = made[0]
    said = _("@%(bot)s was here already; its token is renewed.") if was_here else _("@%(bot)s is connected.")
    messages.success(request, said % {"bot": bot.username})
    return SeeOther(_page(bot))


def _overview(request: HttpRequest, form: TokenForm, status: int = 200) -> HttpResponse:
    chats = picture.chat_lines()
    counted = Counter(line.space.receiver for line in chats)
    lines = picture.bot_lines(TelegramBot.objects.all(), counted)
    context = {
        "tabs": tabs(request, "telegram"),
        "bots": lines,
        "chats": chats,
        "several": len(lines) > 1,
        "verdict": _verdict(lines, chats),
        "form": form,
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/telegram/page.html", context, status=status)


def _verdict(lines: list[picture.BotLine], chats: list[picture.ChatLine]) -> picture.Notice | None:
    colours = {*(line.colour for line in lines), *(line.colour for line in chats)}
    if colours & {"red", "amber"} or not chats:
        return None
    watched = [line.space.name for line in chats if line.colour == "blue"]
    if watched:
        text = _("Watched, not moderated yet: %(groups)s.") % {"groups": ", ".join(watched[:5])}
        return picture.Notice("blue", _("Every bot is heard."), text)
    return picture.Notice("green", _("Everything is fine."), _("Every group is heard and moderated."))


@requires("settings.view")
@never_cache
@require_safe
def bot_page(request: HttpRequest, bot_id: str) -> HttpResponse:
    """One bot: what is wrong, where it is, how updates come, and what can be changed."""
    return _bot_page(request, _bot(bot_id), TokenForm())


@requires("settings.view")
@never_cache
@require_safe
def bot_live(request: HttpRequest, bot_id: str) -> HttpResponse:
    """What changes by itself on a bot's page, for htmx."""
    return render(request, "console/telegram/bot_live.html", _live(_bot(bot_id)))


def _bot_page(request: HttpRequest, bot: TelegramBot, form: TokenForm, status: int = 200) -> HttpResponse:
    context = {
        **_live(bot),
        "form": form,
        "group_link": f"https://t.me/{bot.username}?startgroup=guildhall&admin={_ADMIN}",
        "channel_link": f"https://t.me/{bot.username}?startchannel&admin={_CHANNEL_ADMIN}",
        "wanted": [right.name for right in rights.judge("supergroup", "member", {}) if right.needed],
        "privacy_on": picture.privacy_on(bot),
        "way_why": picture.way_reason(bot, bots.choose_way(settings.public_url).why),
        "commands": bots.command_words(),
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/telegram/bot.html", context, status=status)


def _live(bot: TelegramBot) -> dict[str, Any]:
    chats = picture.chat_lines(str(bot.bot_id))
    line = picture.bot_line(bot, len(chats))
    return {"bot": bot, "line": line, "chats": chats, "notices": picture.bot_notices(line, chats)}


@requires("settings.edit")
@require_POST
def bot_check(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Ask Telegram who the bot is and how its updates fare."""
    bot = _bot(bot_id)
    return carry_out(request, lambda: bots.check_bot(bot), _("Checked."), _page(bot))


@requires("settings.edit")
@require_POST
def bot_commands(request: HttpRequest, bot_id: str) -> HttpResponse:
    """Tell Telegram the commands in both languages again."""
    bot = _bot(bot_id)
    return carry_out(request, lambda: bots.set_commands(bot), _("Telegram knows the commands."), _page(bot))


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
    messages.success(request, _("@%(bot)s is removed.") % {"bot": bot.username})
    return SeeOther(reverse("console:telegram"))


def _bot(bot_id: str) -> TelegramBot:
    bot = TelegramBot.objects.filter(pk=bot_id).first()
    if bot is None:
        raise Http404
    return bot


def _page(bot: TelegramBot) -> str:
    return reverse("console:telegram-bot", args=[bot.pk])


_ADMIN = "delete_messages+restrict_members+invite_users+pin_messages+manage_topics"
_CHANNEL_ADMIN = "post_messages+edit_messages+delete_messages+invite_users"
