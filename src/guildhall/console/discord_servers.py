"""One Discord server in Settings: the permissions of our bot ticked off one by one, its channels with their
language and where announcements go, how it is judged, and a test message.

What a space has on every platform stands on its own page under Spaces; here is what Discord asks for.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels import actions as channel_actions
from guildhall.channels.discord import bots, trying
from guildhall.channels.discord.models import DiscordBot
from guildhall.channels.models import Space, Topic
from guildhall.console import discord_picture as picture
from guildhall.console import space_gate
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_reach import put_forward
from guildhall.console.house_words import known
from guildhall.console.telegram_chats import CHOICES, ChatForm
from guildhall.guard import actions as guard_actions
from guildhall.guard import policies
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES

PER_PAGE = 50
SPEAKING = ("text", "news", "forum")
LEVELS = (
    gettext_lazy("none"),
    gettext_lazy("low: a confirmed e-mail address"),
    gettext_lazy("medium: an account older than 5 minutes"),
    gettext_lazy("high: a member for 10 minutes"),
    gettext_lazy("highest: a confirmed phone number"),
)
"""Discord's verification levels, by number."""


class ServerForm(ChatForm):
    """What it is called here, in which language its members are addressed, and whose law protects them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("Follows Discord unless you change it here.")
        self.fields["language"].help_text = _("That of every channel which has no other below.")


@requires("settings.view")
@never_cache
@require_safe
def server_page(request: HttpRequest, space_id: str) -> HttpResponse:
    """One server: permissions, channels, judgement, test."""
    space = _space(space_id)
    said = {"name": space.name, "language": space.language, "region": space.region}
    return _server_page(request, space, ServerForm(initial=said))


@requires("settings.view")
@never_cache
@require_safe
def server_live(request: HttpRequest, space_id: str) -> HttpResponse:
    """What changes by itself on a server's page, for htmx."""
    return render(request, "console/discord/server_live.html", _live(request, _space(space_id)))


def _live(request: HttpRequest, space: Space) -> dict[str, Any]:
    bot = _bot_of(space)
    server = picture.server_of(space)
    line = picture.server_line(space, server, bot.username if bot else "")
    return {
        "space": space,
        "server": server,
        "bot": bot,
        "line": line,
        "notices": picture.server_notices(line),
        "grant_link": bots.invite_link(bot, space.external_id) if bot else "",
        "may_edit": known(request).may("spaces.edit"),
    }


def _server_page(request: HttpRequest, space: Space, form: ServerForm, status: int = 200) -> HttpResponse:
    policy = policies.active_for(space.pk)
    found = Topic.objects.filter(space=space, kind__in=SPEAKING, gone_at=None)
    page = Paginator(found.order_by("-announces", "name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    live = _live(request, space)
    context = {
        **live,
        **space_gate.card(space),
        "form": form,
        "policy": policy,
        "acts": policy.mode == "act",
        "speaks": live["server"].status == "inside",
        "channels": page,
        "languages": LANGUAGES,
        "test_channels": trying.channels_of(space),
        "level_word": LEVELS[min(live["server"].verification_level, len(LEVELS) - 1)],
        "community": "COMMUNITY" in live["server"].features,
        "threads": Topic.objects.filter(space=space, kind="thread", gone_at=None).count(),
    }
    return render(request, "console/discord/server.html", context, status=status)


@requires("spaces.edit")
@require_POST
def server_check(request: HttpRequest, space_id: str) -> HttpResponse:
    """Ask Discord what our bot may do here."""
    space = _space(space_id)
    return carry_out(request, lambda: bots.check_server(space), _("Checked."), _page(space))


@requires("spaces.edit")
@require_POST
def server_save(request: HttpRequest, space_id: str) -> HttpResponse:
    """Name, language and legal region."""
    space = _space(space_id)
    form = ServerForm(request.POST)

    def deed() -> None:
        said = {name: form.cleaned_data[name] for name in ("name", "language", "region")}
        channel_actions.edit_space(space.pk, by=known(request).actor, **said)

    if not attempt(form, deed):
        return _server_page(request, space, form, status=422)
    messages.success(request, _("Saved."))
    return SeeOther(_page(space))


@requires("spaces.edit")
@require_POST
def channel_save(request: HttpRequest, space_id: str, channel: str) -> HttpResponse:
    """A channel's language, and whether announcements are made there."""
    space = _space(space_id)
    language, announces = request.POST.get("language", ""), request.POST.get("announces") == "on"
    by = known(request).actor

    def deed() -> None:
        channel_actions.edit_topic(space.pk, channel, language=language, announces=announces, by=by)

    return carry_out(request, deed, _("Saved."), _page(space) + "#channels")


@requires("spaces.edit")
@require_POST
def server_moderate(request: HttpRequest, space_id: str) -> HttpResponse:
    """Let the policy of the house act here, or only watch."""
    space = _space(space_id)
    chosen = request.POST.get("policy", "")
    if chosen not in CHOICES:
        messages.error(request, _("Choose one of the two."))
        return SeeOther(_page(space))
    return put_forward(
        request,
        lambda: guard_actions.assign_policy(space.pk, chosen, known(request).actor),
        _("Moderated from now on.") if chosen == "default" else _("Only watched from now on."),
        _page(space),
        stay=True,
    )


@requires("spaces.edit")
@require_POST
def server_test(request: HttpRequest, space_id: str) -> HttpResponse:
    """Say one sentence there."""
    space, by = _space(space_id), known(request).actor
    channel = request.POST.get("channel", "")
    said = _("The test message stands in %(group)s.") % {"group": space.name}
    return carry_out(request, lambda: trying.send_test(space, channel, by), said, _page(space))


def _bot_of(space: Space) -> DiscordBot | None:
    if not space.receiver.isdigit():
        return None
    return DiscordBot.objects.filter(bot_id=int(space.receiver)).first()


def _space(space_id: str) -> Space:
    found = Space.objects.filter(pk=space_id, platform=picture.PLATFORM, kind="server")
    space = found.select_related("discord").first()
    if space is None:
        raise Http404
    return space


def _page(space: Space) -> str:
    return reverse("console:discord-server", args=[space.pk])
