"""Fetches what a gap in the gateway swallowed: who joined, left or was punished, threads that ended, and
every message after the newest one recorded of each channel.

Gives bodies for intake, page by page, in order; each is recorded before the next is fetched, so that a kill
in the middle costs nothing but the page. What was edited or deleted meanwhile Discord does not tell. A
channel our bot may not read is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from guildhall.channels.discord import client
from guildhall.channels.discord.errors import Refused
from guildhall.channels.discord.framing import fetched
from guildhall.channels.discord.models import DiscordBot, DiscordTalk
from guildhall.channels.discord.people import OWNER, PRIVATE
from guildhall.channels.discord.ranks import Ranks
from guildhall.channels.discord.reading import (
    PLATFORM,
    Json,
    id_before,
    ids,
    inner,
    made_at,
    maybe_id,
    moment,
    objects,
)
from guildhall.channels.models import Space, SpaceMember, Topic
from guildhall.channels.port import MemberState
from guildhall.core import clock
from guildhall.core.log import get_logger

MESSAGES, MEMBERS, ENTRIES, THREADS = 100, 1000, 100, 100
_HOLD_MESSAGES = ("text", "news", "voice", "stage", "thread", "")
_HOLD_THREADS = ("text", "news", "forum")
_HERE = (MemberState.MEMBER, MemberState.ADMIN, MemberState.OWNER, MemberState.RESTRICTED)
_EARLIER = timedelta(minutes=1)
_SAME_JOIN = timedelta(seconds=1)
_logger = get_logger(__name__)
Page = list[bytes]
GoOn = Callable[[], bool]


def server(
    bot: DiscordBot, space: Space, since: datetime | None, ranks: Ranks, go_on: GoOn
) -> Iterator[Page]:
    """What was missed in a server. `since` None: nothing was, but we are new there and have to learn who
    leads it. Ends early when `go_on` says no; raises Temporary, TokenRefused.
    """
    asked = _Asked(bot, space, ranks, go_on)
    if since is not None:
        yield from asked.entries(since)
    yield from asked.members(since)
    if since is not None:
        yield from asked.archived_threads(since)
        for topic in Topic.objects.filter(space=space, gone_at=None, kind__in=_HOLD_MESSAGES).order_by("id"):
            yield from asked.messages(topic.external_id, topic.last_message or id_before(since - _EARLIER))


def talks(bot: DiscordBot, since: datetime, ranks: Ranks, go_on: GoOn) -> Iterator[Page]:
    """What was missed in private talks that we know of."""
    channels = dict(DiscordTalk.objects.filter(bot=bot).exclude(channel="").values_list("channel", "user"))
    spaces = Space.objects.filter(platform=PLATFORM, kind=PRIVATE, receiver=str(bot.bot_id), archived_at=None)
    known = Topic.objects.filter(space__in=spaces).select_related("space")
    marks = {topic.external_id: topic for topic in known}
    for channel in sorted({*channels, *marks}):
        topic = marks.get(channel)
        space = topic.space if topic is not None else Space(platform=PLATFORM, kind=PRIVATE)
        after = topic.last_message if topic is not None else ""
        yield from _Asked(bot, space, ranks, go_on).messages(channel, after or id_before(since - _EARLIER))


class _Asked:
    """One server and whom we ask about it."""

    def __init__(self, bot: DiscordBot, space: Space, ranks: Ranks, go_on: GoOn) -> None:
        self.bot, self.space, self.ranks, self.go_on = bot, space, ranks, go_on
        self.name = str(bot.bot_id)
        self.guild = space.external_id if space.kind != PRIVATE else ""

    def messages(self, channel: str, after: str) -> Iterator[Page]:
        """Messages of a channel after one of them, oldest first."""
        while self.go_on():
            told = self._list(
                "/channels/{channel_id}/messages", {"after": after, "limit": MESSAGES}, channel_id=channel
            )
            page = sorted(
                (one for one in told or () if maybe_id(one, "id")), key=lambda one: int(maybe_id(one, "id"))
            )
            if not page:
                return
            yield [self._body(_name_of(one), {**one, "channel_id": channel}) for one in page]
            after = maybe_id(page[-1], "id")

    def members(self, since: datetime | None) -> Iterator[Page]:
        """Who joined, left, rose or was silenced, by comparing all members with those known."""
        rows = SpaceMember.objects.filter(
            space=self.space, account__is_bot=False, state__in=[state.value for state in _HERE]
        )
        known = {
            person: (state, joined)
            for person, state, joined in rows.values_list("account__external_id", "state", "joined_at")
        }
        seen: set[str] = set()
        after = "0"
        while self.go_on():
            told = self._list(
                "/guilds/{guild_id}/members", {"after": after, "limit": MEMBERS}, guild_id=self.guild
            )
            if told is None:
                return
            page = []
            for one in told:
                person = maybe_id(inner(one, "user"), "id")
                if person:
                    seen.add(person)
                    after = max(after, person, key=int)
                    page += self._member(one, person, *known.get(person, ("", None)), since)
            if page:
                yield page
            if len(told) < MEMBERS:
                break
        else:
            return
        if since is not None and seen:
            yield [
                self._body("GUILD_MEMBER_REMOVE", {"user": {"id": person}})
                for person in sorted(set(known) - seen)
            ]

    def entries(self, since: datetime) -> Iterator[Page]:
        """Kicks, bans and timeouts of the audit log, oldest first."""
        after = id_before(since - _EARLIER)
        while self.go_on():
            answer = self._ask(
                "/guilds/{guild_id}/audit-logs", {"after": after, "limit": ENTRIES}, guild_id=self.guild
            )
            told = objects(answer, "audit_log_entries") if isinstance(answer, dict) else []
            page = sorted(
                (one for one in told if int(maybe_id(one, "id") or 0) > int(after)),
                key=lambda one: int(maybe_id(one, "id")),
            )
            if not page:
                return
            yield [self._body("GUILD_AUDIT_LOG_ENTRY_CREATE", one) for one in page]
            after = maybe_id(page[-1], "id")

    def archived_threads(self, since: datetime) -> Iterator[Page]:
        """Threads that are open now, and those that were closed meanwhile."""
        answer = self._ask("/guilds/{guild_id}/threads/active", {}, guild_id=self.guild)
        told = objects(answer, "threads") if isinstance(answer, dict) else []
        if told:
            yield [self._body("THREAD_UPDATE", one) for one in told]
        for topic in Topic.objects.filter(space=self.space, gone_at=None, kind__in=_HOLD_THREADS):
            if not self.go_on():
                return
            found = self._ask(
                "/channels/{channel_id}/threads/archived/public",
                {"limit": THREADS},
                channel_id=topic.external_id,
            )
            ended = [
                one
                for one in (objects(found, "threads") if isinstance(found, dict) else [])
                if (at := moment(inner(one, "thread_metadata"), "archive_timestamp")) is None or at >= since
            ]
            if ended:
                yield [self._body("THREAD_UPDATE", one) for one in ended]

    def _member(
        self, one: Json, person: str, before: str, since_when: datetime | None, since: datetime | None
    ) -> Page:
        """What has to be said of a member that is not known: `before` and `since_when` say what is."""
        rank = self.ranks.of(self.guild, person, ids(one, "roles"))
        joined = moment(one, "joined_at")
        is_new = since_when is None or (joined is not None and joined > since_when + _SAME_JOIN)
        if since is not None and joined is not None and joined >= since - _EARLIER and is_new:
            return [self._body("GUILD_MEMBER_ADD", one, rank)]
        silenced = moment(one, "communication_disabled_until")
        is_silenced = silenced is not None and silenced > clock.now()
        now = MemberState.OWNER if rank == OWNER else MemberState.ADMIN if rank else MemberState.MEMBER
        if is_silenced and rank != OWNER:
            now = MemberState.RESTRICTED
        if now.value == (before or MemberState.MEMBER.value):
            return []
        return [self._body("GUILD_MEMBER_UPDATE", one, rank)]

    def _body(self, name: str, one: Json, rank: str = "") -> bytes:
        d = {**one, "guild_id": self.guild} if self.guild else one
        return fetched(self.name, name, d, made_at(maybe_id(one, "id")) or clock.now(), rank)

    def _list(self, path: str, query: dict[str, str | int], **where: str) -> list[Json] | None:
        answer = self._ask(path, query, **where)
        return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else None

    def _ask(self, path: str, query: dict[str, str | int], **where: str) -> Any:
        """An answer, or None where Discord does not let us see it."""
        try:
            return client.call(self.bot.bot_id, "GET", path, query=query, **dict[str, Any](where))
        except Refused as refused:
            _logger.warning("discord.not_filled", path=path, why=refused.why, **where)
            return None


def _name_of(message: Json) -> str:
    """A message that was edited meanwhile is told as its edit, so that it stands beside the older wording."""
    return "MESSAGE_UPDATE" if moment(message, "edited_timestamp") is not None else "MESSAGE_CREATE"
