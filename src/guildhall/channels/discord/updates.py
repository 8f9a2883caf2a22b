"""Reads one event of Discord's gateway, as one of our bots heard it, into what the port knows.

Pure, straight from the JSON: discord.py's types need its caches, and are for what we send. Whatever the
bytes, only BadInput leaves; an event this version does not know is bad input, so that it waits for a person
instead of being lost. Many events tell no time: then it is when the gateway heard them.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from guildhall.channels.discord import comings, messages, places, pressed
from guildhall.channels.discord.event import Event
from guildhall.channels.discord.reading import Json, bad, from_ms, id_at, maybe_id, names, word
from guildhall.channels.port import Inbound
from guildhall.channels.text import clean
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

_LONGEST_SESSION = 100


def parse(raw: bytes) -> Inbound:
    """`{"bot": <id>, "session": .., "s": .., "at": <ms>, "rank": .., "t": <event>, "d": {..}}` as an Inbound;
    its `raw` is the whole. Raises BadInput.
    """
    try:
        whole = orjson.loads(raw)
    except ValueError as error:
        raise BadInput(Text(f"This is not JSON: {error}.", f"不是有效的 JSON：{error}。")) from error
    if type(whole) is not dict:
        raise BadInput(Text("This is not a JSON object.", "不是 JSON 对象。"))
    return read(whole)


def read(whole: Json) -> Inbound:
    """The same, of what was read from JSON before. Raises BadInput."""
    name = word(whole, "t")
    reader = READERS.get(name)
    if reader is None:
        shown = clean(name)[:80] or "-"
        raise BadInput(
            Text(f"This Discord event is not known here: {shown}.", f"未知的 Discord 事件：{shown}。"),
            field="t",
        )
    d = whole.get("d")
    if type(d) is not dict:
        if name not in NEEDLESS:
            raise bad("d")
        d = {}
    at = from_ms(whole.get("at")) or clock.now()
    return reader(Event(name, d, whole, id_at(whole, "bot"), at, _delivery(whole), word(whole, "rank")[:10]))


def _delivery(whole: Json) -> str:
    """What this delivery is called, '' for what we asked for ourselves."""
    session, number = word(whole, "session")[:_LONGEST_SESSION], maybe_id(whole, "s")
    return f"{session}:{number}" if session and number else ""


NEEDLESS = names(
    """
    READY RESUMED APPLICATION_COMMAND_PERMISSIONS_UPDATE CHANNEL_TOPIC_UPDATE CHANNEL_INFO
    ENTITLEMENT_CREATE ENTITLEMENT_UPDATE ENTITLEMENT_DELETE GUILD_APPLICATION_COMMAND_INDEX_UPDATE
    GUILD_EMOJIS_UPDATE GUILD_STICKERS_UPDATE GUILD_INTEGRATIONS_UPDATE GUILD_JOIN_REQUEST_DELETE
    GUILD_MEMBERS_CHUNK GUILD_SCHEDULED_EVENT_CREATE GUILD_SCHEDULED_EVENT_UPDATE
    GUILD_SCHEDULED_EVENT_DELETE GUILD_SCHEDULED_EVENT_USER_ADD GUILD_SCHEDULED_EVENT_USER_REMOVE
    GUILD_SCHEDULED_EVENT_EXCEPTION_CREATE GUILD_SCHEDULED_EVENT_EXCEPTION_UPDATE
    GUILD_SCHEDULED_EVENT_EXCEPTION_DELETE GUILD_SCHEDULED_EVENT_EXCEPTIONS_DELETE
    GUILD_SOUNDBOARD_SOUND_CREATE GUILD_SOUNDBOARD_SOUND_UPDATE GUILD_SOUNDBOARD_SOUND_DELETE
    GUILD_SOUNDBOARD_SOUNDS_UPDATE SOUNDBOARD_SOUNDS GUILD_POWERUP_ENTITLEMENTS_CREATE
    GUILD_POWERUP_ENTITLEMENTS_DELETE GUILD_APPLIED_BOOSTS_UPDATE INTEGRATION_CREATE INTEGRATION_UPDATE
    INTEGRATION_DELETE PRESENCE_UPDATE PRESENCES_REPLACE RATE_LIMITED STAGE_INSTANCE_CREATE
    STAGE_INSTANCE_UPDATE STAGE_INSTANCE_DELETE SUBSCRIPTION_CREATE SUBSCRIPTION_UPDATE
    SUBSCRIPTION_DELETE THREAD_MEMBER_UPDATE THREAD_MEMBERS_UPDATE TYPING_START USER_UPDATE
    VOICE_CHANNEL_EFFECT_SEND VOICE_CHANNEL_START_TIME_UPDATE VOICE_CHANNEL_STATUS_UPDATE
    VOICE_SERVER_UPDATE VOICE_STATE_UPDATE WEBHOOKS_UPDATE
    """
)
"""Events that tell nothing we keep."""

READERS: dict[str, Callable[[Event], Inbound]] = {
    **dict.fromkeys(NEEDLESS, places.needs_nothing),
    "MESSAGE_CREATE": messages.written,
    "MESSAGE_UPDATE": messages.edited,
    "MESSAGE_DELETE": messages.deleted,
    "MESSAGE_DELETE_BULK": messages.deleted_together,
    "MESSAGE_REACTION_ADD": messages.reacted,
    "MESSAGE_REACTION_REMOVE": messages.unreacted,
    "MESSAGE_REACTION_REMOVE_ALL": messages.reactions_cleared,
    "MESSAGE_REACTION_REMOVE_EMOJI": messages.reactions_cleared,
    "MESSAGE_POLL_VOTE_ADD": messages.voted,
    "MESSAGE_POLL_VOTE_REMOVE": messages.unvoted,
    "GUILD_MEMBER_ADD": comings.joined,
    "GUILD_MEMBER_REMOVE": comings.left,
    "GUILD_MEMBER_UPDATE": comings.changed,
    "GUILD_JOIN_REQUEST_CREATE": comings.asked_in,
    "GUILD_JOIN_REQUEST_UPDATE": comings.asked_in,
    "GUILD_BAN_ADD": comings.banned,
    "GUILD_BAN_REMOVE": comings.unbanned,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": comings.audited,
    "AUTO_MODERATION_ACTION_EXECUTION": comings.automoderated,
    "GUILD_CREATE": places.server_seen,
    "GUILD_UPDATE": places.server_changed,
    "GUILD_DELETE": places.server_gone,
    "GUILD_ROLE_CREATE": places.settings_changed,
    "GUILD_ROLE_UPDATE": places.settings_changed,
    "GUILD_ROLE_DELETE": places.settings_changed,
    "AUTO_MODERATION_RULE_CREATE": places.settings_changed,
    "AUTO_MODERATION_RULE_UPDATE": places.settings_changed,
    "AUTO_MODERATION_RULE_DELETE": places.settings_changed,
    "CHANNEL_CREATE": places.channel_seen,
    "CHANNEL_UPDATE": places.channel_seen,
    "CHANNEL_DELETE": places.channel_gone,
    "CHANNEL_PINS_UPDATE": places.needs_nothing,
    "THREAD_CREATE": places.channel_seen,
    "THREAD_UPDATE": places.channel_seen,
    "THREAD_DELETE": places.channel_gone,
    "THREAD_LIST_SYNC": places.settings_changed,
    "INVITE_CREATE": places.needs_nothing,
    "INVITE_DELETE": places.needs_nothing,
    "INTERACTION_CREATE": pressed.used,
}
