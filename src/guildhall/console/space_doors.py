"""The doors of a space: who waits to be let in, the links that lead in, and the lock for a raid.

Every deed is asked of the platform as an effect; rows here change when the platform said it was done. What a
platform cannot do is not offered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from guildhall.channels import actions as channel_actions
from guildhall.channels import registry
from guildhall.channels.models import JoinRequest, Space
from guildhall.channels.port import Act, Verb
from guildhall.channels.telegram.models import TelegramBot, TelegramChat
from guildhall.console import telegram_picture
from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.guard.actions import gates
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.ui import paging

SHOWN = 20
CAP = 999
MOST_AT_ONCE = 500
"""Requests answered by one press; a raid of thousands is a few presses, each in one transaction."""
LOCKED = "telegram_permissions"
"""In a space's settings while it is locked: what members may do when it is opened again (`telegram.acts`)."""
_ANSWERS = {"approve": Verb.APPROVE_JOIN, "decline": Verb.DECLINE_JOIN}
_MADE, _GONE = "invite-made", "invite-gone"


@dataclass(frozen=True, slots=True)
class Invite:
    """A link made from here. `link` is '' while the platform has not answered; `state` that of its effect."""

    name: str
    link: str
    state: str
    error: str
    at: datetime
    by_request: bool
    revoked: bool


class InviteForm(forms.Form):
    """A link into the space, told apart from others by its name."""

    name = forms.CharField(
        label=gettext_lazy("Name of the link"),
        max_length=32,
        help_text=gettext_lazy(
            "Where you put it, such as “KOL Wang”. Members who come by it carry this name."
        ),
    )
    by_request = forms.BooleanField(
        label=gettext_lazy("Whoever comes by it waits to be let in"), required=False
    )


def picture(request: HttpRequest, space: Space) -> dict[str, Any]:
    """What the page of a space shows of its doors; `doors` is empty where the platform has none."""
    me = known(request)
    able = _able(space)
    waiting = JoinRequest.objects.filter(space=space, state=JoinRequest.State.WAITING)
    shown = waiting.select_related("account").order_by("pk")[:SHOWN] if me.may("members.view") else []
    return {
        "doors": able,
        "joins": [(one, queries.mask_account(one.account, me)) for one in shown],
        "joins_count": paging.capped_count(waiting, CAP),
        "may_answer": me.may("members.restrict"),
        "invites": invites_of(space.pk) if Verb.CREATE_INVITE.value in able and me.may("spaces.edit") else [],
        "invite_form": InviteForm(),
        "is_locked": LOCKED in space.settings,
        "telegram": _telegram(space),
        "everybody": {"request": "all"},
        "sees_settings": me.may("settings.view"),
    }


def _able(space: Space) -> frozenset[str]:
    if space.kind == "private":
        return frozenset()
    declared = next((one.capabilities for one in registry.all() if one.platform == space.platform), {})
    doors = (Verb.APPROVE_JOIN, Verb.CREATE_INVITE, Verb.REVOKE_INVITE, Verb.LOCK)
    return frozenset(verb.value for verb in doors if verb in declared and declared[verb].supported)


def _telegram(space: Space) -> dict[str, Any] | None:
    """What only Telegram has: which bot serves, how its rights are, the linked channel, slow mode as read."""
    chat = TelegramChat.objects.filter(space=space).first()
    if chat is None:
        return None
    number = int(space.receiver) if space.receiver.isdigit() else 0
    linked = Space.objects.filter(platform=space.platform, external_id=chat.linked_chat or "-")
    line = telegram_picture.chat_line(space, chat)
    return {
        "chat": chat,
        "bot": TelegramBot.objects.filter(bot_id=number).first(),
        "line": line,
        "linked": linked.first(),
        "topics": list(space.topics.order_by("pk")[:30]),
    }


def invites_of(space_id: str) -> list[Invite]:
    """Links made from here, the latest first."""
    begins = f"{_MADE}:{space_id}:"
    # The range is for the index; the ids that follow begin with a digit, which every collation puts before z.
    within = Effect.objects.filter(unique_key__gte=begins, unique_key__lt=begins + "z")
    found = list(within.filter(unique_key__startswith=begins).order_by("-id")[:SHOWN])
    links = {_link(one): _gone_key(space_id, _link(one)) for one in found if _link(one)}
    revoked = set(Effect.objects.filter(unique_key__in=links.values()).values_list("unique_key", flat=True))
    return [
        Invite(
            name=dict(one.payload.get("params", ())).get("name", ""),
            link=_link(one),
            state=one.state,
            error=one.error,
            at=one.created_at,
            by_request=dict(one.payload.get("params", ())).get("creates_join_request") == "yes",
            revoked=links.get(_link(one), "") in revoked,
        )
        for one in found
    ]


def _link(effect: Effect) -> str:
    return str((effect.result or {}).get("external_id", ""))


def _gone_key(space_id: str, link: str) -> str:
    return f"{_GONE}:{space_id}:{hashlib.sha256(link.encode()).hexdigest()[:24]}"


@requires("members.restrict")
@require_POST
def space_join(request: HttpRequest, slug: str, answer: str) -> HttpResponse:
    """Let in or turn away one who waits, or everybody who waits."""
    space, by = _space(slug), known(request).actor
    if answer not in _ANSWERS:
        raise Http404
    wanted = request.POST.get("request", "")
    waiting = JoinRequest.objects.filter(space=space, state=JoinRequest.State.WAITING)
    asked: list[int] = []

    def deed() -> None:
        found = waiting if wanted == "all" else waiting.filter(pk=wanted)
        chosen = _unanswered(list(found.order_by("pk")[:MOST_AT_ONCE]))
        if not chosen:
            raise NotFound(Text("This request was answered already.", "该申请已处理。"))
        acts = [
            channel_actions.Wanted(
                Act(_ANSWERS[answer], space.pk, account_id=one.account_id),
                unique_key=_answer_key(one, answer),
            )
            for one in chosen
        ]
        with transaction.atomic():
            channel_actions.request_many(acts, actor=by, reason="join request")
            whom = [one.account_id for one in chosen]
            gates.settled_elsewhere(space.pk, whom, by, let_in=answer == "approve")
        asked.append(len(chosen))

    back = reverse("console:space", args=[slug]) + "#doors"
    said = _Counted(asked, answer)
    return carry_out(request, deed, said, back)


def _answer_key(one: JoinRequest, answer: str) -> str:
    return f"join:{one.pk}:{answer}"


def _unanswered(found: list[JoinRequest]) -> list[JoinRequest]:
    """Those about whom nothing is on its way to the platform yet."""
    keys = {_answer_key(one, answer): one.pk for one in found for answer in _ANSWERS}
    asked = Effect.objects.filter(unique_key__in=keys).values_list("unique_key", flat=True)
    answered = {keys[key] for key in asked if key}
    return [one for one in found if one.pk not in answered]


@dataclass(frozen=True, slots=True)
class _Counted:
    """The toast, in words that are known only after the deed."""

    asked: list[int]
    answer: str

    def __str__(self) -> str:
        n = sum(self.asked)
        if self.answer == "approve":
            said = ngettext("%(n)s person is let in.", "%(n)s people are let in.", n)
        else:
            said = ngettext("%(n)s person is turned away.", "%(n)s people are turned away.", n)
        return said % {"n": n}


@requires("spaces.edit")
@require_POST
def space_invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a link into the space."""
    space, by = _space(slug), known(request).actor
    form = InviteForm(request.POST)

    def deed() -> None:
        if not form.is_valid():
            raise BadInput(
                Text("Give the link a name of at most 32 characters.", "请填写链接名称，最多 32 个字符。")
            )
        params = [("name", form.cleaned_data["name"].strip())]
        if form.cleaned_data["by_request"]:
            params.append(("creates_join_request", "yes"))
        channel_actions.request(
            Act(Verb.CREATE_INVITE, space.pk, params=tuple(params)),
            actor=by,
            reason="invite link",
            unique_key=f"{_MADE}:{space.pk}:{new_id()}",
        )

    back = reverse("console:space", args=[slug]) + "#doors"
    return carry_out(request, deed, _("The link is being made. It stands below in a moment."), back)


@requires("spaces.edit")
@require_POST
def space_invite_revoke(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a link lead nowhere any more."""
    space, by = _space(slug), known(request).actor
    link = request.POST.get("link", "")

    def deed() -> None:
        if link not in {one.link for one in invites_of(space.pk) if one.link}:
            raise NotFound(Text("There is no such link.", "不存在该链接。"))
        channel_actions.request(
            Act(Verb.REVOKE_INVITE, space.pk, params=(("link", link),)),
            actor=by,
            reason="invite link",
            unique_key=_gone_key(space.pk, link),
        )

    back = reverse("console:space", args=[slug]) + "#doors"
    return carry_out(request, deed, _("The link leads nowhere any more."), back)


@requires("members.restrict")
@require_POST
def space_lock(request: HttpRequest, slug: str) -> HttpResponse:
    """Let nobody but staff write, or open it again."""
    space, by = _space(slug), known(request).actor
    verb = Verb.UNLOCK if request.POST.get("locked") == "no" else Verb.LOCK
    said = (
        _("Locked: only administrators may write.")
        if verb is Verb.LOCK
        else _("Open again: members may write.")
    )
    back = reverse("console:space", args=[slug]) + "#doors"
    return carry_out(
        request, lambda: channel_actions.request(Act(verb, space.pk), actor=by, reason="lock"), said, back
    )


def waiting_by_space(most: int) -> Iterable[tuple[Space, int, datetime]]:
    """Spaces where somebody waits to be let in, with how many and since when; the longest wait first."""
    rows = (
        JoinRequest.objects.filter(state=JoinRequest.State.WAITING)
        .order_by()
        .values("space")
        .annotate(n=Count("pk"), since=Min("asked_at"))
        .order_by("since")[:most]
    )
    found = list(rows)
    spaces = Space.objects.in_bulk([row["space"] for row in found])
    return [(spaces[row["space"]], row["n"], row["since"]) for row in found]


def _space(slug: str) -> Space:
    one = Space.objects.filter(slug=slug).first()
    if one is None:
        raise Http404
    return one
