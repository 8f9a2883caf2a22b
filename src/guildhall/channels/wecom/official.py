"""Official Accounts (公众号): connected, checked, removed; their menu, codes with a scene, and template
messages.

As `accounts`: WeChat is asked first, what it says is written with its audit row afterwards. Customer messages
go out as acts of the adapter; what stands here is the account's own furniture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from guildhall.channels.wecom import accounts, client, models, tokens
from guildhall.channels.wecom.accounts import ACTOR, Check, as_problem
from guildhall.channels.wecom.content import words
from guildhall.channels.wecom.errors import Refused, SecretRefused
from guildhall.channels.wecom.models import State, WechatAccount
from guildhall.channels.wecom.tokens import Key
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.effects.types import Mode

MOST_BUTTONS, MOST_BELOW, BUTTON_BYTES = 3, 5, 60
LONGEST_SCENE, LONGEST_CODE_S = 64, 2_592_000
_ANSWERS = Text("Account and its secret", "账号与 AppSecret")
_CALLBACK = Text("Callbacks", "回调通知")


@dataclass(frozen=True, slots=True)
class Code:
    """A code with a scene: `picture` is the address of its image, `url` what is in it; `lasts_s` 0 for
    ever.
    """

    scene: str
    picture: str
    url: str
    lasts_s: int


@dataclass(frozen=True, slots=True)
class MenuButton:
    """A button of the menu: it opens `url`, calls back with `key`, or holds the buttons `below` it."""

    name: str
    url: str = ""
    key: str = ""
    below: tuple[MenuButton, ...] = ()


def add_account(
    appid: str,
    secret: str,
    by: str,
    *,
    name: str = "",
    kind: str = WechatAccount.Kind.SERVICE,
    original_id: str = "",
) -> WechatAccount:
    """Connect an Official Account by its AppID and AppSecret; one that is here already gets this secret.
    Makes the words for its callback. Raises BadInput, Temporary.
    """
    appid = accounts.shaped(appid, accounts.ID, "appid")
    secret = accounts.shaped(secret, accounts.SECRET, "secret")
    key, now = Key(appid), clock.now()
    problem = accounts.tried(key, secret, "secret")
    with transaction.atomic():
        account = WechatAccount.objects.select_for_update().filter(appid=appid).first()
        verb = "wechat.account_added" if account is None else "wechat.secret_changed"
        if account is None:
            account = WechatAccount(appid=appid, created_by=by, created_at=now)
            accounts.make_callback_words(appid, by)
        account.name = name.strip()[:128] or account.name or appid
        account.kind, account.original_id = kind, original_id.strip()[:40] or account.original_id
        if account.state == State.REVOKED:
            account.state = State.ACTIVE
        account.problem, account.problem_since = problem, now if problem else None
        account.checked_at = now
        account.save()
        secrets.put(models.app_secret_name(appid), secret, by)
        tokens.forget(key)
        audit.record(by, verb, f"wechat_account:{account.pk}", {"appid": appid})
    return account


def check_account(account: WechatAccount) -> list[Check]:
    """Ask WeChat what works and note it. Raises Temporary when WeChat is not reached."""
    try:
        client.call(Key(account.appid), "/cgi-bin/get_api_domain_ip")
        first = Check(_ANSWERS, True)
    except (Refused, SecretRefused) as refused:
        first = Check(_ANSWERS, False, refused.reason, refused.do)
    called = Check(_CALLBACK, True)
    if account.last_callback_at is None:
        called = Check(
            _CALLBACK,
            False,
            Text("WeChat has not called us yet.", "尚未收到微信的回调。"),
            Text(
                "Put address, Token and EncodingAESKey into the account's settings, in safe mode.",
                "请将地址、Token 与 EncodingAESKey 填入公众号后台的服务器配置，并选择安全模式。",
            ),
        )
    with transaction.atomic():
        row = WechatAccount.objects.select_for_update().get(pk=account.pk)
        row.facts, row.checked_at = {**row.facts, "answers": first.works}, clock.now()
        problem = {} if first.works else as_problem("check", first.why, first.do)
        if first.works and row.state == State.REVOKED:
            row.state = State.ACTIVE
            audit.record(ACTOR, "wechat.secret_works", f"wechat_account:{row.pk}")
        if problem != row.problem:
            row.problem, row.problem_since = problem, clock.now() if problem else None
        row.save()
    return [first, called]


def pause_account(account: WechatAccount, by: str) -> None:
    """Stop hearing and speaking through an account. WeChat repeats a refused call three times, no more."""
    accounts.set_state(WechatAccount, account, State.PAUSED, by, "wechat.account_paused", "wechat_account")


def resume_account(account: WechatAccount, by: str) -> None:
    """Hear and speak through it again."""
    accounts.set_state(WechatAccount, account, State.ACTIVE, by, "wechat.account_resumed", "wechat_account")


def remove_account(account: WechatAccount, by: str) -> None:
    """Forget an account and its secrets. What was heard stays."""
    with transaction.atomic():
        WechatAccount.objects.filter(pk=account.pk).delete()
        secrets.delete(models.app_secret_name(account.appid), by)
        models.AccessToken.objects.filter(pk=Key(account.appid).name).delete()
        accounts.forget_callback_words(account.appid, by)
        audit.record(by, "wechat.account_removed", f"wechat_account:{account.pk}", {"appid": account.appid})


def set_menu(account: WechatAccount, buttons: Sequence[MenuButton], by: str) -> None:
    """Show this menu to all followers: at most three buttons with at most five below each. Raises BadInput,
    Temporary, Refused.
    """
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise BadInput(Text("A menu has 1 to 3 buttons.", "菜单须有 1 至 3 个按钮。"), field="buttons")
    client.call(Key(account.appid), "/cgi-bin/menu/create", {"button": [_button(one) for one in buttons]})
    with transaction.atomic():
        audit.record(by, "wechat.menu_set", f"wechat_account:{account.pk}", {"buttons": len(buttons)})


def make_code(account: WechatAccount, scene: str, *, lasts_s: int = LONGEST_CODE_S) -> Code:
    """A code that tells by which way a follower came (`scene`: 1 to 64 characters). `lasts_s`: at most thirty
    days, 0 for ever (WeChat makes 100,000 of those). Raises BadInput, Temporary, Refused.
    """
    if not 1 <= len(scene) <= LONGEST_SCENE or not scene.isprintable():
        raise BadInput(
            Text(
                f"A scene has 1 to {LONGEST_SCENE} characters.", f"场景值须为 1 至 {LONGEST_SCENE} 个字符。"
            ),
            field="scene",
        )
    body: dict[str, Any] = {
        "action_name": "QR_STR_SCENE" if lasts_s else "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    if lasts_s:
        body["expire_seconds"] = min(lasts_s, LONGEST_CODE_S)
    said = client.call(Key(account.appid), "/cgi-bin/qrcode/create", body)
    ticket = words(said.get("ticket"), 200)
    picture = f"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={ticket}"
    return Code(scene, picture, words(said.get("url"), 255), lasts_s)


def send_template(
    account: WechatAccount,
    openid: str,
    template_id: str,
    values: Mapping[str, str],
    *,
    url: str = "",
    number: str = "",
) -> str:
    """Send a template message (one WeChat approved) to a follower, at any time; returns its id. `number`: our
    own of it, which WeChat does not send twice. Whoever calls holds a clearance for the words.

    Raises Temporary, Refused, Uncertain.
    """
    body: dict[str, Any] = {
        "touser": openid,
        "template_id": template_id,
        "data": {name: {"value": value} for name, value in values.items()},
    }
    if url:
        body["url"] = url
    if number:
        body["client_msg_id"] = number[:32]
    said = client.call(Key(account.appid), "/cgi-bin/message/template/send", body, mode=Mode.ONCE)
    return str(said.get("msgid", ""))


def _button(one: MenuButton) -> dict[str, Any]:
    if not one.name.strip() or len(one.name.encode()) > BUTTON_BYTES:
        raise BadInput(
            Text(
                f"A button's name has 1 to {BUTTON_BYTES} bytes.", f"按钮名称须为 1 至 {BUTTON_BYTES} 字节。"
            ),
            field="buttons",
        )
    if one.below:
        if len(one.below) > MOST_BELOW:
            raise BadInput(
                Text("At most five buttons below one.", "每个按钮下最多 5 个子按钮。"), field="buttons"
            )
        return {"name": one.name, "sub_button": [_button(inner) for inner in one.below]}
    if one.url:
        return {"type": "view", "name": one.name, "url": one.url}
    return {"type": "click", "name": one.name, "key": one.key[:128]}
