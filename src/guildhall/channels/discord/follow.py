"""What only Discord tells by the way: channels and threads, roles, our own standing, invites, presses that
wait for an answer, and up to which message each channel is recorded.

Called in the transaction that records what came in; asks nobody itself. What a server is on every platform is
kept by `channels.actions.finding`, what our bot may do there by `servers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guildhall.channels import sql
from guildhall.channels.discord import attributing, interactions, invites, servers
from guildhall.channels.discord.models import DiscordInvite, DiscordServer
from guildhall.channels.discord.people import PRIVATE
from guildhall.channels.discord.pressed import kept
from guildhall.channels.discord.reading import Json, ids, inner, line, maybe_id, number, objects, word
from guildhall.channels.discord.rights import KIND_WORDS, THREADS
from guildhall.channels.models import Space, Topic
from guildhall.channels.port import Inbound, Kind
from guildhall.core import clock

_INVITE_DELETED = 42
_LANGUAGES = {"zh-CN": "zh-hans", "zh-TW": "zh-hant"}
"""Discord's locales that are not spoken to in English."""
_MESSAGES = frozenset({Kind.MESSAGE, Kind.EDIT, Kind.OTHER})


@dataclass(slots=True)
class _Batch:
    """What is written once for a whole batch."""

    reached: dict[tuple[str, str], str] = field(default_factory=dict)
    """By (our id of the space, channel): the newest message recorded."""
    came: dict[str, list[str]] = field(default_factory=dict)
    """By our id of the space: platform ids of people who joined."""
    asked: list[tuple[str, int, str, int, str, datetime]] = field(default_factory=list)
    """Interactions that wait for an answer."""


def follow(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Keep what is new in these. Inside the caller's transaction."""
    batch = _Batch()
    for inbound, space in heard:
        name, d = word(inbound.raw, "t"), inner(inbound.raw, "d")
        _reached(batch, inbound, space, name)
        follower = _FOLLOWERS.get(name)
        if follower is not None and (name == "INTERACTION_CREATE" or _is_serving(inbound, space)):
            follower(batch, inbound, space, d)
    _note_reached(batch.reached)
    if batch.asked:
        interactions.keep_many(batch.asked)
    for space_id, people in batch.came.items():
        attributing.ask(space_id, people)


def _is_serving(inbound: Inbound, space: Space) -> bool:
    """Whether the bot that heard it is the one that serves the space: another one's standing is not ours."""
    return not space.receiver or not inbound.receiver or inbound.receiver == space.receiver


def _reached(batch: _Batch, inbound: Inbound, space: Space, name: str) -> None:
    """A message recorded while nothing before it can be missing moves the channel's mark on."""
    if name not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or not inbound.thread_id or not inbound.message_id:
        return
    is_fetched = inbound.raw.get("fill") is True
    if (name == "MESSAGE_UPDATE" and not is_fetched) or inbound.kind not in _MESSAGES:
        return
    if inbound.raw.get("gap") is True:
        return
    key = space.pk, inbound.thread_id
    batch.reached[key] = _later(batch.reached.get(key, ""), maybe_id(inner(inbound.raw, "d"), "id"))


def _later(one: str, other: str) -> str:
    return max(one, other, key=lambda found: (len(found), found))


def _note_reached(reached: dict[tuple[str, str], str]) -> None:
    if reached:
        sql.run_many(
            "INSERT INTO channels_topic (space_id, external_id, name, is_closed, kind, parent, language, "
            "announces, last_message) VALUES (%s, %s, '', false, '', '', '', false, %s) "
            "ON CONFLICT (space_id, external_id) DO UPDATE SET last_message = excluded.last_message "
            "WHERE length(excluded.last_message) > length(channels_topic.last_message) "
            "OR (length(excluded.last_message) = length(channels_topic.last_message) "
            "AND excluded.last_message > channels_topic.last_message)",
            [(space, channel, message) for (space, channel), message in sorted(reached.items())],
        )


def _server(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    """A server told whole. Where we were not before, nothing that was said before is ours to fetch."""
    if d.get("unavailable") is True:
        servers.keep_guild(space, {"unavailable": True})
        return
    status = DiscordServer.objects.filter(pk=space.pk).values_list("status", flat=True).first()
    was_inside = status in ("inside", "away")
    if status is None:
        _speak_its_language(space, word(d, "preferred_locale"))
    own = next((one for one in objects(d, "members") if _is_us(inner(one, "user"), inbound)), None)
    servers.keep_guild(space, d, ids(own, "roles") if own is not None else None)
    _retitle(space, d)
    told = [*objects(d, "channels"), *objects(d, "threads")]
    _topics(space, told, begins_now=not was_inside)
    named = {maybe_id(one, "id") for one in told}
    gone = (
        Topic.objects.filter(space=space, gone_at=None).exclude(kind="thread").exclude(external_id__in=named)
    )
    if "channels" in d:
        gone.update(gone_at=clock.now())
    if not was_inside:
        attributing.learn(space.pk)


def _retitle(space: Space, d: Json) -> None:
    from guildhall.channels.actions.finding import retitle_space  # it stands above the adapters

    retitle_space(space, line(d, "name"))


def _speak_its_language(space: Space, locale: str) -> None:
    """A server that is new here is spoken to in the language it chose; staff may choose another."""
    language = _LANGUAGES.get(locale)
    if language is not None and space.language != language:
        space.language = language
        space.save(update_fields=["language"])


def _server_changed(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    servers.keep_guild(space, d)


def _server_gone(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    if d.get("unavailable") is True:
        servers.keep_guild(space, {"unavailable": True})
    else:
        servers.keep_out(space)


def _role(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    servers.keep_role(space, inner(d, "role"))


def _role_gone(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    servers.drop_role(space, maybe_id(d, "role_id"))


def _channel(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    if number(d, "type") not in THREADS:
        servers.keep_channel(space, d)
    _topics(space, [d])


def _channel_gone(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    found = maybe_id(d, "id")
    servers.drop_channel(space, found)
    Topic.objects.filter(space=space, external_id=found).update(gone_at=clock.now(), is_closed=True)


def _threads(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    _topics(space, objects(d, "threads"))


def _member(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    if _is_us(inner(d, "user"), inbound):
        servers.keep_own_roles(space, ids(d, "roles"))


def _joined(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    for change in inbound.members:
        if not change.account.is_bot and inbound.raw.get("fill") is not True:
            batch.came.setdefault(space.pk, []).append(change.account.external_id)


def _invite(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    invites.keep(space, [d])


def _invite_gone(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    """Taken back, run out or used up: which of them, the next look at joins finds out."""
    row = DiscordInvite.objects.filter(space=space, code=line(d, "code", 100)).first()
    if row is not None:
        invites.end(space, row.code, invites.why_gone(row, inbound.sent_at))


def _audited(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    """An invite that a person deleted was not used up, whatever it looked like."""
    if number(d, "action_type") != _INVITE_DELETED:
        return
    for one in objects(d, "changes"):
        if one.get("key") == "code" and (code := line(one, "old_value", 100)):
            DiscordInvite.objects.filter(space=space, code=code).update(
                state=DiscordInvite.State.REVOKED, ended_at=inbound.sent_at
            )


def _asked(batch: _Batch, inbound: Inbound, space: Space, d: Json) -> None:
    waiting = kept(d)
    if waiting is not None:
        batch.asked.append((*waiting, inbound.sent_at))


def _is_us(user: Json, inbound: Inbound) -> bool:
    return maybe_id(user, "id") == inbound.receiver


def _topics(space: Space, told: Iterable[Json], *, begins_now: bool = False) -> None:
    """Channels and threads as told. `begins_now`: what stands in them so far was said before we came."""
    rows = {found: one for one in told if (found := maybe_id(one, "id"))}
    if not rows or space.kind == PRIVATE:
        return
    known = {row.external_id: row for row in Topic.objects.filter(space=space, external_id__in=list(rows))}
    made, changed = [], []
    for found, one in rows.items():
        row = known.get(found)
        if row is None:
            row = Topic(
                space=space,
                external_id=found,
                kind="",
                parent="",
                language="",
                announces=False,
                last_message="",
            )
            made.append(row)
        else:
            changed.append(row)
        kind = KIND_WORDS.get(number(one, "type"), row.kind)
        row.name = line(one, "name") or row.name
        row.kind, row.gone_at = kind, None
        row.parent = maybe_id(one, "parent_id") if "parent_id" in one else row.parent
        if "thread_metadata" in one:
            metadata = inner(one, "thread_metadata")
            row.is_closed = metadata.get("archived") is True or metadata.get("locked") is True
        if begins_now:
            row.last_message = _later(row.last_message, maybe_id(one, "last_message_id"))
    Topic.objects.bulk_create(made, ignore_conflicts=True)
    fields = ["name", "kind", "gone_at", "parent", "is_closed", *(["last_message"] if begins_now else [])]
    Topic.objects.bulk_update(changed, fields, batch_size=200)


_Follower = Callable[[_Batch, Inbound, Space, Json], None]
_FOLLOWERS: dict[str, _Follower] = {
    "GUILD_CREATE": _server,
    "GUILD_UPDATE": _server_changed,
    "GUILD_DELETE": _server_gone,
    "GUILD_ROLE_CREATE": _role,
    "GUILD_ROLE_UPDATE": _role,
    "GUILD_ROLE_DELETE": _role_gone,
    "CHANNEL_CREATE": _channel,
    "CHANNEL_UPDATE": _channel,
    "CHANNEL_DELETE": _channel_gone,
    "THREAD_CREATE": _channel,
    "THREAD_UPDATE": _channel,
    "THREAD_DELETE": _channel_gone,
    "THREAD_LIST_SYNC": _threads,
    "GUILD_MEMBER_UPDATE": _member,
    "GUILD_MEMBER_ADD": _joined,
    "INVITE_CREATE": _invite,
    "INVITE_DELETE": _invite_gone,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": _audited,
    "INTERACTION_CREATE": _asked,
}
