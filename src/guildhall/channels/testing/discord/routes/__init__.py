"""What bots may call, one module a subject."""

from guildhall.channels.testing.discord.routes import (  # noqa: F401
    automod,
    channels,
    commands,
    guilds,
    interactions,
    invites,
    itself,
    members,
    messages,
    onboarding,
    polls,
    reactions,
    roles,
    threads,
)
from guildhall.channels.testing.discord.routes.registry import ROUTES, Call, find

__all__ = ["ROUTES", "Call", "find"]
