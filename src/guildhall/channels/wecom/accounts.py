"""Corporations at WeCom with their people, desks and groups: connected, checked, paused, given new secrets,
removed; and what they share with Official Accounts (`official`), secrets and callbacks.

Questions to WeChat come first and outside of transactions; what it says is then written with its audit row.
Secrets are in `core.secrets` only. A corporation is connected even while WeCom does not trust our address
yet: the callback has to work before WeCom's console lets anybody enter trusted addresses.
"""

from __future__ import annotations

import base64
import os
import re
import secrets as random
import string
from dataclasses import dataclass

from django.db import models as django_models
from django.db import transaction

from guildhall.channels.wecom import client, crypto, models, tokens
from guildhall.channels.wecom.content import words
from guildhall.channels.wecom.errors import Refused, SecretRefused
from guildhall.channels.wecom.models import (
    CONTACT,
    KF,
    State,
    WechatAccount,
    WecomCorp,
    WecomKf,
    WecomStaff,
)
from guildhall.channels.wecom.tokens import Key
from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, NotFound, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text

ACTOR = "system:wecom"
CORP_PATH, ACCOUNT_PATH = "/hooks/wecom/", "/hooks/wechat/"
ID = re.compile(r"[A-Za-z0-9_-]{6,40}")
SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to work. `why` and `do` are empty when it does."""

    name: Text
    works: bool
    why: Text = Text("", "")
    do: Text = Text("", "")


# Corporations


def add_corp(
    corpid: str,
    contact_secret: str,
    by: str,
    *,
    kf_secret: str = "",
    name: str = "",
    agent_id: str = "",
) -> WecomCorp:
    """Connect a corporation by its id and the secret of an app that may use customer contact; `kf_secret`
    when another one manages 微信客服. One that is here already gets these secrets. Makes the words for its
    callback.

    Raises BadInput (not the shape, or WeCom does not know the secret), Temporary (not reached).
    """
    corpid = shaped(corpid, ID, "corpid")
    given = {CONTACT: shaped(contact_secret, SECRET, "contact_secret")}
    given[KF] = shaped(kf_secret, SECRET, "kf_secret") if kf_secret.strip() else given[CONTACT]
    problem: dict[str, str] = {}
    for use, secret in given.items():
        problem = tried(Key(corpid, use), secret, f"{use}_secret") or problem
    now = clock.now()
    with transaction.atomic():
        corp = WecomCorp.objects.select_for_update().filter(corpid=corpid).first()
        verb = "wecom.corp_added" if corp is None else "wecom.secret_changed"
        if corp is None:
            corp = WecomCorp(corpid=corpid, created_by=by, created_at=now)
            make_callback_words(corpid, by)
        corp.name = name.strip()[:128] or corp.name or corpid
        corp.agent_id = agent_id.strip()[:20] or corp.agent_id
        if corp.state == State.REVOKED:
            corp.state = State.ACTIVE
        corp.problem, corp.problem_since = problem, now if problem else None
        corp.checked_at = now
        corp.save()
        for use, secret in given.items():
            secrets.put(models.secret_name(corpid, use), secret, by)
            tokens.forget(Key(corpid, use))
        audit.record(by, verb, f"wecom_corp:{corp.pk}", {"corpid": corpid})
    return corp


def check_corp(corp: WecomCorp) -> list[Check]:
    """Ask WeCom what works, one by one, and note it. Raises Temporary when WeCom is not reached."""
    checks = [
        _asked(Key(corp.corpid, CONTACT), "externalcontact/get_follow_user_list", None, _CUSTOMERS),
        _asked(Key(corp.corpid, CONTACT), "externalcontact/groupchat/list", {"limit": 1}, _GROUPS),
        _asked(Key(corp.corpid, KF), "kf/account/list", {"offset": 0, "limit": 1}, _DESKS),
        _callback_check(corp),
    ]
    wrong = next((check for check in checks[:3] if not check.works), None)
    with transaction.atomic():
        row = WecomCorp.objects.select_for_update().get(pk=corp.pk)
        row.facts = {
            **row.facts,
            "contact": checks[0].works,
            "groups": checks[1].works,
            "kf": checks[2].works,
        }
        row.checked_at = clock.now()
        if any(check.works for check in checks[:3]) and row.state == State.REVOKED:
            row.state = State.ACTIVE
            audit.record(ACTOR, "wecom.secret_works", f"wecom_corp:{row.pk}")
        problem = {} if wrong is None else as_problem("check", wrong.why, wrong.do)
        if problem != row.problem:
            row.problem, row.problem_since = problem, clock.now() if problem else None
        row.save()
    return checks


def sync_people(corp: WecomCorp) -> int:
    """List who of the corporation may have customers, with their names where WeCom tells; returns how many.
    Raises Temporary, Refused.
    """
    key = Key(corp.corpid, CONTACT)
    said = client.call(key, "/cgi-bin/externalcontact/get_follow_user_list")
    userids = [words(one, 64) for one in said.get("follow_user") or () if isinstance(one, str)]
    known = dict(WecomStaff.objects.filter(corp=corp).exclude(name="").values_list("userid", "name"))
    names = {userid: known.get(userid) or _name_at_wecom(key, userid) for userid in userids}
    now = clock.now()
    with transaction.atomic():
        WecomStaff.objects.bulk_create(
            [
                WecomStaff(corp=corp, userid=userid, name=name, serves=True, seen_at=now)
                for userid, name in names.items()
            ],
            update_conflicts=True,
            unique_fields=["corp", "userid"],
            update_fields=["name", "serves", "seen_at"],
        )
        WecomStaff.objects.filter(corp=corp).exclude(userid__in=userids).update(serves=False)
    return len(userids)


def sync_desks(corp: WecomCorp) -> int:
    """List the 微信客服 accounts, each with the link customers open; returns how many. Raises Temporary,
    Refused.
    """
    key, rows, offset = Key(corp.corpid, KF), [], 0
    while True:
        said = client.call(key, "/cgi-bin/kf/account/list", {"offset": offset, "limit": 100})
        found = [row for row in said.get("account_list") or () if isinstance(row, dict)]
        rows += found
        offset += len(found)
        if len(found) < 100:
            break
    for row in rows:
        kfid = words(row.get("open_kfid"), 64)
        if not kfid:
            continue
        may_manage = row.get("manage_privilege") is not False
        url = WecomKf.objects.filter(open_kfid=kfid).values_list("url", flat=True).first() or ""
        if not url and may_manage:
            made = client.call(key, "/cgi-bin/kf/add_contact_way", {"open_kfid": kfid, "scene": "guildhall"})
            url = words(made.get("url"), 255)
        with transaction.atomic():
            WecomKf.objects.update_or_create(
                open_kfid=kfid,
                defaults={
                    "corp": corp, "name": words(row.get("name"), 128), "may_manage": may_manage, "url": url,
                },
            )  # fmt: skip
    with transaction.atomic():
        here = [words(row.get("open_kfid"), 64) for row in rows]
        WecomKf.objects.filter(corp=corp).exclude(open_kfid__in=here).update(may_manage=False)
    return len(rows)


def desk_link(desk: WecomKf, scene: str) -> str:
    """A link to a 微信客服 account that says which way somebody came (`scene`: at most 32 letters and
    digits). Raises Temporary, Refused.
    """
    key = Key(desk.corp.corpid, KF)
    said = client.call(key, "/cgi-bin/kf/add_contact_way", {"open_kfid": desk.open_kfid, "scene": scene[:32]})
    return words(said.get("url"), 255)


def group_ids(corp: WecomCorp) -> list[str]:
    """Chat ids of all customer groups of people this app may see. Raises Temporary, Refused."""
    found: list[str] = []
    cursor = ""
    for _ in range(1000):
        body = {"status_filter": 0, "limit": 1000, **({"cursor": cursor} if cursor else {})}
        said = client.call(Key(corp.corpid, CONTACT), "/cgi-bin/externalcontact/groupchat/list", body)
        found += [
            words(row.get("chat_id"), 64)
            for row in said.get("group_chat_list") or ()
            if isinstance(row, dict) and row.get("chat_id")
        ]
        cursor = words(said.get("next_cursor"), 200)
        if not cursor:
            break
    return found


def pause_corp(corp: WecomCorp, by: str) -> None:
    """Stop hearing and speaking through a corporation. Callbacks meanwhile are refused, and WeCom repeats
    them three times only; 微信客服 keeps its messages for three days.
    """
    set_state(WecomCorp, corp, State.PAUSED, by, "wecom.corp_paused", "wecom_corp")


def resume_corp(corp: WecomCorp, by: str) -> None:
    """Hear and speak through it again."""
    set_state(WecomCorp, corp, State.ACTIVE, by, "wecom.corp_resumed", "wecom_corp")


def remove_corp(corp: WecomCorp, by: str) -> None:
    """Forget a corporation, its secrets and what only WeCom has of its groups. What was heard stays."""
    with transaction.atomic():
        WecomCorp.objects.filter(pk=corp.pk).delete()
        for use in (CONTACT, KF):
            secrets.delete(models.secret_name(corp.corpid, use), by)
            models.AccessToken.objects.filter(pk=Key(corp.corpid, use).name).delete()
        forget_callback_words(corp.corpid, by)
        audit.record(by, "wecom.corp_removed", f"wecom_corp:{corp.pk}", {"corpid": corp.corpid})


# Callbacks


def callback_address(row: WecomCorp | WechatAccount) -> str:
    """What is put into WeChat's console as the address it calls."""
    path = CORP_PATH if isinstance(row, WecomCorp) else ACCOUNT_PATH
    return f"{settings.public_url.rstrip('/')}{path}{row.pk}"


def callback_words(receiver: str) -> tuple[str, str]:
    """(token, EncodingAESKey) of a callback, to be copied into WeChat's console. Raises NotFound."""
    return secrets.get(models.callback_token_name(receiver)), secrets.get(models.callback_key_name(receiver))


def set_callback_words(receiver: str, token: str, encoding_key: str, by: str) -> None:
    """Take the words WeChat's console made instead of ours. Raises BadInput."""
    token = token.strip()
    if not 3 <= len(token) <= 32 or not (token.isascii() and token.isalnum()):
        raise BadInput(
            Text("A token has 3 to 32 letters and digits.", "Token 须为 3 至 32 位字母或数字。"),
            field="token",
        )
    crypto.key_of(encoding_key.strip())
    with transaction.atomic():
        secrets.put(models.callback_token_name(receiver), token, by)
        secrets.put(models.callback_key_name(receiver), encoding_key.strip(), by)


def note_refused(key: Key, refused: SecretRefused) -> None:
    """WeChat no longer takes a secret, or does not trust our address."""
    problem = as_problem(refused.why, refused.reason, refused.do)
    model: type[django_models.Model] = WecomCorp if key.use else WechatAccount
    rows = model._default_manager.filter(**{"corpid" if key.use else "appid": key.owner})
    with transaction.atomic():
        changed = rows.exclude(problem=problem).update(problem=problem, problem_since=clock.now())
        if refused.why == "revoked":
            rows.filter(state=State.ACTIVE).update(state=State.REVOKED)
        if changed:
            audit.record(ACTOR, "wecom.secret_refused", f"wechat:{key.owner}", {"why": refused.why})


def as_problem(why: str, text: Text, do: Text) -> dict[str, str]:
    """A problem as it is kept on a row."""
    return {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}


_CUSTOMERS = Text("Customers and who serves them", "客户与服务成员")
_GROUPS = Text("Customer groups", "客户群")
_DESKS = Text("WeChat customer service", "微信客服")
_CALLBACK = Text("Callbacks", "回调通知")


def _asked(key: Key, path: str, body: dict[str, object] | None, name: Text) -> Check:
    try:
        client.call(key, f"/cgi-bin/{path}", body)
    except (Refused, SecretRefused) as refused:
        return Check(name, False, refused.reason, refused.do)
    return Check(name, True)


def _callback_check(corp: WecomCorp) -> Check:
    if corp.last_callback_at is not None:
        return Check(_CALLBACK, True)
    return Check(
        _CALLBACK,
        False,
        Text("WeCom has not called us yet.", "尚未收到企业微信的回调。"),
        Text(
            "In WeCom: Customer contact, API, Receive events: put in address, Token and EncodingAESKey.",
            "请将地址、Token 与 EncodingAESKey 填入企业微信管理后台：客户联系 → API → 接收事件服务器。",
        ),
    )


def tried(key: Key, secret: str, field: str) -> dict[str, str]:
    """{} when a secret is good; the problem when WeCom only does not trust our address. Raises BadInput."""
    try:
        client.ask_for_token(key, secret)
    except SecretRefused as refused:
        if refused.why == "not_trusted":
            return as_problem(refused.why, refused.reason, refused.do)
        raise BadInput(
            Text(
                "WeChat does not know this id with this secret. Copy both again.",
                "微信不认识该 ID 与 Secret 的组合，请重新复制。",
            ),
            field=field,
        ) from refused
    except Refused as refused:
        raise BadInput(refused.text, field=field) from refused
    return {}


def _name_at_wecom(key: Key, userid: str) -> str:
    try:
        said = client.call(key, "/cgi-bin/user/get", query={"userid": userid})
    except (Refused, SecretRefused, Temporary):
        return ""  # a secret of customer contact may not read the directory: the userid has to do
    return words(said.get("name"), 128)


def make_callback_words(receiver: str, by: str) -> None:
    """Make a token and an EncodingAESKey for a callback. Joins the caller's transaction."""
    token = "".join(random.choice(_LETTERS) for _ in range(32))
    while True:
        encoding_key = base64.b64encode(os.urandom(32)).decode()[: crypto.KEY_LENGTH]
        if encoding_key.isalnum():
            break
    secrets.put(models.callback_token_name(receiver), token, by)
    secrets.put(models.callback_key_name(receiver), encoding_key, by)


def forget_callback_words(receiver: str, by: str) -> None:
    """Forget the words of a callback. Joins the caller's transaction."""
    secrets.delete(models.callback_token_name(receiver), by)
    secrets.delete(models.callback_key_name(receiver), by)


def set_state(
    model: type[django_models.Model], row: django_models.Model, state: State, by: str, verb: str, noun: str
) -> None:
    with transaction.atomic():
        rows = model._default_manager.filter(pk=row.pk)
        if not rows.exists():
            raise NotFound(Text("There is no such account.", "不存在该账号。"))
        if rows.exclude(state=state).update(state=state):
            audit.record(by, verb, f"{noun}:{row.pk}")
    row.state = state  # type: ignore[attr-defined]


def shaped(said: str, shape: re.Pattern[str], field: str) -> str:
    said = said.strip()
    if not shape.fullmatch(said):
        raise BadInput(
            Text("This is not the shape of one; copy it again.", "格式不正确，请重新复制。"), field=field
        )
    return said
