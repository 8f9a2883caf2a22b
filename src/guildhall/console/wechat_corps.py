"""Settings, WeChat: what WeChat lets a program do, said plainly; corporations at WeCom connected by an id
and a secret, with the three lines their callback needs; group robots.

Secrets are taken once and kept encrypted. Everything that speaks with WeChat stands in `channels.wecom` and
answers within seconds or says why not.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.wecom import accounts, robots, upkeep
from guildhall.channels.wecom.models import WecomCorp, WecomRobot
from guildhall.console import wechat_picture as picture
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.console.wechat_forms import AccountForm, CallbackForm, CorpForm, RobotForm, SecretForm
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import settings
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.people.access import requires
from guildhall.spaces.actions import masses, tags

GROUPS_SHOWN = 50


@requires("settings.view")
@never_cache
@require_safe
def wechat(request: HttpRequest) -> HttpResponse:
    """What WeChat allows, and every account of ours there."""
    return overview(request)


def overview(request: HttpRequest, status: int = 200, **bound: forms.Form) -> HttpResponse:
    """The page, with a form that was refused in the place of an empty one."""
    corps, official, machines = picture.corp_lines(), picture.account_lines(), picture.robot_lines()
    context = {
        "tabs": tabs(request, "wechat"),
        "corps": corps,
        "accounts": official,
        "robots": machines,
        "is_blank": not (corps or official or machines),
        "corp_form": bound.get("corp_form") or CorpForm(),
        "account_form": bound.get("account_form") or AccountForm(),
        "robot_form": bound.get("robot_form") or RobotForm(),
        "may_edit": known(request).may("settings.edit"),
        "is_public": settings.public_url.startswith("https://"),
        "public_url": settings.public_url,
    }
    return render(request, "console/wechat/page.html", context, status=status)


@requires("settings.edit")
@never_cache
@require_POST
def corp_new(request: HttpRequest) -> HttpResponse:
    """Connect a corporation; for one that is here already the secrets are renewed."""
    form, made = CorpForm(request.POST), list[WecomCorp]()

    def deed() -> None:
        said = form.cleaned_data
        corp = accounts.add_corp(
            said["corpid"],
            said["contact_secret"],
            known(request).actor,
            kf_secret=said["kf_secret"],
            name=said["name"],
        )
        made.append(corp)
        look_at(corp)

    if not attempt(form, deed) and not made:
        return overview(request, 422, corp_form=form)
    messages.success(request, _("%(corp)s is connected.") % {"corp": made[0].name})
    return SeeOther(_page(made[0]))


def look_at(corp: WecomCorp) -> None:
    """Ask what works, who there is, which groups; the long lists are fetched by the engine. Raises
    Temporary.
    """
    accounts.check_corp(corp)
    with transaction.atomic():
        effects.enqueue(NewEffect(upkeep.LISTING, {"corp": corp.pk}, priority=30))


@requires("settings.view")
@never_cache
@require_safe
def corp_page(request: HttpRequest, corp_id: str) -> HttpResponse:
    """One corporation: what works, the three lines, its people, desks and groups."""
    return _corp_page(request, _corp(corp_id))


@requires("settings.view")
@never_cache
@require_safe
def corp_live(request: HttpRequest, corp_id: str) -> HttpResponse:
    """What changes by itself on a corporation's page, for htmx."""
    return render(request, "console/wechat/corp_live.html", _live(_corp(corp_id)))


def _corp_page(request: HttpRequest, corp: WecomCorp, status: int = 200, **bound: forms.Form) -> HttpResponse:
    may_edit = known(request).may("settings.edit")
    token, key = accounts.callback_words(corp.corpid) if may_edit else ("", "")
    context = {
        **_live(corp),
        "address": accounts.callback_address(corp),
        "token": token,
        "key": key,
        "secret_form": bound.get("secret_form") or SecretForm(),
        "callback_form": bound.get("callback_form") or CallbackForm(),
        "allowances": WecomCorp.Allowance.choices,
        "may_edit": may_edit,
        "is_public": settings.public_url.startswith("https://"),
    }
    return render(request, "console/wechat/corp.html", context, status=status)


def _live(corp: WecomCorp) -> dict[str, Any]:
    chats = list(picture.groups_of(corp, GROUPS_SHOWN))
    return {
        "corp": corp,
        "line": picture.corp_line(corp, len(chats)),
        "ticks": picture.corp_ticks(corp),
        "chats": chats,
        "people": list(corp.people.filter(serves=True).order_by("name", "userid")[:GROUPS_SHOWN]),
        "desks": [(one, picture.problem_of(one)) for one in corp.desks.order_by("name", "pk")],
    }


@requires("settings.edit")
@require_POST
def corp_check(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Ask WeCom what works now, and list people, desks and groups again."""
    corp = _corp(corp_id)

    def deed() -> None:
        look_at(corp)
        if corp.facts.get("contact"):
            tags.sync_tags(corp)

    return carry_out(request, deed, _("Checked."), _page(corp))


@requires("settings.edit")
@require_POST
def corp_allowance(request: HttpRequest, corp_id: str) -> HttpResponse:
    """How many mass sends a customer may get, as the corporation set it at WeCom."""
    corp = _corp(corp_id)
    chosen = request.POST.get("allowance", "")
    return carry_out(
        request, lambda: masses.set_allowance(corp, chosen, known(request).actor), _("Saved."), _page(corp)
    )


@requires("settings.edit")
@require_POST
def corp_pause(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Hear and say nothing through this corporation for a while."""
    corp, by = _corp(corp_id), known(request).actor
    return carry_out(request, lambda: accounts.pause_corp(corp, by), _("Paused."), _page(corp))


@requires("settings.edit")
@require_POST
def corp_resume(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Let a paused corporation work again."""
    corp, by = _corp(corp_id), known(request).actor
    return carry_out(request, lambda: accounts.resume_corp(corp, by), _("At work again."), _page(corp))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def corp_secrets(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Put new secrets in the place of the old ones."""
    corp, form = _corp(corp_id), SecretForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        accounts.add_corp(
            corp.corpid, said["contact_secret"], known(request).actor, kf_secret=said["kf_secret"]
        )

    if not attempt(form, deed):
        return _corp_page(request, corp, 422, secret_form=form)
    messages.success(request, _("The secret is renewed."))
    return SeeOther(_page(corp))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def corp_callback(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Take the Token and EncodingAESKey that WeCom's console made instead of ours."""
    corp, form = _corp(corp_id), CallbackForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        accounts.set_callback_words(corp.corpid, said["token"], said["key"], known(request).actor)

    if not attempt(form, deed):
        return _corp_page(request, corp, 422, callback_form=form)
    messages.success(request, _("Saved. WeCom has to use the same words."))
    return SeeOther(_page(corp))


@requires("settings.edit", confirm=True)
@require_POST
def corp_remove(request: HttpRequest, corp_id: str) -> HttpResponse:
    """Forget a corporation and its secrets; what it heard is kept."""
    corp, by = _corp(corp_id), known(request).actor
    try:
        accounts.remove_corp(corp, by)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(corp))
    messages.success(request, _("%(corp)s is removed.") % {"corp": corp.name})
    return SeeOther(reverse("console:wechat"))


@requires("settings.edit")
@never_cache
@require_POST
def robot_new(request: HttpRequest) -> HttpResponse:
    """Put a group robot to use by its webhook address."""
    form = RobotForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        robots.add_robot(said["name"], said["address"], known(request).actor, group=said["group"])

    if not attempt(form, deed):
        return overview(request, 422, robot_form=form)
    messages.success(request, _("The robot can speak now."))
    return SeeOther(reverse("console:wechat"))


@requires("settings.edit", confirm=True)
@require_POST
def robot_remove(request: HttpRequest, robot_id: str) -> HttpResponse:
    """Forget a robot and its address."""
    robot = WecomRobot.objects.select_related("space").filter(pk=robot_id).first()
    if robot is None:
        raise Http404
    by = known(request).actor
    return carry_out(
        request, lambda: robots.remove_robot(robot, by), _("Removed."), reverse("console:wechat")
    )


def _corp(corp_id: str) -> WecomCorp:
    corp = WecomCorp.objects.filter(pk=corp_id).first()
    if corp is None:
        raise Http404
    return corp


def _page(corp: WecomCorp) -> str:
    return reverse("console:wechat-corp", args=[corp.pk])
