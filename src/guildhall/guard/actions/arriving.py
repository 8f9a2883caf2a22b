"""People coming, reacting and bringing others, as a batch tells it: what a raid and a flood are told by.

Inside intake's transaction. A space that is raided holds whoever comes; another is looked at anew when
enough came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from guildhall.channels import sql
from guildhall.channels.models import Message
from guildhall.core import bulk, clock
from guildhall.core.ids import lowest_id
from guildhall.guard import policies, raids, raids_on
from guildhall.guard.actions import raid_steps
from guildhall.guard.actions import raids as raid_actions
from guildhall.guard.models import Arrival, CampaignMessage, Case
from guildhall.guard.raids import Joined, Said, born_at, shape_of
from guildhall.guard.types import RaidLimits

ACTOR = "system:guard"
_USUAL_FROM = timedelta(days=7)
_LEAST_KNOWN = timedelta(hours=6)
"""A space known for less has no usual rate yet."""
_MOST_LOOKED_AT = 500
_TOLD_WITHIN = timedelta(minutes=10)
_WORDS_WITHIN = timedelta(minutes=10)
_NEW_FOR = timedelta(hours=24)
_MANY_WITH_ONE_TEXT = 8


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody who came into a space, or asks to be let in. Ids are ours but `external_id`."""

    space_id: str
    platform: str
    account_id: str
    external_id: str
    name: str
    username: str
    at: datetime
    is_request: bool = False


def note_arrivals(rows: Sequence[Came]) -> None:
    """Keep who came, hold them where a raid goes on, and see whether one begins; in the caller's
    transaction.
    """
    if not rows:
        return
    now = clock.now()
    rows = _told_once(rows, now)
    bulk.insert(
        Arrival,
        ("space_id", "account_id", "at", "born", "shape", "is_request"),
        [
            (
                one.space_id, one.account_id, one.at, born_at(one.platform, one.external_id, now),
                shape_of(one.name, one.username), one.is_request,
            )
            for one in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    by_space: dict[str, list[Came]] = defaultdict(list)
    for one in rows:
        by_space[one.space_id].append(one)
    for space_id, came in sorted(by_space.items()):
        on = raids_on.on_in(space_id)
        if on is not None:
            inside = [one.account_id for one in came if not one.is_request and one.at >= on.since]
            raid_steps.hold_newcomers(on.raid_id, inside, by=ACTOR)
            _see_whether_it_goes_on(space_id, on.raid_id, now)
        else:
            _see_whether_one_begins(space_id, now)


def note_campaign_words(pairs: Iterable[tuple[str, str]]) -> None:
    """See whether a campaign (space, campaign) is a raid by words: many newcomers with one text at once."""
    now = clock.now()
    quiet = {pair for pair in pairs if not raids_on.is_on(pair[0])}
    if not quiet:
        return
    lately = sql.run(
        f"SELECT DISTINCT space_id FROM guard_arrival WHERE {sql.any_of('space_id')} AND at >= %s",
        [sql.many({space for space, _ in quiet}), sql.time(now - _NEW_FOR)],
    )
    growing = {row[0] for row in lately}
    for space_id, campaign_id in sorted(pair for pair in quiet if pair[0] in growing):
        wrote = set(
            CampaignMessage.objects.filter(
                campaign_id=campaign_id, space_id=space_id, at__gte=now - _WORDS_WITHIN
            ).values_list("account_id", flat=True)[:_MOST_LOOKED_AT]
        )
        if len(wrote) < _MANY_WITH_ONE_TEXT:
            continue
        came = _joined(space_id, now - _NEW_FOR, accounts=wrote)
        if len({one.account_id for one in came}) >= _MANY_WITH_ONE_TEXT:
            _look(space_id, came, policies.active_for(space_id).raid, now)


def note_removed(space_ids: Iterable[str]) -> None:
    """Messages of newcomers were removed in raided spaces: it goes on."""
    for space_id in sorted(set(space_ids)):
        on = raids_on.on_in(space_id)
        if on is not None:
            raid_actions.goes_on(on.raid_id, clock.now())


def _told_once(rows: Sequence[Came], now: datetime) -> list[Came]:
    """A platform may tell of one arrival twice, in different words."""
    lately = set(
        Arrival.objects.filter(
            space_id__in={one.space_id for one in rows},
            account_id__in={one.account_id for one in rows},
            at__gte=now - _TOLD_WITHIN,
        ).values_list("space_id", "account_id")
    )
    first = {(one.space_id, one.account_id): one for one in reversed(rows)}
    return [one for one in first.values() if (one.space_id, one.account_id) not in lately]


def _see_whether_one_begins(space_id: str, now: datetime) -> None:
    limits = policies.active_for(space_id).raid
    since = now - timedelta(minutes=limits.minutes)
    if Arrival.objects.filter(space_id=space_id, at__gte=since).count() >= max(5, limits.joins // 2):
        _look(space_id, _joined(space_id, since), limits, now)


def _look(space_id: str, joined: Sequence[Joined], limits: RaidLimits, now: datetime) -> None:
    accounts = {one.account_id for one in joined}
    said = _said(space_id, accounts, now)
    found = raids.assess(joined, _usual(space_id, limits, now), limits, said, now)
    if not found.is_odd:
        return
    watched = not (found.is_raid and raid_actions.acts_by_itself(space_id))
    first = min((one.at for one in joined if one.at >= now - timedelta(hours=1)), default=now)
    raid_actions.declare_raid(space_id, ACTOR, evidence=found.evidence, since=first, only_watched=watched)


def _see_whether_it_goes_on(space_id: str, raid_id: str, now: datetime) -> None:
    limits = policies.active_for(space_id).raid
    since = now - timedelta(minutes=limits.minutes)
    joins = Arrival.objects.filter(space_id=space_id, at__gte=since).count()
    if raids.goes_on(joins, limits, Said()):
        raid_actions.goes_on(raid_id, now)


def _joined(space_id: str, since: datetime, *, accounts: set[str] | None = None) -> list[Joined]:
    found = Arrival.objects.filter(space_id=space_id, at__gte=since)
    if accounts is not None:
        found = found.filter(account_id__in=accounts)
    rows = found.order_by("-at").values_list("account_id", "at", "born", "shape")[:_MOST_LOOKED_AT]
    return [Joined(*row) for row in rows]


def _usual(space_id: str, limits: RaidLimits, now: datetime) -> float:
    """Joins in the policy's minutes as a rule here, over the last days; 0 where that is not known yet."""
    until = now - timedelta(minutes=limits.minutes)
    past = Arrival.objects.filter(space_id=space_id, at__gte=now - _USUAL_FROM, at__lt=until).aggregate(
        n=Count("pk"), first=Min("at")
    )
    if past["first"] is None or until - past["first"] < _LEAST_KNOWN:
        return 0.0
    windows = (until - past["first"]) / timedelta(minutes=limits.minutes)
    return float(past["n"] / windows)


def _said(space_id: str, accounts: set[str], now: datetime) -> Said:
    """What these people wrote in the last minutes."""
    if not accounts:
        return Said()
    since = now - _WORDS_WITHIN
    alike = Counter(
        dict(
            CampaignMessage.objects.filter(space_id=space_id, account_id__in=accounts, at__gte=since)
            .order_by()
            .values_list("campaign_id")
            .annotate(n=Count("account_id", distinct=True))
        )
    )
    removed = (
        Case.objects.filter(
            account_id__in=accounts, space_id=space_id, kind=Case.Kind.VERDICT, id__gte=lowest_id(since)
        )
        .exclude(enacted=[])
        .count()
    )
    wrote = (
        Message.objects.filter(account_id__in=accounts, space_id=space_id, id__gte=lowest_id(since))
        .order_by()
        .values("account_id")
        .distinct()
        .count()
    )
    return Said(max(alike.values(), default=0), removed, wrote)
