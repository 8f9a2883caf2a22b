"""Locking a server and opening it again, slow mode, and closing one channel or thread.

What stood before is remembered in our database before anything is changed, channel by channel, so that a
crash in the middle loses nothing and opening gives back exactly what was taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from guildhall.channels.discord import checks, locks, servers, wording
from guildhall.channels.discord.errors import Refused, reason
from guildhall.channels.discord.models import DiscordServer
from guildhall.channels.discord.rights import FORUM, MEDIA, NEWS, STAGE, TEXT, VOICE
from guildhall.channels.discord.task import Task
from guildhall.channels.models import Space
from guildhall.channels.port import Receipt

SLOWED = "discord_slow"
"""In `Space.settings`: {channel id: seconds} as slow mode stood before the whole server was slowed."""
_CHANNEL = "/channels/{channel_id}"
_SPEAKS = frozenset({TEXT, NEWS, VOICE, STAGE, FORUM, MEDIA})
_CAN_SLOW = frozenset({TEXT, VOICE, STAGE, FORUM, MEDIA})
_PASSED_OVER = ("channel_gone", "no_access", "no_rights", "community_channel", "wrong_channel")


def lock(task: Task) -> Receipt:
    """Nobody but staff may speak: in the channel the act names, else in every one."""
    row = _known(task)
    refused: Refused | None = None
    done = 0
    for channel in _chosen(task, row, _SPEAKS):
        try:
            now = task.ask("GET", _CHANNEL, channel_id=channel)
            overwrites = now.get("permission_overwrites") or []
            _remember(row.pk, channel, overwrites)
            wanted = locks.locked(
                overwrites, task.guild_id, str(task.bot_id), locks.staff_roles(task.guild_id, row.roles),
                row.permissions,
            )  # fmt: skip
            if sorted(map(_key, wanted)) != sorted(map(_key, locks.kept(overwrites))):
                task.do("PATCH", _CHANNEL, body={"permission_overwrites": wanted}, channel_id=channel)
            done += 1
        except Refused as error:
            if error.why not in _PASSED_OVER:
                raise
            refused = error
    if refused is not None and not done:
        raise refused
    return Receipt()


def unlock(task: Task) -> Receipt:
    row = _known(task)
    named = task.named_channel()
    chosen = [named] if named else list(row.locked)
    opened = []
    for channel in chosen:
        before = row.locked.get(channel)
        if before is None:
            continue
        try:
            now = task.ask("GET", _CHANNEL, channel_id=channel)
            current = now.get("permission_overwrites") or []
            wanted = locks.opened(current, before, row.permissions)
            if sorted(map(_key, wanted)) != sorted(map(_key, locks.kept(current))):
                task.do("PATCH", _CHANNEL, body={"permission_overwrites": wanted}, channel_id=channel)
        except Refused as error:
            if error.why != "channel_gone":
                raise
        opened.append(channel)
    return Receipt(record=partial(_forget, row.pk, tuple(opened)))


def slow_mode(task: Task) -> Receipt:
    """So many seconds between two messages of one member: in the channel the act names, else in every one;
    zero gives each channel back what it had.
    """
    seconds = checks.seconds_of(task.act)
    named = task.named_channel()
    if named:
        task.do("PATCH", _CHANNEL, body={"rate_limit_per_user": seconds}, channel_id=named)
        return Receipt()
    row = _known(task)
    before = _slowed(task.act.space_id)
    if seconds:
        before = _remember_slow(task.act.space_id, row)
    for channel in _chosen(task, row, _CAN_SLOW):
        now = seconds if seconds else int(before.get(channel, 0))
        if not seconds and channel not in before:
            continue
        try:
            task.do("PATCH", _CHANNEL, body={"rate_limit_per_user": now}, channel_id=channel)
        except Refused as error:
            if error.why not in _PASSED_OVER:
                raise
    return Receipt(record=None if seconds else partial(_forget_slow, task.act.space_id))


def close_topic(task: Task) -> Receipt:
    """A thread or forum post is locked and archived; a channel is locked."""
    channel = checks.thread_of(task.act)
    row = _known(task)
    if channel in row.channels:
        receipt = lock(task)
    else:
        task.do("PATCH", _CHANNEL, body={"archived": True, "locked": True}, channel_id=channel)
        receipt = Receipt()
    return Receipt(
        receipt.external_id,
        record=partial(wording.keep_topic, task.act.space_id, channel, "", is_closed=True),
    )


def _known(task: Task) -> DiscordServer:
    row = task.server()
    if row is None:
        raise reason("server_gone")
    if not row.channels:
        told = task.ask("GET", "/guilds/{guild_id}/channels", guild_id=task.guild_id)
        space = Space.objects.filter(pk=task.act.space_id).first()
        if space is not None:
            with transaction.atomic():
                servers.keep_guild(space, {"channels": told})
            row.refresh_from_db()
    return row


def _chosen(task: Task, row: DiscordServer, kinds: Iterable[int]) -> list[str]:
    named = task.named_channel()
    if named:
        return [named]
    wanted = set(kinds)
    return [key for key, one in row.channels.items() if one.get("type") in wanted]


def _remember(space_id: str, channel: str, overwrites: list[dict[str, Any]]) -> None:
    with transaction.atomic():
        row = DiscordServer.objects.select_for_update().get(pk=space_id)
        if channel not in row.locked:
            row.locked = {**row.locked, channel: locks.kept(overwrites)}
            row.save(update_fields=["locked"])


def _forget(space_id: str, channels: tuple[str, ...]) -> None:
    row = DiscordServer.objects.select_for_update().filter(pk=space_id).first()
    if row is not None:
        row.locked = {key: kept for key, kept in row.locked.items() if key not in channels}
        row.save(update_fields=["locked"])


def _slowed(space_id: str) -> dict[str, int]:
    kept = Space.objects.filter(pk=space_id).values_list("settings", flat=True).first() or {}
    return dict(kept.get(SLOWED) or {})


def _remember_slow(space_id: str, row: DiscordServer) -> dict[str, int]:
    with transaction.atomic():
        space = Space.objects.select_for_update().get(pk=space_id)
        kept: dict[str, int] = dict(space.settings.get(SLOWED) or {})
        for key, one in row.channels.items():
            kept.setdefault(key, int(one.get("slow") or 0))
        space.settings = {**space.settings, SLOWED: kept}
        space.save(update_fields=["settings"])
    return kept


def _forget_slow(space_id: str) -> None:
    space = Space.objects.select_for_update().filter(pk=space_id).first()
    if space is not None and SLOWED in space.settings:
        space.settings = {key: value for key, value in space.settings.items() if key != SLOWED}
        space.save(update_fields=["settings"])


def _key(one: dict[str, Any]) -> tuple[str, int, int, int]:
    return one["id"], one["type"], one["allow"], one["deny"]
