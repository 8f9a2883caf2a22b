"""What others read of the exchange: who stands behind a pseudonym, how feeds are, what became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, OuterRef, Q, Subquery

from guildhall.core import clock
from guildhall.exchange.models import BadRow, Batch, Feed, VenueAccount

QUIET_HOURS: Final = 24
"""Hours without a batch after which a feed counts as silent, unless it says otherwise."""
OK, SILENT, FAILING, PAUSED, NEW = "ok", "silent", "failing", "paused", "new"


@dataclass(frozen=True, slots=True)
class Health:
    """How a feed is. `state`: ok, silent, failing, paused, or new (nothing has come yet); `last` is the
    newest batch; `bad_rows` are those that wait to be mended.
    """

    feed: Feed
    state: str
    last: Batch | None
    bad_rows: int

    @property
    def needs_somebody(self) -> bool:
        """Whether a person should look."""
        return self.state in (SILENT, FAILING)


def uid_of(pseudonym: str) -> tuple[str, str] | None:
    """(venue, UID) behind a pseudonym; None when it is unknown or was erased."""
    return VenueAccount.objects.filter(pseudonym=pseudonym).values_list("venue", "uid").first()


def pseudonyms_of_member(member_id: str) -> list[tuple[str, str]]:
    """(venue, pseudonym) of every account known to belong to a member, by venue."""
    rows = VenueAccount.objects.filter(member_id=member_id).order_by("venue", "pseudonym")
    return list(rows.values_list("venue", "pseudonym"))


def healths(now: datetime | None = None) -> list[Health]:
    """Every feed and how it is, by name."""
    at = now or clock.now()
    newest = Batch.objects.filter(feed=OuterRef("pk")).order_by("-at", "-id").values("id")[:1]
    feeds = list(Feed.objects.annotate(last_id=Subquery(newest)).order_by("name", "id"))
    lasts = Batch.objects.in_bulk([feed.last_id for feed in feeds if feed.last_id])
    open_rows = dict(
        BadRow.objects.filter(state__in=(BadRow.State.OPEN, BadRow.State.MENDED))
        .values_list("batch__feed")
        .annotate(n=Count("id"))
        .order_by()
    )
    return [
        Health(
            feed,
            _state(feed, lasts.get(feed.last_id), at),
            lasts.get(feed.last_id),
            open_rows.get(feed.pk, 0),
        )
        for feed in feeds
    ]


def health_of(feed: Feed, now: datetime | None = None) -> Health:
    """How one feed is."""
    last = Batch.objects.filter(feed=feed).order_by("-at", "-id").first()
    open_rows = BadRow.objects.filter(batch__feed=feed, state__in=(BadRow.State.OPEN, BadRow.State.MENDED))
    return Health(feed, _state(feed, last, now or clock.now()), last, open_rows.count())


def _state(feed: Feed, last: Batch | None, now: datetime) -> str:
    if feed.state == Feed.State.PAUSED:
        return PAUSED
    if feed.problem or (last is not None and last.state == Batch.State.FAILED):
        return FAILING
    quiet = quiet_hours(feed)
    heard = last.at if last is not None else feed.at
    if quiet and now - heard > timedelta(hours=quiet):
        return SILENT
    return OK if last is not None else NEW


def quiet_hours(feed: Feed) -> int:
    """Hours of silence that are normal for a feed; 0: it is never missed (files by hand)."""
    if feed.way == Feed.Way.FILE:
        return 0
    said = feed.options.get("quiet_hours", QUIET_HOURS)
    return said if isinstance(said, int) and said >= 0 else QUIET_HOURS


def open_bad_rows(batch: Batch) -> dict[str, int]:
    """How many bad rows of a batch stand in each state."""
    found = dict(batch.bad_rows.values_list("state").annotate(n=Count("id")).order_by())
    return {state: found.get(state, 0) for state in BadRow.State.values}


def reasons_of(batch: Batch) -> list[tuple[str, int, int]]:
    """Bad rows of a batch by field: (field, how many, the first line), most first."""
    from django.db.models import Min

    rows = batch.bad_rows.values("field").annotate(n=Count("id"), first=Min("line")).order_by("-n", "field")
    return [(row["field"], row["n"], row["first"]) for row in rows]


def shipped_since(since: datetime) -> dict[str, object]:
    """Batches that reached the tables since a time: how many, and when the newest did."""
    done = Batch.objects.filter(Q(shipped_at__gte=since))
    return done.aggregate(count=Count("id"), newest=Max("shipped_at"))
