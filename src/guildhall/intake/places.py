"""The first steps of a batch: what was delivered before is known by its key, then where each thing happened
and who it names.

Everything it does not know it has made by channels and people. An event heard by a bot whose word does not
count in that space is a duplicate of what the serving bot hears.
"""

from __future__ import annotations

from dataclasses import replace

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind, MemberState, SenderRef
from guildhall.channels.queries import authors_of
from guildhall.core.text import Text
from guildhall.guard import actions as guard
from guildhall.intake.batch import DUPLICATE, Batch
from guildhall.people.actions import Sighting, resolve_accounts

NO_SPACE = Text("There is no such space here.", "此处没有该群组。")
NO_SENDER = Text("It does not say who wrote it.", "未说明发送者。")
_GONE = (MemberState.LEFT, MemberState.BANNED)
_BY_BOT = (Kind.BOT_MEMBERSHIP, Kind.CALLBACK)
"""Only one bot is told of these, so its word counts wherever it is."""


def pass_over_repeated(batch: Batch) -> None:
    """Note the delivery keys; what was delivered before is a duplicate, also inside one batch."""
    fresh: dict[str, int] = {}
    numbered = [(n, item) for n, item in enumerate(batch.items) if item.key and item.outcome is None]
    for number, item in numbered:
        fresh.setdefault(item.key, number)
    noted = channels.note_deliveries(fresh, at=batch.now) if fresh else set()
    for number, item in numbered:
        if item.key not in noted or fresh[item.key] != number:
            item.outcome = DUPLICATE
            item.key = ""


def find_spaces(batch: Batch) -> None:
    """Give each item its space; new spaces of outside platforms begin under the watching policy."""
    for _item, inbound in batch.open():
        if inbound.kind is Kind.MIGRATION and inbound.migrated_to:
            channels.migrate_space(inbound.platform, inbound.space.external_id, inbound.migrated_to)
    placed = [(item, inbound) for item, inbound in batch.open() if inbound.space.external_id]
    found = channels.ensure_spaces(channels.SpaceSeen(x.platform, x.space, x.receiver) for _, x in placed)
    heard: dict[tuple[str, str], bool] = {}
    for item, inbound in placed:
        space = found.spaces.get((inbound.platform, inbound.space.external_id))
        if space is None:
            item.put_aside(NO_SPACE)
            continue
        item.space = space
        if not _counts(space, inbound, heard):
            item.outcome = DUPLICATE
        elif former := channels.former_id(space, inbound.space.external_id):
            item.inbound = _as_of(inbound, former)
    for space in found.spaces.values():
        if space.id in found.new and space.receiver and space.kind != "private":
            guard.begin_space(space.id)


def find_accounts(batch: Batch) -> None:
    """Give each item its sender, and know everybody else an event names."""
    sightings = []
    nameless = _nameless_edits(batch)
    for item, inbound in batch.open():
        author = nameless.get(id(item))
        if author is not None:
            item.inbound = inbound = replace(inbound, sender=author)
        platform = inbound.platform
        for who in (inbound.sender, *(change.account for change in inbound.members)):
            if who.external_id:
                sightings.append(
                    Sighting(
                        platform, who.external_id, who.username, who.display_name, who.is_bot, who.language
                    )
                )
    batch.accounts = resolve_accounts(sightings)
    for item, inbound in batch.open():
        item.account = batch.account_of(inbound, inbound.sender)
        if item.account is None and inbound.kind in (Kind.MESSAGE, Kind.EDIT):
            item.put_aside(NO_SENDER)


def _nameless_edits(batch: Batch) -> dict[int, SenderRef]:
    """Whose messages were edited, by item, where the platform tells the new words but not the author."""
    edits = [
        (item, inbound, item.space)
        for item, inbound in batch.open()
        if inbound.kind is Kind.EDIT and not inbound.sender.external_id and item.space is not None
    ]
    authors = authors_of((space.id, inbound.message_id) for _, inbound, space in edits) if edits else {}
    return {
        id(item): SenderRef(author)
        for item, inbound, space in edits
        if (author := authors.get((space.id, inbound.message_id)))
    }


def _counts(space: Space, inbound: Inbound, heard: dict[tuple[str, str], bool]) -> bool:
    """Whether what this bot heard counts in the space. One that leaves never takes it over."""
    if inbound.kind is Kind.BOT_MEMBERSHIP and any(change.after in _GONE for change in inbound.members):
        return True
    key = space.id, inbound.receiver
    if key not in heard:
        heard[key] = channels.is_heard_by(space, inbound.receiver)
    return heard[key] or inbound.kind in _BY_BOT


def _as_of(inbound: Inbound, former: str) -> Inbound:
    """Something heard late under the id a space had before: its message ids belong to that time."""
    return replace(
        inbound,
        message_id=f"{former}:{inbound.message_id}" if inbound.message_id else "",
        reply_to=f"{former}:{inbound.reply_to}" if inbound.reply_to else inbound.reply_to,
    )
