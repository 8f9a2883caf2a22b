"""What hearing Discord gives to the registries below: its follower, and the effects that compare invites."""

from __future__ import annotations

from guildhall.channels import registry
from guildhall.channels.discord import AWAY, attributing
from guildhall.channels.discord.follow import follow
from guildhall.channels.discord.reading import PLATFORM
from guildhall.core import troubles
from guildhall.core.text import Text


def register() -> None:
    """Called once, when Django starts."""
    registry.follow(PLATFORM, follow)
    attributing.register()
    troubles.describe(AWAY, Text("Discord does not answer the gateway.", "Discord 网关没有响应。"))
