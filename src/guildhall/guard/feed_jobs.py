"""What the effects engine runs for feeds: those due are fetched, people new to us are looked up, old answers
go.

A source that is down, or sends something else than its list, changes nothing but the note beside the feed.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db import transaction

from guildhall.core import clock, troubles
from guildhall.core.errors import Permanent, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects import http, performers, schedules
from guildhall.effects.types import Claimed, Done
from guildhall.guard import outside
from guildhall.guard.actions import feeding
from guildhall.guard.feeds import formats
from guildhall.guard.models import Feed, LookedUp, LookUpList
from guildhall.people.models import Account

DUE, TROUBLE = "guard.feeds", "guard_feed"
_WITHIN_S = 120.0
_LOOK_UP_S = 10.0
_MOST_ANSWER = 1 << 16
GOOD_FOR = {True: timedelta(days=7), False: timedelta(days=3)}


def register() -> None:
    """Fill the registries of the floors below."""
    words = Text("Fetch the feeds whose time has come", "更新到期的外部名单")
    performers.performer(DUE, describe=words)(due)
    schedules.schedule(DUE, "*/10 * * * *", DUE, describe=words)
    performers.performer(feeding.FETCH, lease_s=300, describe=Text("Fetch a feed", "获取外部名单"))(fetch)
    performers.performer(
        outside.LOOK_UP,
        lease_s=60,
        max_attempts=3,
        describe=Text("Ask an outside list about somebody", "查询外部名单"),
    )(look_up)
    troubles.describe(
        TROUBLE,
        Text(
            "A feed could not be taken over; the list before stays in use.",
            "有外部名单无法更新，继续使用旧名单。",
        ),
    )


def due(effect: Claimed) -> Done:
    """Queue what is due and forget answers that are too old."""
    with transaction.atomic():
        LookedUp.objects.filter(until__lt=clock.now() - timedelta(days=30)).delete()
    return Done({"queued": feeding.queue_due()})


def fetch(effect: Claimed) -> Done | None:
    """Fetch one feed, asking whether it has changed at all."""
    feed = Feed.objects.filter(pk=effect.payload.get("feed")).first()
    if feed is None or feed.state != Feed.State.ACTIVE:
        return None
    headers = {"accept": "application/json, text/plain, */*"}
    if feed.etag:
        headers["if-none-match"] = feed.etag
    if feed.modified:
        headers["if-modified-since"] = feed.modified
    try:
        with http.client(allow_inside=settings.webhooks_inside) as client:
            reply = http.fetch(
                client, "GET", feed.url, headers=headers, most_bytes=formats.MOST_BYTES, within_s=_WITHIN_S
            )
    except (Permanent, Temporary) as error:
        return _failed(feed, error.text)
    if reply.status == 304:
        troubles.clear(TROUBLE)
        return Done({"unchanged": True}, lambda: feeding.note_unchanged(feed.id))
    if reply.status != 200:
        said = f"{feed.url.split('?')[0]} answered {reply.status}."
        return _failed(feed, Text(said, f"来源返回状态 {reply.status}。"))
    record = feeding.believe(
        feed, reply.body, etag=reply.headers.get("etag", ""), modified=reply.headers.get("last-modified", "")
    )
    return Done({"bytes": len(reply.body)}, record)


def look_up(effect: Claimed) -> Done | None:
    """Ask one service about one person. A service that is down is asked again later; its old answer stays."""
    asked = LookUpList.objects.filter(pk=effect.payload.get("list"), is_on=True).first()
    if asked is None:
        return None
    account = Account.objects.filter(pk=effect.payload.get("account"), platform=asked.platform).first()
    if account is None or not account.external_id.lstrip("-").isdigit():
        return None
    url = asked.url.replace("{id}", account.external_id)
    with http.client(allow_inside=settings.webhooks_inside) as client:
        reply = http.fetch(client, "GET", url, most_bytes=_MOST_ANSWER, within_s=_LOOK_UP_S)
    if reply.status == 429 or reply.status >= 500:
        raise Temporary(Text(f"The list answered {reply.status}.", f"名单服务返回 {reply.status}。"))
    is_listed = reply.status == 200 and _says(reply.body, asked.field)

    def record() -> None:
        now = clock.now()
        LookedUp.objects.update_or_create(
            list_id=asked.id,
            account_id=account.pk,
            defaults={"is_listed": is_listed, "until": now + GOOD_FOR[is_listed]},
        )
        LookUpList.objects.filter(pk=asked.id).update(ok_at=now, problem={})

    return Done({"listed": is_listed}, record)


def _says(body: bytes, field: str) -> bool:
    """Whether the answer's field (dots lead inside) is true."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    for part in field.split("."):
        if not isinstance(value, dict):
            return False
        value = value.get(part)
    return value is True


def _failed(feed: Feed, problem: Text) -> Done:
    troubles.report(TROUBLE, f"{feed.name}: {problem.en}")
    return Done({"problem": problem.en}, lambda: feeding.note_problem(feed.id, problem))
