"""Who else lately posted nearly the same text: the texts of a batch against those of the last day and
against the campaigns known by heart. One query a batch, none for texts of known campaigns; a campaign
inside one batch is seen.

Reads only. What is found is recorded by `actions.tracing` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from guildhall.channels import sql
from guildhall.core import reading
from guildhall.core.ids import new_id
from guildhall.guard import known_campaigns
from guildhall.guard.fingerprints import ALIKE, BANDS, SURE, Fingerprint, equal_values
from guildhall.guard.models import Campaign
from guildhall.guard.types import Alike

WITHIN = timedelta(hours=24)
FOUND_AT = 4
"""Accounts with nearly the same text that make a campaign when it lures (a link, a contact, praise)."""
FOUND_AT_WITHOUT_LURE = 8
NOBODY = Alike()
_MOST = 5_000
"""Rows of one look-up; a text is given no bands any more once it is known, so this is never met."""
_ENOUGH = 24
"""Copies by which a text is found; later ones need not be found themselves."""


@dataclass(slots=True)
class Near:
    """A text that was posted. `pk` of its stored fingerprint, 0 while it is of this batch."""

    pk: int
    message_id: str
    account_id: str
    space_id: str
    at: datetime
    values: str
    is_suspect: bool
    campaign_id: str


@dataclass(slots=True)
class Found:
    """What became of one text. `is_fine`: a person said that this text is no harm. `needs_bands`: it must
    be found by later ones. `founds`: the earlier copies, when this one makes them a campaign.
    """

    alike: Alike = NOBODY
    campaign_id: str = ""
    is_fine: bool = False
    is_confirmed: bool = False
    needs_bands: bool = True
    is_variant: bool = False
    founds: list[Near] = field(default_factory=list)


_OF_CAMPAIGN = ("id", "state", "accounts", "spaces", "messages")


class Likeness:
    """The texts a batch is compared with, growing with every message."""

    def __init__(self, prints: Iterable[Fingerprint | None], now: datetime) -> None:
        self._by_band: dict[int, list[Near]] = {}
        self._known: dict[str, tuple[str, int]] = {}
        self._campaigns: dict[str, Campaign] = {}
        wanted: list[set[int]] = [set() for _ in range(BANDS)]
        for one in prints:
            if one is None or one.values in self._known:
                continue
            self._known[one.values] = match = known_campaigns.find(one)
            if not match[0]:
                for place, band in zip(wanted, one.bands, strict=True):
                    place.add(band)
        if wanted[0]:
            for near, bands in _stored(wanted, now - WITHIN):
                for band in bands:
                    self._by_band.setdefault(band, []).append(near)
        ids = {campaign for campaign, _ in self._known.values() if campaign}
        ids |= {near.campaign_id for rows in self._by_band.values() for near in rows if near.campaign_id}
        if ids:
            known = reading.objects(Campaign, sql.any_of("id"), [sql.many(ids)], only=_OF_CAMPAIGN)
            self._campaigns = {one.pk: one for one in known}

    def of(self, one: Fingerprint, account_id: str, *, lures: Callable[[], bool], is_suspect: bool) -> Found:
        """What is known of a text. `lures`: it has a link, a contact or praise; `is_suspect`: that, or a
        newcomer.
        """
        pk, equal = self._known.get(one.values, ("", 0))
        if pk in self._campaigns:
            return self._of_campaign(self._campaigns[pk], equal)
        near = self._near(one)
        pk = next((row.campaign_id for row in near if row.campaign_id), "")
        if pk in self._campaigns:
            found = self._of_campaign(self._campaigns[pk], ALIKE)
            found.is_variant = not found.is_fine
            return found
        if not near:
            return Found()
        others = [row for row in near if row.account_id != account_id]
        accounts = {row.account_id for row in others}
        alike = Alike(pk, len(accounts), len({row.space_id for row in others}), len(others))
        if pk:  # found a moment ago, in this batch
            return Found(alike, pk)
        out = Found(alike, needs_bands=len(near) < _ENOUGH)
        suspects = {row.account_id for row in near if row.is_suspect} | (
            {account_id} if is_suspect else set()
        )
        if len(suspects) >= FOUND_AT and (len(suspects) >= FOUND_AT_WITHOUT_LURE or lures()):
            out.campaign_id = new_id()
            out.founds = near
            out.alike = Alike(out.campaign_id, alike.accounts, alike.spaces, alike.messages)
            for row in near:
                row.campaign_id = out.campaign_id
        return out

    def count(self, one: Fingerprint, row: Near) -> None:
        """A message was judged: the next ones of this batch are compared with it too."""
        if not self._known.get(one.values, ("", 0))[0]:
            for band in dict.fromkeys(one.bands):
                self._by_band.setdefault(band, []).append(row)

    def _near(self, one: Fingerprint) -> list[Near]:
        out: dict[str, Near] = {}
        for band in one.bands:
            for row in self._by_band.get(band, ()):
                if row.message_id not in out and equal_values(row.values, one.values) >= ALIKE:
                    out[row.message_id] = row
        return list(out.values())

    @staticmethod
    def _of_campaign(campaign: Campaign, equal: int) -> Found:
        if campaign.state == Campaign.State.CLEARED:
            return Found(is_fine=True, needs_bands=False)
        sure = campaign.state == Campaign.State.CONFIRMED and equal >= SURE
        alike = Alike(
            campaign.pk, max(1, campaign.accounts - 1), max(1, campaign.spaces), campaign.messages, sure
        )
        return Found(alike, campaign.pk, is_confirmed=sure, needs_bands=False)


def _stored(bands: Sequence[set[int]], since: datetime) -> Iterable[tuple[Near, tuple[int, ...]]]:
    columns = 'id, message_id, account_id, space_id, at, "values", is_suspect, campaign_id'
    names = [f"band{n}" for n in range(BANDS)]
    on_postgres = connection.vendor == "postgresql"
    among = "= ANY(%s::int[])" if on_postgres else "IN (SELECT value FROM json_each(%s))"
    looks = " UNION ".join(f"SELECT id FROM guard_fingerprint WHERE {name} {among}" for name in names)
    rows = sql.run(
        f"SELECT {columns}, {', '.join(names)} FROM guard_fingerprint WHERE id IN ({looks}) AND at >= %s "
        f"ORDER BY id DESC LIMIT {_MOST}",
        [*(sql.many(sorted(place)) for place in bands), sql.time(since)],
    )
    for pk, message, account, space, at, values, suspect, campaign, *found in rows:
        moment = sql.moment(at) or since
        yield Near(pk, message, account, space, moment, values, bool(suspect), campaign), tuple(found)
