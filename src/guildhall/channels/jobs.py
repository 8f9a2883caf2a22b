"""What channels gives to the registries below: its adapters, the performer of acts, erasure, and the
index's turn each second.
"""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.channels import gateways, hooks, registry, waiting
from guildhall.channels.actions import (
    deliveries,
    erasing,
    indexing,
    performing,  # noqa: F401 - registers the performer of acts
)
from guildhall.channels.discord import inbound as discord_inbound
from guildhall.channels.discord import upkeep as discord
from guildhall.channels.email import upkeep as email
from guildhall.channels.replay import ReplayAdapter
from guildhall.channels.telegram import polled, upkeep
from guildhall.channels.telegram.hook import TelegramHook
from guildhall.channels.webchat import WebchatAdapter
from guildhall.channels.wecom import upkeep as wecom_upkeep
from guildhall.channels.wecom.assisted import AssistedAdapter, posts
from guildhall.effects import ticker


def register() -> None:
    """Called once, when Django starts."""
    registry.register(WebchatAdapter())
    registry.register(ReplayAdapter())
    registry.register(AssistedAdapter())
    hooks.register(TelegramHook())
    waiting.withdraws("assisted", _withdraw_posts)
    upkeep.register()
    discord.register()
    discord_inbound.register()
    email.register()
    wecom_upkeep.register()
    erasing.register()
    deliveries.register()
    ticker.on_tick("channels.index", indexing.index_for_a_while, every_s=1)
    gateways.wanted_by("telegram", polled.is_wanted)
    ticker.on_tick("channels.gateways", gateways.mark, every_s=1)


def _withdraw_posts(effect_ids: Sequence[int], by: str, reason: str) -> int:
    return posts.withdraw(effect_ids, by=by, reason=reason)
