"""Records what messages leave behind beside their verdicts: fingerprints, campaigns found and grown, heat
and links.

Batches inside intake's transaction, raw where they are on the path of every message. A message of a
campaign that a person confirmed is removed with the batch that brings it, in every space and under every
policy.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection

from guildhall.channels import sql
from guildhall.core import audit, bulk, reading
from guildhall.effects import webhooks
from guildhall.guard import alerts_behaviour, known_campaigns
from guildhall.guard.actions import arriving, campaign_removal
from guildhall.guard.fingerprints import BANDS, equal_values
from guildhall.guard.fingerprints import Fingerprint as Print
from guildhall.guard.likeness import Found
from guildhall.guard.models import Campaign, CampaignMessage, Fingerprint

ACTOR = "system:guard"
_NEW_SHAPE = 14
"""A wording whose fingerprint agrees less than this with all known ones of its campaign is kept beside
them.
"""

_PRINT_COLUMNS = (
    "message_id", "account_id", "space_id", "at", "values", "band0", "band1", "band2", "band3", "band4",
    "band5", "is_suspect", "campaign_id",
)  # fmt: skip
_NO_BANDS = (None,) * BANDS


@dataclass(frozen=True, slots=True)
class Trace:
    """What one judged message leaves. `heat` as it is now; `links`: 1 when it had any. `print_` is None for
    what is too short. `keeps_raid`: it was removed while its space is raided.
    """

    message_id: str
    account_id: str
    space_id: str
    at: datetime
    print_: Print | None = None
    found: Found | None = None
    is_suspect: bool = False
    heat: int = 0
    had_heat: bool = False
    links: int = 0
    keeps_raid: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """A message to be linked to a campaign. `variant`: its fingerprint, when its wording is a new one."""

    campaign_id: str
    message_id: str
    account_id: str
    space_id: str
    at: datetime
    variant: str = ""


def record_traces(traces: Sequence[Trace]) -> None:
    """Keep the traces of a batch, in the caller's transaction. Their messages must be stored already."""
    if not traces:
        return
    _keep_conduct(traces)
    arriving.note_removed(one.space_id for one in traces if one.keeps_raid)
    prints = [one for one in traces if one.print_ is not None and one.found is not None]
    if not prints:
        return
    found = [one for one in prints if one.found is not None and one.found.founds]
    for one in found:
        _found_campaign(one)
    _keep_prints(prints)
    _grow([one for one in prints if one.found is not None and one.found.campaign_id])


def _keep_prints(prints: Sequence[Trace]) -> None:
    rows = []
    for one in prints:
        found, print_ = one.found, one.print_
        if found is None or print_ is None or found.is_fine:
            continue
        bands = print_.bands if found.needs_bands else _NO_BANDS
        rows.append(
            (one.message_id, one.account_id, one.space_id, one.at, print_.values, *bands, one.is_suspect,
             found.campaign_id)
        )  # fmt: skip
    bulk.insert(Fingerprint, _PRINT_COLUMNS, rows)


def _found_campaign(one: Trace) -> None:
    """The row of a campaign, with what was posted before; its own message follows with the others."""
    assert one.found is not None
    assert one.print_ is not None
    near = one.found.founds
    first = min([*(row.at for row in near), one.at])
    shapes = [one.print_.values]
    for row in near:
        _add_shape(shapes, row.values)
    earliest = min(near, key=lambda row: row.at, default=None)
    Campaign.objects.create(
        id=one.found.campaign_id,
        sample_id=earliest.message_id if earliest is not None else one.message_id,
        shapes=shapes,
        first_seen=first,
        last_seen=one.at,
        found_at=one.at,
    )
    stored = [row.pk for row in near if row.pk]
    if stored:
        Fingerprint.objects.filter(pk__in=stored).update(campaign_id=one.found.campaign_id)
    link(Linked(one.found.campaign_id, row.message_id, row.account_id, row.space_id, row.at) for row in near)
    audit.record(ACTOR, "campaign.found", f"campaign:{one.found.campaign_id}", {"messages": len(near) + 1})
    webhooks.announce("campaign.found", {"campaign": one.found.campaign_id, "messages": len(near) + 1})
    alerts_behaviour.tell_of_campaign(one.found.campaign_id, one.space_id)
    known_campaigns.touch()


def _grow(rows: Sequence[Trace]) -> None:
    """Link new messages to their campaigns; a confirmed one has them removed at once."""
    if not rows:
        return
    given = [
        Linked(
            one.found.campaign_id,
            one.message_id,
            one.account_id,
            one.space_id,
            one.at,
            one.print_.values if one.found.is_variant and one.print_ is not None else "",
        )
        for one in rows
        if one.found is not None
    ]
    new = {one.message_id for one in link(given)}
    sure: dict[str, list[str]] = defaultdict(list)
    for one in rows:
        if one.found is not None and one.found.is_confirmed and one.message_id in new:
            sure[one.found.campaign_id].append(one.message_id)
    confirmed = Campaign.objects.filter(pk__in=list(sure), state=Campaign.State.CONFIRMED)
    for campaign in confirmed if sure else ():
        links = CampaignMessage.objects.filter(message_id__in=sure[campaign.pk])
        campaign_removal.remove(campaign, list(links), by=ACTOR)
    arriving.note_campaign_words((one.space_id, one.campaign_id) for one in given)


def link(rows: Iterable[Linked]) -> list[Linked]:
    """Link messages to campaigns and bring the counts in line; returns those that were new.

    Only messages that are stored count: one may have been taken away since its fingerprint was kept.
    """
    given = {row.message_id: row for row in rows}
    if not given:
        return []
    ids = list(given)
    linked = {
        row[0]
        for row in sql.run(
            f"SELECT message_id FROM guard_campaignmessage WHERE {sql.any_of('message_id')}", [sql.many(ids)]
        )
    }
    there = sql.run(
        f"SELECT id FROM channels_message WHERE {sql.any_of('id')} AND account_id IS NOT NULL",
        [sql.many(message for message in ids if message not in linked)],
    )
    stored = {row[0] for row in there}
    fresh = [row for message, row in given.items() if message in stored]
    if not fresh:
        return []
    known = _accounts_in(fresh)
    bulk.insert(
        CampaignMessage,
        ("campaign", "message", "account", "space", "at", "removed", "was_open"),
        [
            (row.campaign_id, row.message_id, row.account_id, row.space_id, row.at, False, False)
            for row in fresh
        ],
        ignore_conflicts=True,
    )
    _count(fresh, known)
    return fresh


def _count(fresh: Sequence[Linked], known: set[tuple[str, str]]) -> None:
    """What the campaigns of newly linked messages say of themselves. `known`: accounts in them already."""
    by_campaign: dict[str, list[Linked]] = defaultdict(list)
    for row in fresh:
        by_campaign[row.campaign_id].append(row)
    updates = []
    has_new_shape = False
    condition = f"{sql.any_of('id')} ORDER BY id{reading.for_update()}"
    for one in reading.objects(Campaign, condition, [sql.many(by_campaign)]):
        rows = by_campaign[one.pk]
        accounts = {row.account_id for row in rows if (one.pk, row.account_id) not in known}
        spaces = list(dict.fromkeys([*one.in_spaces, *(row.space_id for row in rows)]))
        shapes = list(one.shapes)
        if one.state == Campaign.State.SUSPECTED:
            for row in rows:
                if row.variant:
                    _add_shape(shapes, row.variant)
        has_new_shape = has_new_shape or len(shapes) > len(one.shapes)
        updates.append(
            (
                one.pk, one.messages + len(rows), one.accounts + len(accounts), len(spaces),
                orjson.dumps(spaces).decode(), orjson.dumps(shapes).decode(),
                min(one.first_seen, *(row.at for row in rows)), max(one.last_seen, *(row.at for row in rows)),
            )
        )  # fmt: skip
    columns = ("messages", "accounts", "spaces", "in_spaces", "shapes", "first_seen", "last_seen")
    bulk.update_many(Campaign, "id", columns, updates)
    if has_new_shape:
        known_campaigns.touch()


def _accounts_in(rows: Sequence[Linked]) -> set[tuple[str, str]]:
    """The (campaign, account) of these that have a message linked already."""
    pairs = sorted({(row.campaign_id, row.account_id) for row in rows})
    if connection.vendor == "postgresql":
        found = sql.run(
            "SELECT DISTINCT k.campaign, k.account "
            "FROM unnest(%s::text[], %s::text[]) AS k(campaign, account) "
            "JOIN guard_campaignmessage m ON m.campaign_id = k.campaign AND m.account_id = k.account",
            [[campaign for campaign, _ in pairs], [account for _, account in pairs]],
        )
    else:
        found = sql.run(
            "SELECT json_extract(k.value, '$[0]'), json_extract(k.value, '$[1]') FROM json_each(%s) k "
            "WHERE EXISTS (SELECT 1 FROM guard_campaignmessage m WHERE "
            "m.campaign_id = json_extract(k.value, '$[0]') AND m.account_id = json_extract(k.value, '$[1]'))",
            [json.dumps(pairs)],
        )
    return {(campaign, account) for campaign, account in found}


def _add_shape(shapes: list[str], values: str) -> None:
    if len(shapes) < known_campaigns.MOST_SHAPES and all(
        equal_values(values, one) < _NEW_SHAPE for one in shapes
    ):
        shapes.append(values)


def _keep_conduct(traces: Sequence[Trace]) -> None:
    """One row for each account and space that has something to remember."""
    latest: dict[tuple[str, str], list[object]] = {}
    for one in traces:
        if not (one.heat or one.had_heat or one.links):
            continue
        row = latest.setdefault((one.space_id, one.account_id), [one.heat, one.at, 0])
        row[0], row[1], row[2] = one.heat, one.at, int(str(row[2])) + one.links
    if not latest:
        return
    columns = "space_id, account_id, heat, heat_at, links_seen, reacted, invited"
    tail = (
        "ON CONFLICT (space_id, account_id) DO UPDATE SET heat = excluded.heat, heat_at = excluded.heat_at, "
        "links_seen = guard_conduct.links_seen + excluded.links_seen"
    )
    rows = [
        (space, account, heat, sql.time(at), links)  # type: ignore[arg-type]
        for (space, account), (heat, at, links) in sorted(latest.items())
    ]
    if connection.vendor == "postgresql":
        arrays = "%s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::int[]"
        sql.run(
            f"INSERT INTO guard_conduct ({columns}) SELECT *, 0, 0 FROM unnest({arrays}) {tail}",
            [list(column) for column in zip(*rows, strict=True)],
            fetch=False,
        )
        return
    sql.run_many(f"INSERT INTO guard_conduct ({columns}) VALUES (%s, %s, %s, %s, %s, 0, 0) {tail}", rows)
