"""What is counted of groups day by day: from who WeCom says is in them, from what it counts for each
owner, and from what a person counted where no program may look. Days are those of Beijing, as WeCom's
are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from guildhall.channels.wecom import client, customers
from guildhall.channels.wecom.assisted_models import AssistedEntry
from guildhall.channels.wecom.models import State, WecomCorp, WecomGroup, WecomGroupMember
from guildhall.core import clock
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.spaces.models import GroupDay, OwnerDay

COUNT, OWNERS = "spaces.count", "spaces.count_owners"
ZONE = ZoneInfo("Asia/Shanghai")
MOST_PAGES = 100
_PATH = "/cgi-bin/externalcontact/groupchat/statistic"


def perform_count(effect: Claimed) -> Done:
    """Count yesterday, and have WeCom asked for its own numbers. The same day again changes nothing."""
    day = yesterday()
    with transaction.atomic():
        counted = count_groups(day)
        corps = WecomCorp.objects.filter(state=State.ACTIVE).values_list("corpid", flat=True)
        effects.enqueue_many(
            NewEffect(
                OWNERS,
                {"corp": corpid, "day": day.isoformat()},
                unique_key=f"{OWNERS}:{corpid}:{day}",
                priority=200,
            )
            for corpid in corps
        )
    return Done({"groups": counted})


def count_groups(day: date) -> int:
    """Write the figures of every group for a day; how many groups. Inside the caller's transaction."""
    begin, end = bounds(day)
    joined: dict[str, Counter[str]] = {}
    here: Counter[str] = Counter()
    left: Counter[str] = Counter()
    members = WecomGroupMember.objects.filter(Q(joined_at__lt=end) | Q(joined_at=None))
    for group, came, went, scene in members.values_list(
        "group_id", "joined_at", "left_at", "join_scene"
    ).iterator(chunk_size=5000):
        if went is None or went >= end:
            here[group] += 1
        elif went >= begin:
            left[group] += 1
        if came is not None and came >= begin:
            joined.setdefault(group, Counter())[str(scene)] += 1
    rows = [
        GroupDay(
            space_id=group, day=day, heads=here[group], left=left[group], by_hand=False,
            joined=joined.get(group, Counter()).total(), scenes=dict(joined.get(group, {})),
        )
        for group in WecomGroup.objects.filter(dismissed_at=None).values_list("pk", flat=True)
    ]  # fmt: skip
    rows += [
        GroupDay(
            space_id=entry.space_id, day=day, heads=entry.heads, joined=entry.joined, left=entry.left,
            by_hand=True,
        )
        for entry in AssistedEntry.objects.filter(day=day)
    ]  # fmt: skip
    _write(rows)
    return len(rows)


def perform_owners(effect: Claimed) -> Done:
    """Ask WeCom what it counted for each owner of groups on a day. Raises Temporary, Refused."""
    corp = WecomCorp.objects.get(corpid=effect.payload["corp"])
    day = date.fromisoformat(effect.payload["day"])
    rows = [_owner(corp, day, item) for item in _items(corp, day)]

    def record() -> None:
        OwnerDay.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["corp", "userid", "day"],
            update_fields=["groups", "members", "joined", "active_groups", "active_members", "messages"],
        )

    return Done({"owners": len(rows)}, record)


def yesterday() -> date:
    """The last whole day in Beijing."""
    return clock.now().astimezone(ZONE).date() - timedelta(days=1)


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day begins and ends."""
    begin = datetime.combine(day, time(), ZONE)
    return begin, begin + timedelta(days=1)


def _write(rows: list[GroupDay]) -> None:
    GroupDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["space", "day"],
        update_fields=["heads", "joined", "left", "scenes", "by_hand"],
        batch_size=500,
    )


def _items(corp: WecomCorp, day: date) -> Iterator[Mapping[str, Any]]:
    begin = int(bounds(day)[0].timestamp())
    offset = 0
    for _ in range(MOST_PAGES):
        body = {
            "day_begin_time": begin, "day_end_time": begin, "order_by": 1, "order_asc": 0, "offset": offset,
            "limit": 500,
        }  # fmt: skip
        said = client.call(customers.contact_key(corp), _PATH, body)
        yield from (row for row in said.get("items") or () if isinstance(row, dict))
        following = said.get("next_offset")
        if not isinstance(following, int) or following <= offset:
            return
        offset = following


def _owner(corp: WecomCorp, day: date, item: Mapping[str, Any]) -> OwnerDay:
    found = item.get("data")
    data = found if isinstance(found, dict) else {}

    def number(name: str) -> int:
        value = data.get(name)
        return max(0, value) if isinstance(value, int) else 0

    return OwnerDay(
        corp=corp, userid=str(item.get("owner", ""))[:64], day=day, groups=number("chat_total"),
        members=number("member_total"), joined=number("new_member_cnt"),
        active_groups=number("chat_has_msg"), active_members=number("member_has_msg"),
        messages=number("msg_total"),
    )  # fmt: skip
