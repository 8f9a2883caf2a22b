"""Feeds: set up, changed, paused, given another secret.

A secret is shown once, when it is made. After a change the one before counts for a day, so that the sender
can be changed without a gap.
"""

from __future__ import annotations

import re
import secrets as random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify

from guildhall.core import audit, clock, secrets
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.exchange import files
from guildhall.exchange.models import Feed, MappingProfile
from guildhall.exchange.reading import mapping as mappings

OVERLAP: Final = timedelta(hours=24)
_VENUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
Way, State = Feed.Way, Feed.State


def create_feed(
    *, name: str, venue: str, way: str, by: str, table: str = "trades", slug: str = "",
    mapping: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None,
    bucket_secret: str = "",
) -> tuple[Feed, str]:  # fmt: skip
    """A new feed, and its secret where senders sign (else ''). Raises BadInput, Conflict."""
    name, venue = name.strip(), venue.strip().lower()
    slug = slugify(slug or name)[:60] or slugify(f"{venue}-{table}")
    if not name or not _VENUE.fullmatch(venue):
        raise BadInput(
            Text("A venue is a short name in small letters, such as okx.", "交易所为小写短名，例如 okx。"),
            field="venue" if name else "name",
        )
    mappings.fields_of(table)
    if mapping:
        mappings.from_json(dict(mapping))
    if way == Way.BUCKET:
        check_bucket(dict(options or {}))
    secret = random.token_urlsafe(32) if way == Way.HTTP else ""
    with transaction.atomic():
        if Feed.objects.filter(slug=slug).exists():
            raise Conflict(
                Text(f"There is a feed {slug} already.", f"数据源 {slug} 已存在。"), code="slug_taken"
            )
        feed = Feed.objects.create(
            slug=slug, name=name[:120], venue=venue, way=way, table=table, mapping=dict(mapping or {}),
            options=dict(options or {}), by=by[:60],
        )  # fmt: skip
        if secret:
            secrets.put(_secret(feed), secret, by)
        if bucket_secret:
            secrets.put(_bucket(feed), bucket_secret, by)
        said = {"venue": venue, "way": way, "table": table}
        audit.record(by, "exchange_feed.created", f"exchange_feed:{feed.id}", said)
    if way == Way.FOLDER:
        files.inbox(slug)
    return feed, secret


def feed_of_files(venue: str, *, by: str, table: str = "trades") -> Feed:
    """The feed that files of a venue given by hand belong to; made when there is none. Raises BadInput."""
    venue = venue.strip().lower()
    found = Feed.objects.filter(venue=venue, way=Way.FILE).order_by("id").first()
    if found is not None:
        return found
    slug = f"{venue}-files"
    while Feed.objects.filter(slug=slug).exists():
        slug += "-x"
    return create_feed(name=f"{venue}: files", venue=venue, way=Way.FILE, by=by, table=table, slug=slug)[0]


def save_profile(name: str, mapping: Mapping[str, Any], by: str) -> MappingProfile:
    """Keep a mapping under a name, in the place of an earlier one. Raises BadInput."""
    read = mappings.from_json(dict(mapping))
    name = name.strip()[:80]
    if not name:
        raise BadInput(Text("Give the mapping a name.", "请为映射命名。"), field="name")
    with transaction.atomic():
        profile, _is_new = MappingProfile.objects.update_or_create(
            name=name,
            defaults={
                "table": read.table,
                "mapping": mappings.to_json(read),
                "by": by[:60],
                "at": clock.now(),
            },
        )
        audit.record(by, "mapping.saved", f"mapping:{profile.pk}", {"table": read.table})
    return profile


def edit_feed(
    feed_id: str, *, by: str, name: str, table: str, mapping: Mapping[str, Any],
    options: Mapping[str, Any], bucket_secret: str = "",
) -> Feed:  # fmt: skip
    """Change how a feed is read; batches that came already stay as they were read. Raises BadInput,
    NotFound.
    """
    mappings.fields_of(table)
    if mapping:
        mappings.from_json(dict(mapping))
    with transaction.atomic():
        feed = locked(feed_id)
        if feed.way == Way.BUCKET:
            check_bucket(dict(options))
        feed.name, feed.table, feed.mapping = name.strip()[:120] or feed.name, table, dict(mapping)
        kept = {key: feed.options[key] for key in ("old_secret_until",) if key in feed.options}
        feed.options = {**dict(options), **kept}
        feed.save(update_fields=["name", "table", "mapping", "options"])
        if bucket_secret:
            secrets.put(_bucket(feed), bucket_secret, by)
        audit.record(by, "exchange_feed.edited", f"exchange_feed:{feed.id}", {"table": table})
    return feed


def set_state(feed_id: str, state: str, by: str) -> None:
    """Pause a feed (what comes is refused or left where it is) or let it go on. Raises NotFound."""
    with transaction.atomic():
        feed = locked(feed_id)
        if feed.state == state:
            return
        feed.state = State(state)
        feed.save(update_fields=["state"])
        verb = "exchange_feed.paused" if state == State.PAUSED else "exchange_feed.resumed"
        audit.record(by, verb, f"exchange_feed:{feed.id}")


def rotate_secret(feed_id: str, by: str) -> str:
    """Give a feed another secret; the one before counts for a day more. Raises NotFound, Conflict."""
    with transaction.atomic():
        feed = locked(feed_id)
        if feed.way != Way.HTTP:
            raise Conflict(Text("This feed has no secret.", "该数据源没有密钥。"))
        fresh = random.token_urlsafe(32)
        secrets.put(_old_secret(feed), secrets.get(_secret(feed)), by)
        secrets.put(_secret(feed), fresh, by)
        feed.options = {**feed.options, "old_secret_until": (clock.now() + OVERLAP).isoformat()}
        feed.save(update_fields=["options"])
        audit.record(by, "exchange_feed.secret_rotated", f"exchange_feed:{feed.id}")
    return fresh


def secrets_of(feed: Feed) -> list[str]:
    """The secrets that count now, the present one first."""
    found = [secrets.get(_secret(feed))]
    until = feed.options.get("old_secret_until")
    if until and datetime.fromisoformat(until) > clock.now():
        found.append(secrets.get(_old_secret(feed)))
    return found


def bucket_secret_of(feed: Feed) -> str:
    """The secret key of a bucket, or '' where none was given."""
    try:
        return secrets.get(_bucket(feed))
    except NotFound:
        return ""


def check_bucket(options: Mapping[str, Any]) -> None:
    """Raises BadInput for an address that is not one of a bucket."""
    url = str(options.get("url", ""))
    if not re.fullmatch(r"s3://[A-Za-z0-9][A-Za-z0-9.-]{1,62}(/[^\s?#]*)?", url):
        raise BadInput(
            Text("A bucket's address is s3://bucket/folder.", "存储桶地址形如 s3://bucket/folder。"),
            field="url",
        )


def locked(feed_id: str) -> Feed:
    """A feed for the caller's transaction. Raises NotFound."""
    feed = Feed.objects.select_for_update().filter(pk=feed_id).first()
    if feed is None:
        raise NotFound(Text("There is no such feed.", "不存在该数据源。"))
    return feed


def _secret(feed: Feed) -> str:
    return f"feed:{feed.id}"


def _old_secret(feed: Feed) -> str:
    return f"feed:{feed.id}:old"


def _bucket(feed: Feed) -> str:
    return f"feed:{feed.id}:bucket"
