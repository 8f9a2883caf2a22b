"""Settings, WeChat: Official Accounts connected by AppID and AppSecret, their callback, codes with a
scene.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.channels.wecom import accounts, official
from guildhall.channels.wecom.models import WechatAccount
from guildhall.console import wechat_picture as picture
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.console.wechat_corps import overview
from guildhall.console.wechat_forms import AccountForm, CallbackForm, CodeForm
from guildhall.core.settings import settings
from guildhall.people.access import requires


@requires("settings.edit")
@never_cache
@require_POST
def account_new(request: HttpRequest) -> HttpResponse:
    """Connect an Official Account; for one that is here already the secret is renewed."""
    form, made = AccountForm(request.POST), list[WechatAccount]()

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            official.add_account(
                said["appid"], said["secret"], known(request).actor, name=said["name"], kind=said["kind"]
            )
        )

    if not attempt(form, deed):
        return overview(request, 422, account_form=form)
    messages.success(request, _("%(corp)s is connected.") % {"corp": made[0].name})
    return SeeOther(_page(made[0]))


@requires("settings.view")
@never_cache
@require_safe
def account_page(request: HttpRequest, account_id: str) -> HttpResponse:
    """One Official Account: what works, the three lines, codes."""
    return _account_page(request, _account(account_id))


def _account_page(
    request: HttpRequest, account: WechatAccount, status: int = 200, code: Any = None, **bound: forms.Form
) -> HttpResponse:
    may_edit = known(request).may("settings.edit")
    token, key = accounts.callback_words(account.appid) if may_edit else ("", "")
    context = {
        "account": account,
        "line": picture.account_line(account),
        "talks": Space.objects.filter(platform="wechat_oa", receiver=account.appid).count(),
        "address": accounts.callback_address(account),
        "token": token,
        "key": key,
        "code": code,
        "code_form": bound.get("code_form") or CodeForm(),
        "callback_form": bound.get("callback_form") or CallbackForm(),
        "may_edit": may_edit,
        "is_public": settings.public_url.startswith("https://"),
    }
    return render(request, "console/wechat/account.html", context, status=status)


@requires("settings.edit")
@require_POST
def account_check(request: HttpRequest, account_id: str) -> HttpResponse:
    """Ask WeChat what works now."""
    account = _account(account_id)
    return carry_out(request, lambda: official.check_account(account), _("Checked."), _page(account))


@requires("settings.edit")
@never_cache
@require_POST
def account_code(request: HttpRequest, account_id: str) -> HttpResponse:
    """Make a code with a scene and show it."""
    account, form, made = _account(account_id), CodeForm(request.POST), list[Any]()
    done = attempt(form, lambda: made.append(official.make_code(account, form.cleaned_data["scene"])))
    return _account_page(
        request, account, 200 if done else 422, code=made[0] if made else None, code_form=form
    )


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def account_callback(request: HttpRequest, account_id: str) -> HttpResponse:
    """Take the Token and EncodingAESKey that WeChat's console made instead of ours."""
    account, form = _account(account_id), CallbackForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        accounts.set_callback_words(account.appid, said["token"], said["key"], known(request).actor)

    if not attempt(form, deed):
        return _account_page(request, account, 422, callback_form=form)
    messages.success(request, _("Saved. WeChat has to use the same words."))
    return SeeOther(_page(account))


@requires("settings.edit")
@require_POST
def account_pause(request: HttpRequest, account_id: str) -> HttpResponse:
    """Hear and say nothing through this account for a while."""
    account, by = _account(account_id), known(request).actor
    return carry_out(request, lambda: official.pause_account(account, by), _("Paused."), _page(account))


@requires("settings.edit")
@require_POST
def account_resume(request: HttpRequest, account_id: str) -> HttpResponse:
    """Let a paused account work again."""
    account, by = _account(account_id), known(request).actor
    return carry_out(
        request, lambda: official.resume_account(account, by), _("At work again."), _page(account)
    )


@requires("settings.edit", confirm=True)
@require_POST
def account_remove(request: HttpRequest, account_id: str) -> HttpResponse:
    """Forget an account and its secret; what it heard is kept."""
    account, by = _account(account_id), known(request).actor
    return carry_out(
        request, lambda: official.remove_account(account, by), _("Removed."), reverse("console:wechat")
    )


def _account(account_id: str) -> WechatAccount:
    account = WechatAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise Http404
    return account


def _page(account: WechatAccount) -> str:
    return reverse("console:wechat-account", args=[account.pk])
