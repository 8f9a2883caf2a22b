"""The gateway connections of our Discord bots as rows: which are wanted, which gateway holds each, how far
each is recorded, what may be missing.

Discord repeats what came after `seq` of a session; both are written in the transaction that recorded it, so
that no kill can tear them apart. Nothing here talks to Discord.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.channels import gateways
from guildhall.channels.discord.models import DiscordBot, DiscordServer, DiscordShard
from guildhall.channels.discord.ranks import Ranks
from guildhall.channels.discord.reading import PLATFORM
from guildhall.channels.models import Space
from guildhall.core import audit, clock

ACTOR = "system:gateway"
INTENTS = "intents"
"""`problem.why` of a bot that Discord lets hear too little."""
_EARLIER = timedelta(minutes=2)
"""More than `last_event_at` can lag behind what was recorded."""
_OUT = "out"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a session is recorded."""

    session: str
    resume_address: str
    seq: int | None


def wanted() -> list[DiscordShard]:
    """Every connection there has to be, with its bot."""
    bots = list(DiscordBot.objects.filter(state=DiscordBot.State.ACTIVE))
    found = {
        (row.bot_id, row.number): row
        for row in DiscordShard.objects.filter(bot__in=bots).select_related("bot").order_by("id")
    }
    missing = [
        DiscordShard(bot=bot, number=number)
        for bot in bots
        for number in range(max(1, bot.shard_count))
        if (bot.pk, number) not in found
    ]
    if missing:
        with transaction.atomic():
            DiscordShard.objects.bulk_create(missing, ignore_conflicts=True)
        return wanted()
    return [row for row in found.values() if row.number < max(1, row.bot.shard_count)]


def take(row: DiscordShard, owner: str) -> datetime | None:
    """Take or renew the lease on a connection; returns until when it is ours."""
    return gateways.take(row, owner)


def give_back(owner: str, keys: Collection[str]) -> None:
    """Let others take these connections (by our id) at once."""
    gateways.give_back(DiscordShard, owner, [int(key) for key in keys])


def note_heard(keys: Collection[str]) -> None:
    """Note that something was heard on these connections (by our id) just now."""
    if keys:
        DiscordBot.objects.filter(shards__in=[int(key) for key in keys]).update(last_event_at=clock.now())


def at_hand(key: str) -> DiscordShard:
    """The row as it stands now, with its bot."""
    return DiscordShard.objects.select_related("bot").get(pk=int(key))


def heard_last(row: DiscordShard) -> datetime | None:
    """Until when surely everything is recorded, None when nothing ever was."""
    if not row.session and row.connected_at is None:
        return None
    at = row.bot.last_event_at or row.connected_at
    return at - _EARLIER if at is not None else None


def advance(key: str, mark: Mark) -> None:
    """Note how far a session is recorded, in the transaction that recorded it."""
    DiscordShard.objects.filter(pk=int(key)).update(
        session=mark.session[:190], resume_url=mark.resume_address[:255], seq=mark.seq
    )


def begin(key: str, mark: Mark, gap_since: datetime | None) -> None:
    """A new session began; what happened since `gap_since` was not told in any. In the same transaction."""
    DiscordShard.objects.filter(pk=int(key)).update(
        session=mark.session[:190],
        resume_url=mark.resume_address[:255],
        seq=mark.seq,
        connected_at=clock.now(),
        gap_since=gap_since,
    )


def close_gap(key: str, since: datetime) -> None:
    """Everything missed since then has been fetched."""
    with transaction.atomic():
        DiscordShard.objects.filter(pk=int(key), gap_since=since).update(gap_since=None)


def note_settled(bot: DiscordBot) -> None:
    """A session of this bot began: what kept it from that is over. In the same transaction."""
    DiscordBot.objects.filter(pk=bot.pk, problem__why=INTENTS).update(problem={}, problem_since=None)


def resize(bot: DiscordBot, count: int) -> None:
    """Discord wants so many connections for a bot: every session begins anew, and fetches what it missed."""
    count = max(1, min(count, 512))
    with transaction.atomic():
        row = DiscordBot.objects.select_for_update().get(pk=bot.pk)
        if row.shard_count != count:
            gateway = {**(row.facts.get("gateway") or {}), "shards": count}
            row.shard_count, row.facts = count, {**row.facts, "gateway": gateway}
            row.save(update_fields=["shard_count", "facts"])
            since = bot.last_event_at - _EARLIER if bot.last_event_at is not None else None
            DiscordShard.objects.filter(bot=bot).update(session="", seq=None, resume_url="")
            DiscordShard.objects.filter(bot=bot, gap_since=None).update(gap_since=since)
            audit.record(ACTOR, "discord.shards", f"discord_bot:{bot.pk}", {"count": count})


def servers(row: DiscordShard) -> list[Space]:
    """The servers that are told on this connection, as far as we know them."""
    spaces = Space.objects.filter(
        platform=PLATFORM, kind="server", receiver=str(row.bot.bot_id), archived_at=None
    ).select_related("discord")
    count = max(1, row.bot.shard_count)
    return [
        space
        for space in spaces
        if space.external_id.isdigit()
        and (int(space.external_id) >> 22) % count == row.number
        and hasattr(space, "discord")
        and space.discord.status != _OUT
    ]


def ranks(bot_id: int) -> Ranks:
    """Who leads the servers of a bot, as kept last."""
    known = Ranks(str(bot_id))
    rows = DiscordServer.objects.filter(space__receiver=str(bot_id), space__platform=PLATFORM)
    for guild, owner, roles in rows.values_list("space__external_id", "owner", "roles"):
        known.know(guild, owner, roles)
    return known
