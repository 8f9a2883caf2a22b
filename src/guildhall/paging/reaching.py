"""Carries a notice to a person: by e-mail, by our Telegram bot, by push, or to an incident service.

Being told twice is better than not at all, so a notice may be repeated; every means that knows repetition is
given the page's id for it. Telegram goes through channels like everything our bot says, so that its limits,
its signed buttons and the clearance of compliance hold; the others are outside of any chat.
"""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from django.core.mail import EmailMessage
from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Button, Verb
from guildhall.core import clock, secrets
from guildhall.core.clearance import Clearance
from guildhall.core.errors import GuildhallError, NotFound, Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http
from guildhall.effects.types import Claimed, Done
from guildhall.paging import links, wording
from guildhall.paging.actions import pages
from guildhall.paging.actions.pagers import TEST
from guildhall.paging.kinds import Means, NoticeState, PageState, Severity, What
from guildhall.paging.models import Notice, Page, Pager, secret_name
from guildhall.paging.wording import Words

MOST_TRIES = 8
BUTTON = "page:"
"""A pressed button carries this and the id of the page; intake turns it into an acknowledgement."""
_MOST_ANSWER = 64 * 1024
_NTFY = {Severity.INFO: 2, Severity.WARNING: 4, Severity.CRITICAL: 5}
_PUSHOVER = {Severity.INFO: -1, Severity.WARNING: 0, Severity.CRITICAL: 2}
_DEEDS = {What.RAISED: "trigger", What.TAKEN: "acknowledge", What.OVER: "resolve"}
ClearanceSource = Callable[[str, str, str], Clearance | None]
_source: ClearanceSource | None = None


def clearance_source(source: ClearanceSource | None) -> None:
    """Register where the clearance for what our bot says to staff comes from."""
    global _source
    _source = source


def step(effect: Claimed) -> Done:
    """Perform one `paging.step`."""
    told = pages.take_step(
        str(effect.payload["page"]), int(effect.payload["step"]), int(effect.payload["round"])
    )
    return Done({"told": told})


def tell(effect: Claimed) -> Done:
    """Perform one `paging.tell`. What cannot be sent is noted, and nobody waits for it."""
    notice = (
        Notice.objects.select_related("page", "pager", "staff").filter(pk=effect.payload["notice"]).first()
    )
    if notice is None or notice.state not in (NoticeState.PLANNED, NoticeState.HELD):
        return Done({"skipped": True})
    page = notice.page
    if notice.what == What.RAISED and page.state != PageState.OPEN:
        Notice.objects.filter(pk=notice.pk).update(state=NoticeState.SKIPPED)
        return Done({"skipped": True})
    try:
        said = _BY[Means(notice.means)](notice)
    except GuildhallError as error:
        is_last = isinstance(error, Permanent) or effect.attempt >= MOST_TRIES
        _note_failure(notice, error, is_last=is_last)
        raise
    with transaction.atomic():
        now = clock.now()
        Notice.objects.filter(pk=notice.pk).update(state=NoticeState.SENT, sent_at=now, error="")
        if notice.pager_id:
            Pager.objects.filter(pk=notice.pager_id).update(last_sent_at=now, last_error="")
        if said.get("acknowledged") and notice.what == What.RAISED:
            pages.acknowledge(
                page.pk, links.Holder("", notice.pager_id or "", 0).actor, pager_id=notice.pager_id or ""
            )
    return Done(said)


def _note_failure(notice: Notice, error: GuildhallError, *, is_last: bool) -> None:
    said = error.text.en[:300]
    with transaction.atomic():
        if notice.pager_id:
            Pager.objects.filter(pk=notice.pager_id).update(last_error=said)
        if not is_last:
            Notice.objects.filter(pk=notice.pk).update(error=said)
            return
        Notice.objects.filter(pk=notice.pk).update(state=NoticeState.FAILED, error=said)
        others = Notice.objects.filter(page_id=notice.page_id, what=What.RAISED).exclude(pk=notice.pk)
        alive = (NoticeState.PLANNED, NoticeState.SENT)
        if notice.what == What.RAISED and not others.filter(state__in=alive).exists():
            pages.hurry(notice.page_id)


def _words(notice: Notice, language: str) -> Words:
    page = notice.page
    holder = links.Holder(page.pk, notice.pager_id or "", notice.staff_id or 0)
    return wording.words(
        What(notice.what),
        page.called,
        page.says,
        house=settings.name,
        language=language,
        acknowledge=links.address(holder),
        look=links.console_address(page.link),
    )


def _language(notice: Notice) -> str:
    return notice.staff.language if notice.staff is not None else settings.language


def _by_email(notice: Notice) -> Mapping[str, Any]:
    """Through the house's own sender, which also sends sign-in links: it works before any mailbox is
    connected.
    """
    to = notice.pager.address if notice.pager is not None else notice.staff.email if notice.staff else ""
    if not to:
        raise Permanent(Text("There is nobody to write to.", "没有收件人。"))
    said = _words(notice, _language(notice))
    key = hashlib.sha256(f"{notice.page_id}:{notice.pk}".encode()).hexdigest()[:32]
    domain = (urlsplit(settings.public_url).hostname or "localhost").strip("[]")
    letter = EmailMessage(
        said.title,
        said.as_text(),
        to=[to],
        headers={
            "Message-ID": f"<page.{key}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "Importance": "high" if notice.page.severity == Severity.CRITICAL else "normal",
        },
    )
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise Permanent(Text("The server refuses the address.", "服务器拒收该地址。")) from error
    except (smtplib.SMTPException, OSError) as error:
        why = type(error).__name__
        raise Temporary(Text(f"The letter was not sent ({why}).", f"邮件未能发出（{why}）。")) from error
    return {"means": "email"}


def _by_telegram(notice: Notice) -> Mapping[str, Any]:
    space = Space.objects.filter(pk=notice.pager.address if notice.pager else "", archived_at=None).first()
    if space is None:
        raise Permanent(Text("The talk with our bot is gone.", "与机器人的私聊已不存在。"))
    language = _language(notice)
    said = _words(notice, language)
    text = "\n\n".join(part for part in (said.title, said.body) if part)
    clearance = _source(space.region, text, language) if _source is not None else None
    if clearance is None:
        raise Permanent(Text("Compliance does not let it be said.", "合规规则不允许发送。"))
    buttons = [Button(wording.LOOK.for_language(language), url=said.look)] if said.look else []
    if said.acknowledge:
        buttons.insert(
            0, Button(wording.ACKNOWLEDGE.for_language(language), data=f"{BUTTON}{notice.page_id}")
        )
    act = Act(Verb.SEND, space.pk, text=text, buttons=tuple(buttons))
    with transaction.atomic():
        channels.request(
            act, actor="system:paging", reason=f"page:{notice.page_id}", clearance=clearance,
            unique_key=f"notice:{notice.pk}",
        )  # fmt: skip
    return {"means": "telegram"}


def _by_ntfy(notice: Notice) -> Mapping[str, Any]:
    pager = _pager(notice)
    said = _words(notice, _language(notice))
    parts = urlsplit(pager.address)
    base, _, topic = parts.path.rstrip("/").rpartition("/")
    body: dict[str, Any] = {
        "topic": topic, "title": said.title, "message": said.body or said.title,
        "priority": _NTFY[Severity(notice.page.severity)] if notice.what == What.RAISED else 2,
    }  # fmt: skip
    actions = []
    if said.acknowledge:
        holder = links.Holder(notice.page_id, pager.pk, notice.staff_id or 0)
        actions.append(
            {
                "action": "http", "label": wording.ACKNOWLEDGE.for_language(said.language), "method": "POST",
                "url": links.machine_address(holder), "clear": True,
            }
        )  # fmt: skip
    if said.look:
        body["click"] = said.look
    if actions:
        body["actions"] = actions
    headers = {"Content-Type": "application/json"}
    if token := _secret(pager):
        headers["Authorization"] = f"Bearer {token}"
    return _post(f"{parts.scheme}://{parts.netloc}{base or '/'}", orjson.dumps(body), headers)


def _by_pushover(notice: Notice) -> Mapping[str, Any]:
    pager = _pager(notice)
    said = _words(notice, _language(notice))
    token, _, user = _secret(pager).partition(":")
    severity = Severity(notice.page.severity)
    form: dict[str, str | int] = {
        "token": token, "user": user, "title": said.title, "message": said.body or said.title,
        "priority": _PUSHOVER[severity] if notice.what == What.RAISED else -1,
    }  # fmt: skip
    if form["priority"] == 2:
        form |= {"retry": 60, "expire": 3600}
    if said.acknowledge:
        form |= {"url": said.acknowledge, "url_title": wording.ACKNOWLEDGE.for_language(said.language)}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _post(pager.address, urlencode(form, quote_via=quote).encode(), headers)


def _by_webhook(notice: Notice) -> Mapping[str, Any]:
    """PagerDuty Events v2, which most incident services take. Their answer may acknowledge."""
    pager, page = _pager(notice), notice.page
    said = _words(notice, _language(notice))
    holder = links.Holder(page.pk, pager.pk, notice.staff_id or 0)
    body: dict[str, Any] = {
        "routing_key": _secret(pager), "event_action": _DEEDS[What(notice.what)], "dedup_key": page.pk,
    }  # fmt: skip
    if notice.what == What.RAISED:
        body |= {
            "payload": {
                "summary": said.title, "source": settings.public_url, "severity": page.severity,
                "timestamp": page.raised_at.isoformat(), "class": page.kind,
                "custom_details": {"text": said.body, "acknowledge": links.machine_address(holder)},
            },
            "links": [{"href": url, "text": text} for url, text in _hrefs(said)],
            "client": settings.name,
            "client_url": said.look or settings.public_url,
        }  # fmt: skip
    return _post(pager.address, orjson.dumps(body), {"Content-Type": "application/json"})


def _hrefs(said: Words) -> list[tuple[str, str]]:
    known = (
        (said.acknowledge, wording.ACKNOWLEDGE.for_language(said.language)),
        (said.look, wording.LOOK.for_language(said.language)),
    )
    return [(url, text) for url, text in known if url]


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """Send; 2xx is taken, 408, 425, 429 and 5xx are tried again, other answers are final."""
    with http.client(allow_inside=settings.webhooks_inside) as client:
        reply = http.fetch(client, "POST", url, content=body, headers=headers, most_bytes=_MOST_ANSWER)
    if 200 <= reply.status < 300:
        return {"status": reply.status, "acknowledged": _acknowledges(reply.body)}
    said = Text(f"The service answered {reply.status}.", f"服务返回 {reply.status}。")
    if reply.status in (408, 425, 429) or reply.status >= 500:
        raise Temporary(said)
    raise Permanent(said)


def _acknowledges(body: bytes) -> bool:
    try:
        said = orjson.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and (
        said.get("acknowledged") is True or said.get("status") == "acknowledged"
    )


def _pager(notice: Notice) -> Pager:
    if notice.pager is None:
        raise Permanent(Text("The pager was removed.", "该通知方式已移除。"))
    if not notice.pager.enabled and notice.page.kind != TEST:
        raise Permanent(Text("The pager was switched off.", "该通知方式已关闭。"))
    return notice.pager


def _secret(pager: Pager) -> str:
    try:
        return secrets.get(secret_name(pager.pk))
    except NotFound:
        return ""


_BY: Mapping[Means, Callable[[Notice], Mapping[str, Any]]] = {
    Means.EMAIL: _by_email,
    Means.TELEGRAM: _by_telegram,
    Means.NTFY: _by_ntfy,
    Means.PUSHOVER: _by_pushover,
    Means.WEBHOOK: _by_webhook,
}
__all__ = ["BUTTON", "MOST_TRIES", "Page", "clearance_source", "step", "tell"]
