"""Feeds: subscribed to, paused, fetched and believed; services that are asked about people.

Fetching happens outside of any transaction (`feed_jobs`); what came is taken here, or the reason noted why
the list before stays in use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, NotFound
from guildhall.core.text import Text
from guildhall.effects.actions import enqueue
from guildhall.effects.types import NewEffect
from guildhall.effects.webhooks import check_url
from guildhall.guard import domains, freshness
from guildhall.guard.feeds import formats, hashes
from guildhall.guard.feeds.taking import take
from guildhall.guard.models import DomainEntry, Feed, FeedContent, LookUpList, ProtectedName
from guildhall.guard.rules import names

FETCH = "guard.feed.fetch"
MOST_FEEDS = 20
_AGAIN = timedelta(hours=1)


def add_feed(
    name: str, url: str, by: str, *, about: str = "domains", written: str = "auto", every_hours: int = 6
) -> Feed:
    """Subscribe to a list and fetch it at once. Raises BadInput."""
    name = name.strip()[:60]
    check_url(url)
    if not name:
        raise BadInput(Text("A feed needs a name.", "请填写名单的名称。"), field="name")
    if about not in Feed.About.values or written not in Feed.Format.values or not 1 <= every_hours <= 168:
        raise BadInput(Text("Choose what the feed lists and how often.", "请选择名单内容与更新间隔。"))
    with transaction.atomic():
        if Feed.objects.filter(name=name).exists():
            raise BadInput(
                Text(f"There is a feed named {name} already.", f"已有名为 {name} 的名单。"), field="name"
            )
        if Feed.objects.count() >= MOST_FEEDS:
            raise BadInput(Text(f"At most {MOST_FEEDS} feeds.", f"最多订阅 {MOST_FEEDS} 个名单。"))
        feed = Feed.objects.create(
            name=name, url=url, about=about, format=written, every_hours=every_hours, added_by=by
        )
        audit.record(by, "feed.added", f"feed:{feed.id}", {"url": url, "about": about})
        _queue(feed, "added")
    return feed


def set_feed(feed_id: str, active: bool, by: str) -> None:
    """Pause or resume a feed; a paused one blocks nothing. Raises NotFound."""
    with transaction.atomic():
        feed = _locked(feed_id)
        feed.state = Feed.State.ACTIVE if active else Feed.State.PAUSED
        feed.due_at = clock.now()
        feed.save(update_fields=["state", "due_at"])
        audit.record(by, "feed.resumed" if active else "feed.paused", f"feed:{feed.id}")
        freshness.touch("lists")


def remove_feed(feed_id: str, by: str) -> None:
    """Forget a feed and what it named. Raises NotFound."""
    with transaction.atomic():
        feed = _locked(feed_id)
        audit.record(by, "feed.removed", f"feed:{feed.id}", {"name": feed.name, "url": feed.url})
        feed.delete()
        freshness.touch("lists")


def fetch_now(feed_id: str, by: str) -> None:
    """Have a feed fetched as soon as a worker is free. Raises NotFound."""
    with transaction.atomic():
        feed = _locked(feed_id)
        _queue(feed, f"asked:{clock.now():%Y%m%d%H%M%S}")
        audit.record(by, "feed.asked", f"feed:{feed.id}")


def queue_due() -> int:
    """Queue the fetching of every feed whose time has come."""
    due = Feed.objects.filter(state=Feed.State.ACTIVE, due_at__lte=clock.now())
    with transaction.atomic():
        for feed in due:
            _queue(feed, f"due:{feed.due_at:%Y%m%d%H%M%S}")
    return len(due)


def believe(feed: Feed, data: bytes, *, etag: str = "", modified: str = "") -> Callable[[], None]:
    """What to do in one transaction with what a feed sent: keep it, or note why not and keep what was there.

    Reading takes its time, so it is done here, before the transaction.
    """
    digest = hashlib.sha256(data).hexdigest()
    if digest == feed.digest:
        return lambda: note_unchanged(feed.id)
    try:
        if feed.about == Feed.About.PEOPLE:
            entries = formats.read_ids(data)
            taken = take(entries, feed.entries, lambda _: False, lambda _: "")
        else:
            entries = formats.read_domains(data, formats.Format(feed.format))
            taken = take(entries, feed.entries, *_what_we_know())
    except BadInput as problem:
        said = problem.text
        return lambda: note_problem(feed.id, said)
    packed = hashes.pack(taken.names)

    def record() -> None:
        with transaction.atomic():
            now = clock.now()
            FeedContent.objects.update_or_create(feed_id=feed.id, defaults={"hashes": packed})
            Feed.objects.filter(pk=feed.id).update(
                entries=len(packed) // 8,
                left_out=taken.left_out,
                etag=etag[:200],
                modified=modified[:80],
                digest=digest,
                problem={},
                tried_at=now,
                ok_at=now,
                changed_at=now,
                due_at=now + timedelta(hours=feed.every_hours),
            )
            freshness.touch("lists")

    return record


def note_unchanged(feed_id: str) -> None:
    """The source has nothing new."""
    now = clock.now()
    every = Feed.objects.filter(pk=feed_id).values_list("every_hours", flat=True).first()
    if every is not None:
        due = now + timedelta(hours=every)
        Feed.objects.filter(pk=feed_id).update(tried_at=now, ok_at=now, problem={}, due_at=due)


def note_problem(feed_id: str, problem: Text) -> None:
    """A fetch that changed nothing, and why; tried again within the hour."""
    now = clock.now()
    Feed.objects.filter(pk=feed_id).update(
        tried_at=now, problem={"en": problem.en[:500], "zh": problem.zh[:500]}, due_at=now + _AGAIN
    )


def add_look_up(name: str, url: str, field: str, by: str, *, platform: str = "telegram") -> LookUpList:
    """Ask a service about newcomers. Raises BadInput for an address without `{id}`."""
    name, field = name.strip()[:60], field.strip()[:60]
    check_url(url)
    if url.count("{id}") != 1:
        raise BadInput(
            Text("The address holds {id} once, where the person's id goes.", "网址中须有且仅有一处 {id}。"),
            field="url",
        )
    if not name or not field:
        raise BadInput(Text("Name the list and the answer's field.", "请填写名称与应答字段。"), field="field")
    with transaction.atomic():
        if LookUpList.objects.filter(name=name).exists():
            raise BadInput(
                Text(f"There is a list named {name} already.", f"已有名为 {name} 的名单。"), field="name"
            )
        found = LookUpList.objects.create(name=name, url=url, field=field, platform=platform, added_by=by)
        audit.record(by, "lookup.added", f"lookup:{found.id}", {"url": url})
        freshness.touch("lists")
    return found


def remove_look_up(list_id: str, by: str) -> None:
    """Stop asking a service and forget its answers. Raises NotFound."""
    with transaction.atomic():
        found = LookUpList.objects.filter(pk=list_id).first()
        if found is None:
            raise NotFound(Text("There is no such list.", "不存在该名单。"))
        audit.record(by, "lookup.removed", f"lookup:{found.id}", {"name": found.name})
        found.delete()
        freshness.touch("lists")


def _what_we_know() -> tuple[Callable[[str], bool], Callable[[str], str]]:
    """Who is known to be fine, and which brand a domain that the house blocks imitates."""
    allowed = set(DomainEntry.objects.filter(kind="allow").values_list("domain", flat=True))
    blocked = set(DomainEntry.objects.filter(kind="block").values_list("domain", flat=True))
    known = domains.known()
    protected = [row for own in ProtectedName.objects.all() for row in own.domains]
    index = names.index(names.shipped_brands())
    fine = (
        allowed | known["allow"] | known["messengers"] | known["shorteners"] | index.domains | set(protected)
    )

    def forged(domain: str) -> str:
        if not any(name in blocked for name in domains.parents(domain)):
            return ""
        found = names.likeness(domain, domains.registrable(domain) or domain, index)
        return found.brand.name if found is not None else ""

    return lambda domain: domain in fine, forged


def _queue(feed: Feed, why: str) -> None:
    enqueue(
        NewEffect(
            FETCH,
            {"feed": feed.id},
            order_key=f"feed:{feed.id}",
            unique_key=f"{FETCH}:{feed.id}:{why}",
            priority=400,
            cause=f"feed:{feed.id}",
        )
    )


def _locked(feed_id: str) -> Feed:
    feed = Feed.objects.select_for_update().filter(pk=feed_id).first()
    if feed is None:
        raise NotFound(Text("There is no such feed.", "不存在该名单。"))
    return feed
