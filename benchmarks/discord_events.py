"""A busy trading server as Discord tells it: nine of ten events are messages, the rest joins, edits,
reactions and slash commands.

Pure and deterministic: the same seed gives the same events. Two in a hundred messages are scams.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from benchmarks import phrases

SENDERS = 2_000
CHANNELS = 5
SCAM_SHARE = 0.02
_EPOCH_MS = 1_420_070_400_000
Json = dict[str, Any]
Told = tuple[str, Json]


def made(count: int, guild: str, application: str, at_ms: int, *, seed: int = 7) -> list[Told]:
    """`count` events of one server from a moment on, as (name, data)."""
    random = Random(seed)
    out: list[Told] = []
    messages: list[Json] = []
    for n in range(count):
        when = at_ms + n * 3
        kind = random.random()
        if kind < 0.90 or not messages:
            one = _message(random, n, guild, when)
            messages.append(one)
            out.append(("MESSAGE_CREATE", one))
        elif kind < 0.94:
            out.append(("GUILD_MEMBER_ADD", _join(n, guild, when)))
        elif kind < 0.97:
            said = random.choice(messages)
            edited = {**said, "content": f"{said['content']} edit", "edited_timestamp": _iso(when)}
            out.append(("MESSAGE_UPDATE", edited))
        elif kind < 0.985:
            out.append(("MESSAGE_REACTION_ADD", _reaction(random, random.choice(messages), guild)))
        else:
            out.append(("INTERACTION_CREATE", _command(random, n, guild, application, when)))
    return out


def _id(at_ms: int, n: int) -> str:
    return str((at_ms - _EPOCH_MS << 22) + n % 4_000_000)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _person(number: int) -> Json:
    return {
        "id": str(700_000_000_000_000_000 + number), "username": f"trader{number}", "discriminator": "0",
        "global_name": f"Trader {number}", "avatar": "a1b2c3d4e5f60718293a4b5c6d7e8f90", "public_flags": 0,
        "avatar_decoration_data": None, "collectibles": None, "display_name_styles": None,
        "primary_guild": None, "clan": None,
    }  # fmt: skip


def _member() -> Json:
    return {
        "roles": [], "premium_since": None, "pending": False, "nick": None, "mute": False, "deaf": False,
        "joined_at": "2025-03-04T05:06:07.089000+00:00", "flags": 0, "communication_disabled_until": None,
        "banner": None, "avatar": None,
    }  # fmt: skip


def _message(random: Random, n: int, guild: str, when: int) -> Json:
    is_scam = random.random() < SCAM_SHARE
    text = phrases.scam(random) if is_scam else phrases.sentence(random, chinese=n % 2 == 0)
    return {
        "type": 0, "tts": False, "timestamp": _iso(when), "pinned": False, "nonce": _id(when, n + 1),
        "mentions": [], "mention_roles": [], "mention_everyone": False, "member": _member(),
        "id": _id(when, n), "flags": 0, "embeds": [], "edited_timestamp": None, "content": f"{text} ({n})",
        "components": [], "channel_type": 0, "channel_id": f"90000000000000000{n % CHANNELS}",
        "author": _person(random.randrange(SENDERS)), "attachments": [], "guild_id": guild,
    }  # fmt: skip


def _join(n: int, guild: str, when: int) -> Json:
    return {**_member(), "user": _person(100_000 + n), "joined_at": _iso(when), "guild_id": guild}


def _reaction(random: Random, message: Json, guild: str) -> Json:
    who = _person(random.randrange(SENDERS))
    return {
        "user_id": who["id"], "type": 0, "message_id": message["id"], "guild_id": guild, "burst": False,
        "message_author_id": message["author"]["id"], "member": {**_member(), "user": who},
        "emoji": {"name": random.choice("👍🔥❤🎉"), "id": None}, "channel_id": message["channel_id"],
    }  # fmt: skip


def _command(random: Random, n: int, guild: str, application: str, when: int) -> Json:
    return {
        "id": _id(when, n), "application_id": application, "type": 2, "version": 1, "token": f"token-{n}",
        "guild_id": guild, "channel_id": "900000000000000001", "locale": "zh-CN", "guild_locale": "en-US",
        "data": {"id": "5", "name": "rules", "type": 1},
        "member": {**_member(), "permissions": "0", "user": _person(random.randrange(SENDERS))},
    }  # fmt: skip
