"""Records what messages leave behind beside their verdicts: fingerprints, campaigns found and grown, heat
and links.

Batches inside intake's transaction, raw where they are on the path of every message. A message of a
campaign that a person confirmed is removed with the batch that brings it, in every space and under every
policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from guildhall.channels import sql
from guildhall.core import audit, bulk
from guildhall.effects import webhooks
from guildhall.guard import alerts_behaviour, known_campaigns
from guildhall.guard.actions import arriving, campaign_removal
from guildhall.guard.fingerprints import Fingerprint as Print
from guildhall.guard.fingerprints import equal_values
from guildhall.guard.likeness import Found
from guildhall.guard.models import Campaign, CampaignMessage, Fingerprint

ACTOR = "system:guard"
_NEW_SHAPE = 14
"""A wording whose fingerprint agrees less than this with all known ones of its campaign is kept beside
them.
"""

_PRINT_COLUMNS = (
    "message_id", "account_id", "space_id", "at", "values", "band0", "band1", "band2", "band3", "is_suspect",
    "campaign_id",
)  # fmt: skip
_NO_BANDS = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one judged message leaves. `heat` as it is now; `links`: 1 when it had any. `print_` is None for
    what is too short. `is_said`: its text is new (an edit counts as one).
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


def record_traces(traces: Sequence[Trace]) -> None:
    """Keep the traces of a batch, in the caller's transaction. Their messages must be stored already."""
    if not traces:
        return
    _keep_conduct(traces)
    prints = [one for one in traces if one.print_ is not None and one.found is not None]
    if not prints:
        return
    found = [one for one in prints if one.found is not None and one.found.founds]
    for one in found:
        _found_campaign(one)
    _keep_prints(prints)
    grown: dict[str, list[Trace]] = defaultdict(list)
    for one in prints:
        if one.found is not None and one.found.campaign_id:
            grown[one.found.campaign_id].append(one)
    for campaign_id, rows in sorted(grown.items()):
        _grow(campaign_id, rows)
    if grown:
        arriving.note_campaign_words(
            (one.space_id, campaign_id) for campaign_id, rows in grown.items() for one in rows
        )


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
    link(one.found.campaign_id, ((row.message_id, row.account_id, row.space_id, row.at) for row in near))
    audit.record(ACTOR, "campaign.found", f"campaign:{one.found.campaign_id}", {"messages": len(near) + 1})
    webhooks.announce("campaign.found", {"campaign": one.found.campaign_id, "messages": len(near) + 1})
    alerts_behaviour.tell_of_campaign(one.found.campaign_id, one.space_id)
    known_campaigns.touch()


def _grow(campaign_id: str, rows: Sequence[Trace]) -> None:
    """Link new messages; a confirmed campaign has them removed at once."""
    new = link(campaign_id, ((one.message_id, one.account_id, one.space_id, one.at) for one in rows))
    variants = [one.print_.values for one in rows if one.found and one.found.is_variant and one.print_]
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        return
    if variants and campaign.state == Campaign.State.SUSPECTED:
        shapes = list(campaign.shapes)
        for values in variants:
            _add_shape(shapes, values)
        if len(shapes) > len(campaign.shapes):
            Campaign.objects.filter(pk=campaign_id).update(shapes=shapes)
            known_campaigns.touch()
    sure = {one.message_id for one in rows if one.found is not None and one.found.is_confirmed}
    if new and sure and campaign.state == Campaign.State.CONFIRMED:
        links = CampaignMessage.objects.filter(campaign_id=campaign_id, message_id__in=sure)
        campaign_removal.remove(campaign, list(links), by=ACTOR)


def link(campaign_id: str, rows: Iterable[tuple[str, str, str, datetime]]) -> int:
    """Link (message, account, space, when) to a campaign and bring its counts in line; returns how many
    were new.

    Only messages that are stored count: one may have been taken away since its fingerprint was kept.
    """
    given = {row[0]: row for row in rows}
    if not given:
        return 0
    linked = set(CampaignMessage.objects.filter(message_id__in=given).values_list("message_id", flat=True))
    there = _stored(message for message in given if message not in linked)
    fresh = [given[message] for message in there]
    if not fresh:
        return 0
    before = CampaignMessage.objects.filter(campaign_id=campaign_id)
    accounts, spaces = {row[1] for row in fresh}, {row[2] for row in fresh}
    accounts -= set(before.filter(account_id__in=accounts).values_list("account_id", flat=True))
    spaces -= set(before.filter(space_id__in=spaces).values_list("space_id", flat=True).distinct())
    written = bulk.insert(
        CampaignMessage,
        ("campaign", "message", "account", "space", "at", "removed", "was_open"),
        [(campaign_id, message, account, space, at, False, False) for message, account, space, at in fresh],
        ignore_conflicts=True,
    )
    first, last = min(row[3] for row in fresh), max(row[3] for row in fresh)
    least, most = ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
    sql.run(
        "UPDATE guard_campaign SET messages = messages + %s, accounts = accounts + %s, spaces = spaces + %s, "
        f"first_seen = {least}(first_seen, %s), last_seen = {most}(last_seen, %s) WHERE id = %s",
        [written, len(accounts), len(spaces), sql.time(first), sql.time(last), campaign_id],
        fetch=False,
    )
    return written


def _stored(messages: Iterable[str]) -> list[str]:
    """Those that are there, in order; named by a sender."""
    ids = list(messages)
    if not ids:
        return []
    rows = sql.run(
        f"SELECT id FROM channels_message WHERE {sql.any_of('id')} AND account_id IS NOT NULL",
        [sql.many(ids)],
    )
    there = {row[0] for row in rows}
    return [one for one in ids if one in there]


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
