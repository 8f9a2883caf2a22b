"""One Telegram group or channel in Settings: the rights of our bot ticked off one by one, how it is judged,
its language and legal region, and a test message.

What a space has on every platform stands on its own page under Spaces; here is what Telegram asks for.
"""

from __future__ import annotations

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

from guildhall.channels import actions as channel_actions
from guildhall.channels.models import Space, SpaceMember, Topic
from guildhall.channels.telegram import bots
from guildhall.channels.telegram.models import TelegramBot
from guildhall.console import space_gate
from guildhall.console import telegram_picture as picture
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_reach import put_forward
from guildhall.console.house_words import known
from guildhall.guard import actions as guard_actions
from guildhall.guard import policies
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES

ADMINS_SHOWN = 50
CHOICES = ("default", "review-first")
"""The two policies this page offers; every other one is chosen on the page of the space."""


class ChatForm(forms.Form):
    """What it is called here, in which language its members are addressed, and whose law protects them."""

    name = forms.CharField(
        label=gettext_lazy("Space name"),
        max_length=200,
        help_text=gettext_lazy("Follows Telegram unless you change it here."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=LANGUAGES,
        help_text=gettext_lazy("Notices and answers are written in it, unless a member chose another."),
    )
    region = forms.RegexField(
        r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$",
        label=gettext_lazy("Legal region"),
        required=False,
        help_text=gettext_lazy(
            "Where its audience is, as a code such as SG or AE-DU; empty when mixed or not known."
        ),
    )


@requires("settings.view")
@never_cache
@require_safe
def chat_page(request: HttpRequest, space_id: str) -> HttpResponse:
    """One group: rights, judgement, language, test."""
    space = _space(space_id)
    said = {"name": space.name, "language": space.language, "region": space.region}
    return _chat_page(request, space, ChatForm(initial=said))


@requires("settings.view")
@never_cache
@require_safe
def chat_live(request: HttpRequest, space_id: str) -> HttpResponse:
    """What changes by itself on a chat's page, for htmx."""
    return render(request, "console/telegram/chat_live.html", _live(request, _space(space_id)))


def _live(request: HttpRequest, space: Space) -> dict[str, Any]:
    bot = _bot_of(space)
    chat = picture.chat_of(space)
    line = picture.chat_line(space, chat, bot.username if bot else "")
    return {
        "space": space,
        "chat": chat,
        "bot": bot,
        "line": line,
        "notices": picture.chat_notices(line, bot),
        "topics": list(Topic.objects.filter(space=space).order_by("pk")[:30]) if chat.is_forum else [],
        "linked": _linked(chat.linked_chat),
        "may_edit": known(request).may("spaces.edit"),
    }


def _linked(external_id: str) -> Space | dict[str, str] | None:
    if not external_id:
        return None
    return Space.objects.filter(platform=picture.PLATFORM, external_id=external_id).first() or {
        "id": external_id
    }


def _chat_page(request: HttpRequest, space: Space, form: ChatForm, status: int = 200) -> HttpResponse:
    me = known(request)
    policy = policies.active_for(space.pk)
    admins = SpaceMember.objects.filter(space=space, state__in=("admin", "owner")).select_related("account")
    context = {
        **_live(request, space),
        **space_gate.card(space),
        "form": form,
        "policy": policy,
        "acts": policy.mode == "act",
        "speaks": picture.chat_of(space).status not in ("left", "kicked"),
        "admins": [
            (member, queries.mask_account(member.account, me))
            for member in admins.order_by("-state", "pk")[:ADMINS_SHOWN]
        ],
    }
    return render(request, "console/telegram/chat.html", context, status=status)


@requires("spaces.edit")
@require_POST
def chat_check(request: HttpRequest, space_id: str) -> HttpResponse:
    """Ask Telegram what our bot may do here, and who its administrators are."""
    space = _space(space_id)

    def deed() -> None:
        bots.check_chat(space)
        bots.sync_admins(space)

    return carry_out(request, deed, _("Checked."), _page(space))


@requires("spaces.edit")
@require_POST
def chat_save(request: HttpRequest, space_id: str) -> HttpResponse:
    """Language and legal region."""
    space = _space(space_id)
    form = ChatForm(request.POST)

    def deed() -> None:
        said = {name: form.cleaned_data[name] for name in ("name", "language", "region")}
        channel_actions.edit_space(space.pk, by=known(request).actor, **said)

    if not attempt(form, deed):
        return _chat_page(request, space, form, status=422)
    messages.success(request, _("Saved."))
    return SeeOther(_page(space))


@requires("spaces.edit")
@require_POST
def chat_moderate(request: HttpRequest, space_id: str) -> HttpResponse:
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
def chat_test(request: HttpRequest, space_id: str) -> HttpResponse:
    """Say one sentence there."""
    space = _space(space_id)
    by = known(request).actor
    said = _("The test message stands in %(group)s.") % {"group": space.name}
    return carry_out(request, lambda: bots.send_test(space, by), said, _page(space))


def _bot_of(space: Space) -> TelegramBot | None:
    if not space.receiver.isdigit():
        return None
    return TelegramBot.objects.filter(bot_id=int(space.receiver)).first()


def _space(space_id: str) -> Space:
    space = Space.objects.filter(pk=space_id, platform=picture.PLATFORM).select_related("telegram").first()
    if space is None or space.kind not in picture.GROUPS:
        raise Http404
    return space


def _page(space: Space) -> str:
    return reverse("console:telegram-chat", args=[space.pk])
