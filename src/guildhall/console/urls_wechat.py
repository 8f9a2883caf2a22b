"""Addresses of the pages about WeChat: connected and assisted."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import wechat_accounts, wechat_corps

_AT, _CORP, _ACCOUNT = (
    "settings/wechat/",
    "settings/wechat/corps/<str:corp_id>/",
    "settings/wechat/accounts/<str:account_id>/",
)

urlpatterns: list[URLPattern] = [
    path(_AT, wechat_corps.wechat, name="wechat"),
    path(f"{_AT}corps/new/", wechat_corps.corp_new, name="wechat-corp-new"),
    path(_CORP, wechat_corps.corp_page, name="wechat-corp"),
    path(f"{_CORP}live/", wechat_corps.corp_live, name="wechat-corp-live"),
    path(f"{_CORP}check/", wechat_corps.corp_check, name="wechat-corp-check"),
    path(f"{_CORP}allowance/", wechat_corps.corp_allowance, name="wechat-corp-allowance"),
    path(f"{_CORP}pause/", wechat_corps.corp_pause, name="wechat-corp-pause"),
    path(f"{_CORP}resume/", wechat_corps.corp_resume, name="wechat-corp-resume"),
    path(f"{_CORP}secrets/", wechat_corps.corp_secrets, name="wechat-corp-secrets"),
    path(f"{_CORP}callback/", wechat_corps.corp_callback, name="wechat-corp-callback"),
    path(f"{_CORP}remove/", wechat_corps.corp_remove, name="wechat-corp-remove"),
    path(f"{_AT}accounts/new/", wechat_accounts.account_new, name="wechat-account-new"),
    path(_ACCOUNT, wechat_accounts.account_page, name="wechat-account"),
    path(f"{_ACCOUNT}check/", wechat_accounts.account_check, name="wechat-account-check"),
    path(f"{_ACCOUNT}code/", wechat_accounts.account_code, name="wechat-account-code"),
    path(f"{_ACCOUNT}callback/", wechat_accounts.account_callback, name="wechat-account-callback"),
    path(f"{_ACCOUNT}pause/", wechat_accounts.account_pause, name="wechat-account-pause"),
    path(f"{_ACCOUNT}resume/", wechat_accounts.account_resume, name="wechat-account-resume"),
    path(f"{_ACCOUNT}remove/", wechat_accounts.account_remove, name="wechat-account-remove"),
    path(f"{_AT}robots/new/", wechat_corps.robot_new, name="wechat-robot-new"),
    path(f"{_AT}robots/<str:robot_id>/remove/", wechat_corps.robot_remove, name="wechat-robot-remove"),
]
