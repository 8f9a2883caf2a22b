"""What hearing Discord gives to the registries below: its follower, the effects that find out about invites, and
whether a gateway is wanted.
"""

from __future__ import annotations

from guildhall.channels import gateways, registry
from guildhall.channels.discord import AWAY, attributing, shards
from guildhall.channels.discord.follow import follow
from guildhall.channels.discord.reading import PLATFORM
from guildhall.core import troubles
from guildhall.core.text import Text


def register() -> None:
    """Called once, when Django starts."""
    registry.follow(PLATFORM, follow)
    gateways.wanted_by(PLATFORM, shards.is_wanted)
    attributing.register()
    troubles.describe(AWAY, Text("Discord does not answer the gateway.", "Discord 网关没有响应。"))
