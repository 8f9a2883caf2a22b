"""Spaces as platforms bring them: found when first heard of, taken over by another of our bots, renamed,
given another id.

On the path of every batch, inside the caller's transaction. Ids of messages count for each bot apart in small
groups and start anew when a group becomes a supergroup: older ones then carry where they are from
(`<old id>:<message id>`), so that no new message is taken for an old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models, transaction

from guildhall.channels import sql
from guildhall.channels.discord.models import DiscordBot, DiscordServer
from guildhall.channels.discord.reading import PLATFORM as DISCORD
from guildhall.channels.models import Space, SpaceMember, TelegramBot, TelegramChat
from guildhall.channels.port import SpaceRef
from guildhall.channels.replay.adapter import PLATFORM as REPLAY
from guildhall.channels.text import one_line
from guildhall.channels.webchat.adapter import PLATFORM as WEBCHAT
from guildhall.core import audit, clock, reading
from guildhall.core.ids import new_id

ACTOR = "system:channels"
TELEGRAM = "telegram"
_CHAT: Any = TelegramChat._meta.get_field("space").remote_field
TITLE, FORMER = "title", "migrated_from"
"""In `Space.settings`: what the platform calls it, and the id it had before."""
GROUP, SUPERGROUP = "group", "supergroup"
_GONE = ("left", "kicked")


@dataclass(frozen=True, slots=True)
class SpaceSeen:
    """A space named by something that came in; `receiver` is which of our bots heard it."""

    platform: str
    ref: SpaceRef
    receiver: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.platform, self.ref.external_id


@dataclass(frozen=True, slots=True)
class Found:
    """The spaces of a batch by (platform, platform id), and our ids of those never heard of before.

    A space that was migrated is found under its former id too.
    """

    spaces: dict[tuple[str, str], Space]
    new: tuple[str, ...] = ()


def ensure_spaces(seen: Iterable[SpaceSeen]) -> Found:
    """The spaces named, making those of outside platforms that we never saw. Joins the caller's transaction.

    A web chat is made by staff only: an unknown one is left out. A replay names the slug of any space it is
    to be heard in.
    """
    wanted: dict[tuple[str, str], SpaceSeen] = {}
    for one in seen:
        wanted[one.key] = one if one.ref.title or one.key not in wanted else wanted[one.key]
    found: dict[tuple[str, str], Space] = {}
    for platform in {platform for platform, _ in wanted}:
        ids = [external for name, external in wanted if name == platform]
        if platform == REPLAY:
            found |= {(platform, space.slug): space for space in Space.objects.filter(slug__in=ids)}
            continue
        # With what its platform keeps of it, so that whoever is told of the batch need not ask again.
        condition = f"platform = %s AND {sql.any_of('external_id')}"
        spaces = reading.objects(Space, condition, [platform, sql.many(ids)])
        _with_chats(spaces, is_telegram=platform == TELEGRAM)
        for space in spaces:
            found[platform, space.external_id] = space
    unknown = []
    for key, one in wanted.items():
        if key in found or one.platform == WEBCHAT:
            continue
        moved = _moved(*key) if one.platform == TELEGRAM else None
        if moved is not None:
            found[key] = moved
            continue
        unknown.append(one)
    made, new = _make(unknown) if unknown else ({}, ())
    return Found(found | made, new)


def _with_chats(spaces: Sequence[Space], *, is_telegram: bool) -> None:
    """Fill in what Telegram keeps of each, or that there is nothing."""
    by_id = {space.pk: space for space in spaces}
    for space in spaces:
        _CHAT.set_cached_value(space, None)
    if by_id and is_telegram:
        for chat in reading.objects(TelegramChat, sql.any_of("space_id"), [sql.many(by_id)]):
            chat.space = by_id[chat.space_id]


def is_heard_by(space: Space, receiver: str) -> bool:
    """Whether what this bot of ours heard in a space counts there; joins the caller's transaction.

    The first bot serves a space until it is gone; then the next one that is heard takes over. In a basic
    group message ids are each bot's own, so only the serving bot's word counts there; elsewhere the ids are
    everybody's.
    """
    if not receiver or space.receiver == receiver:
        return True
    if not space.receiver or not _is_serving(space):
        _take_over(space, receiver)
        return True
    return space.kind != GROUP


def retitle_space(space: Space, title: str) -> None:
    """The platform calls it otherwise now; a name that staff gave it stays."""
    title = one_line(title, 255)
    before = space.settings.get(TITLE, "")
    if not title or title == before:
        return
    space.settings = {**space.settings, TITLE: title}
    if space.name == before or not before:
        space.name = title
    space.save(update_fields=["settings", "name"])


def migrate_space(platform: str, old: str, new: str) -> Space | None:
    """A group got another platform id; returns its space. Joins the caller's transaction.

    What was heard under the new id before we were told is moved over. Twice is the same as once; None when
    the group was never heard of under either id.
    """
    row = Space.objects.select_for_update().filter(platform=platform, external_id=old).first()
    already = Space.objects.select_for_update().filter(platform=platform, external_id=new).first()
    if row is None:
        if already is not None and not already.settings.get(FORMER):
            already.settings = {**already.settings, FORMER: old}
            already.save(update_fields=["settings"])
        return already
    prefix_messages(row.id, old)
    if already is not None:
        _merge(already, into=row)
    row.external_id, row.kind = new, SUPERGROUP
    row.settings = {**row.settings, FORMER: old}
    row.save(update_fields=["external_id", "kind", "settings"])
    audit.record(ACTOR, "space.migrated", f"space:{row.id}", {"from": old, "to": new})
    return row


def former_id(space: Space, external_id: str) -> str:
    """The former platform id of a space when it was found by that one, else ''."""
    is_former = space.external_id != external_id and space.settings.get(FORMER) == external_id
    return external_id if is_former else ""


def prefix_messages(space_id: str, where: str) -> None:
    """Have the messages stored so far say where their ids are from."""
    sql.run(
        "UPDATE channels_message SET external_id = %s || external_id, "
        "reply_to = CASE WHEN reply_to = '' OR reply_to LIKE '%%:%%' THEN reply_to ELSE %s || reply_to END "
        "WHERE space_id = %s AND external_id NOT LIKE '%%:%%'",
        [f"{where}:", f"{where}:", space_id],
        fetch=False,
    )


def _moved(platform: str, external: str) -> Space | None:
    """The space that once had this id. Asked only of ids that no space has now."""
    return Space.objects.filter(platform=platform, **{f"settings__{FORMER}": external}).first()


def _make(unknown: Sequence[SpaceSeen]) -> tuple[dict[tuple[str, str], Space], tuple[str, ...]]:
    """Spaces heard of for the first time, in few statements however many they are, and our ids of those that
    nobody else made meanwhile.
    """
    slugs = _free_slugs(unknown)
    rows = {}
    for one, slug in zip(unknown, slugs, strict=True):
        title = one_line(one.ref.title, 255)
        rows[one.key] = Space(
            id=new_id(),
            platform=one.platform,
            external_id=one.ref.external_id,
            slug=slug,
            kind=one.ref.kind[:12],
            receiver=one.receiver,
            name=title or f"{one.platform} {one.ref.external_id}"[:255],
            settings={TITLE: title} if title else {},
            created_at=clock.now(),
        )
    Space.objects.bulk_create(rows.values(), ignore_conflicts=True)
    there: dict[tuple[str, str], Space] = {}
    for platform in {one.platform for one in unknown}:
        ids = [one.ref.external_id for one in unknown if one.platform == platform]
        for space in Space.objects.filter(platform=platform, external_id__in=ids):
            there[platform, space.external_id] = space
    for key, row in rows.items():
        if key not in there:  # its slug was taken between the look and the insert
            row.slug = f"{row.slug[:60]}-{new_id()[-8:].lower()}"
            row.save(force_insert=True)
            there[key] = row
    new = tuple(space.id for key, space in there.items() if space.id == rows[key].id)
    audit.record_many(
        [
            audit.Entry(ACTOR, "space.found", f"space:{rows[key].id}", {"platform": key[0]})
            for key, space in there.items()
            if space.id == rows[key].id
        ]
    )
    return there, new


def _free_slugs(unknown: Sequence[SpaceSeen]) -> list[str]:
    """A short name for each that no space has, also not another of these."""
    named = [f"{one.platform} {one.ref.external_id}".lower() for one in unknown]
    bases = ["-".join(re.findall(r"[a-z0-9]+", name))[:60] or "space" for name in named]
    taken = set(Space.objects.filter(slug__in=set(bases)).values_list("slug", flat=True))
    slugs = []
    for base in bases:
        slug = base if base not in taken else f"{base}-{new_id()[-8:].lower()}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _is_serving(space: Space) -> bool:
    """Whether the bot that serves a space still can: it is at work, and in the chat as far as we know."""
    if not space.receiver.isdigit():
        return False
    if space.platform == DISCORD:
        bots = DiscordBot.objects.filter(bot_id=int(space.receiver), state=DiscordBot.State.ACTIVE)
        return bots.exists() and not DiscordServer.objects.filter(space=space, status="out").exists()
    at_work = TelegramBot.objects.filter(bot_id=int(space.receiver), state=TelegramBot.State.ACTIVE).exists()
    return at_work and not TelegramChat.objects.filter(space=space, status__in=_GONE).exists()


def _take_over(space: Space, receiver: str) -> None:
    before = space.receiver
    if before and space.kind == GROUP:
        prefix_messages(space.id, before)
    space.receiver = receiver
    space.save(update_fields=["receiver"])
    if before:
        audit.record(ACTOR, "space.taken_over", f"space:{space.id}", {"from": before, "to": receiver})


def _merge(young: Space, *, into: Space) -> None:
    """Give the rows of a space that was found under the new id to the one that has the history."""
    for member in SpaceMember.objects.filter(space=young):
        known = SpaceMember.objects.filter(space=into, account_id=member.account_id).first()
        if known is None:
            continue
        known.message_count += member.message_count
        known.last_message_at = member.last_message_at or known.last_message_at
        if member.state_at is not None:
            known.state, known.until, known.state_at = member.state, member.until, member.state_at
        known.save()
        member.delete()
    for relation in young._meta.related_objects:
        if not relation.many_to_many:
            _give(relation, young, into)
    young.external_id = f"{young.external_id}:merged"[:190]
    young.archived_at = clock.now()
    young.save(update_fields=["external_id", "archived_at"])


def _give(relation: Any, young: Space, into: Space) -> None:
    """Move the rows that point at one space to another; those that would be there twice stay."""
    model: type[models.Model] = relation.related_model
    rows = model._default_manager.filter(**{relation.field.name: young})
    try:
        with transaction.atomic():
            rows.update(**{relation.field.name: into})
    except IntegrityError:
        return
