"""The conduct around stored messages as it was when each came in: copies, campaigns, links before, heat,
raids.

Nothing later than a message counts for it. What cannot be known afterwards is left out: near copies that
never became a campaign, and the part of heat that came from verdicts of that time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from guildhall.channels.models import Message, MessageVersion
from guildhall.guard import heat
from guildhall.guard.likeness import FOUND_AT, NOBODY
from guildhall.guard.models import Campaign, CampaignMessage, Raid
from guildhall.guard.types import Alike, Context, Copies, Subject

_DAY = timedelta(days=1)
_MOST_COPIES = 200
"""As many as intake counts."""
Pair = tuple[str, str]


class PastConduct:
    """The conduct around the messages of a chunk, in order of arrival; ask for each once, in that order."""

    def __init__(self, rows: Sequence[Message]) -> None:
        self._copies = copies_before(rows)
        self._alike = _alike_before(rows)
        self._before = _wordings(rows)
        self._raids = _raids(rows)
        self._links, self._last = _links_before(rows)
        self._heat: dict[Pair, tuple[int, datetime]] = {}

    def beside(self, row: Message, subject: Subject, context: Context) -> tuple[Subject, Context]:
        """The message and its context with all of this filled in."""
        pair, at = (row.space_id, row.account_id or ""), row.received_at
        warm, since = self._heat.get(pair, (0, at))
        warm = heat.decayed(warm, since, at)
        sender = replace(
            context.sender, heat=warm, links_seen=self._links[pair], last_seen=self._last.get(pair)
        )
        context = replace(
            context,
            sender=sender,
            copies=self._copies.get(row.id, Copies()),
            alike=self._alike.get(row.id, NOBODY),
            under_raid=any(
                began <= at and (ended is None or at < ended) for began, ended in self._raids[pair[0]]
            ),
        )
        if row.version > 1:
            subject = replace(subject, before=self._before.get(row.id))
        self._heat[pair] = heat.after(warm, heat.added(subject, 0, sender, at)), at
        self._links[pair] += bool(row.links)
        self._last[pair] = row.sent_at
        return subject, context


def copies_before(rows: Sequence[Message]) -> dict[str, Copies]:
    """Copies of each text by others within the day before it, by message id."""
    hashes = {row.text_hash for row in rows if row.text_hash}
    if not hashes:
        return {}
    posted = Message.objects.filter(
        Q(text_hash__in=hashes),
        received_at__gt=rows[0].received_at - _DAY,
        received_at__lte=rows[-1].received_at,
        id__lte=rows[-1].id,
        account__isnull=False,
    )
    by_hash: dict[str, list[tuple[str, datetime, str, str]]] = defaultdict(list)
    for text_hash, pk, at, account, space in posted.order_by("id").values_list(
        "text_hash", "id", "received_at", "account_id", "space_id"
    ):
        by_hash[text_hash].append((pk, at, str(account), space))
    out: dict[str, Copies] = {}
    seen: dict[str, tuple[int, deque[tuple[datetime, str, str]]]] = {}
    for row in rows:
        if not row.text_hash:
            continue
        place, window = seen.get(row.text_hash, (0, deque(maxlen=_MOST_COPIES)))
        found = by_hash[row.text_hash]
        while place < len(found) and found[place][0] < row.id:
            window.append(found[place][1:])
            place += 1
        seen[row.text_hash] = place, window
        since = row.received_at - _DAY
        others = [
            (account, space) for at, account, space in window if at > since and account != row.account_id
        ]
        if others:
            accounts, spaces = {account for account, _ in others}, {space for _, space in others}
            out[row.id] = Copies(len(accounts), len(spaces), len(others))
    return out


def _alike_before(rows: Sequence[Message]) -> dict[str, Alike]:
    """The campaign of each message with what was in it by then."""
    wanted = dict(
        CampaignMessage.objects.filter(message_id__in=[row.id for row in rows]).values_list(
            "message_id", "campaign_id"
        )
    )
    if not wanted:
        return {}
    campaigns = Campaign.objects.in_bulk(set(wanted.values()))
    links: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for of, message, account, space in (
        CampaignMessage.objects.filter(campaign_id__in=campaigns, message_id__lte=rows[-1].id)
        .order_by("message_id")
        .values_list("campaign_id", "message_id", "account_id", "space_id")
    ):
        links[of].append((message, account, space))
    out: dict[str, Alike] = {}
    state: dict[str, tuple[int, set[str], set[str]]] = {}
    for row in rows:
        campaign = wanted.get(row.id)
        if campaign is None:
            continue
        place, accounts, spaces = state.get(campaign, (0, set(), set()))
        found = links[campaign]
        while place < len(found) and found[place][0] < row.id:
            accounts.add(found[place][1])
            spaces.add(found[place][2])
            place += 1
        state[campaign] = place, accounts, spaces
        decided, others = campaigns[campaign], accounts - {row.account_id or ""}
        was_decided = decided.decided_at is not None and decided.decided_at <= row.received_at
        if not others or (was_decided and decided.state == Campaign.State.CLEARED):
            continue
        is_one = len(others) + 1 >= FOUND_AT
        out[row.id] = Alike(
            campaign if is_one else "",
            len(others),
            len(spaces),
            place,
            is_one and was_decided and decided.state == Campaign.State.CONFIRMED,
        )
    return out


def _links_before(rows: Sequence[Message]) -> tuple[dict[Pair, int], dict[Pair, datetime]]:
    """Messages with links each sender had in the space before these, and when they last wrote there."""
    links: dict[Pair, int] = defaultdict(int)
    last: dict[Pair, datetime] = {}
    found = (
        Message.objects.filter(
            account_id__in={row.account_id for row in rows if row.account_id}, id__lt=rows[0].id
        )
        .order_by()
        .values_list("space_id", "account_id")
        .annotate(n=Count("id", filter=~Q(links=[])), at=Max("sent_at"))
    )
    for space, account, n, at in found:
        links[space, str(account)] = n
        last[space, str(account)] = at
    return links, last


def _wordings(rows: Sequence[Message]) -> dict[str, str]:
    edited = {row.id: row.version - 1 for row in rows if row.version > 1}
    if not edited:
        return {}
    found = MessageVersion.objects.filter(message_id__in=edited).values_list("message_id", "version", "text")
    return {message: text for message, version, text in found if edited[message] == version}


def _raids(rows: Sequence[Message]) -> dict[str, list[tuple[datetime, datetime | None]]]:
    out: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    found = Raid.objects.exclude(state=Raid.State.SUSPECTED).filter(
        space_id__in={row.space_id for row in rows}
    )
    for space, began, ended in found.values_list("space_id", "began_at", "ended_at"):
        out[space].append((began, ended))
    return out
